package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/sweep"
)

func TestTheRegisterIsAtomic(t *testing.T) {
	var out strings.Builder
	c := cli{Seeds: sweep.Range{First: 1, Last: 60}}
	failed, err := c.run(&out, nil)
	if failed || err != nil || !strings.HasPrefix(out.String(), "60 runs: all well; ") {
		t.Errorf("failed %t, %v\n%s", failed, err, out.String())
	}
}

func TestTheBugIsFoundShrunkAndShown(t *testing.T) {
	var out, page strings.Builder
	c := cli{Hasty: true, Seeds: sweep.Range{First: 1, Last: 60}}
	failed, err := c.run(&out, &page)
	if err != nil || !failed {
		t.Fatalf("failed %t, %v", failed, err)
	}
	_, text, _ := strings.Cut(out.String(), "\n\n")
	text, detail, _ := strings.Cut(text, "\n\nviolation at ")
	small, err := sim.ParseScript(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(small.Plan.Faults) > 10 || len(small.Plan.Inputs) > 20 {
		t.Errorf("left are %d faults and %d operations:\n%s", len(small.Plan.Faults), len(small.Plan.Inputs), text)
	}
	if !strings.Contains(detail, "no order explains these operations") {
		t.Errorf("the detail is %q", detail)
	}
	if report, _, err := perform(small, nil); err != nil || report.Verdict != sim.Violation || report.Check != "linearizability" {
		t.Errorf("the shrunk script gives %s by %s, %v", report.Verdict, report.Check, err)
	}
	if !strings.Contains(page.String(), "<title>register") || page.Len() < 10_000 {
		t.Errorf("the page has %d bytes", page.Len())
	}
}

func TestOneSeedIsOneHistory(t *testing.T) {
	var hashes []string
	for _, seed := range []uint64{1, 2, 1, 2} {
		report, _, err := perform(draw(seed, false), nil)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, report.Hash)
	}
	if hashes[0] != hashes[2] || hashes[1] != hashes[3] || hashes[0] == hashes[1] {
		t.Errorf("seeds 1, 2, 1, 2 give %v", hashes)
	}
}

func TestAStaleReadIsFound(t *testing.T) {
	h := &history{}
	for i, args := range [][]string{{"write", "a"}, {"write", "b"}, {"read"}} {
		o := h.request("client-1", args)
		o.begin(time.Duration(10 * i))
		o.end(time.Duration(10*i+5), "a")
	}
	if err := h.check(); err == nil {
		t.Error("a read of the value before the last is taken for good")
	}
	h.operations[2].Read = "b"
	if err := h.check(); err != nil {
		t.Error(err)
	}
}

func TestBytesOfOthersAreNoMessage(t *testing.T) {
	m := message{"keep", 3, version{7, "client-1", "a value"}}
	if got := parse(m.bytes()); got != m {
		t.Errorf("got %+v", got)
	}
	for _, text := range []string{"", "keep", "keep x 1 \"a\" \"b\"", "keep 1 2"} {
		if got := parse([]byte(text)); got != (message{}) {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestTheProtocolIsShort(t *testing.T) {
	source, err := os.ReadFile("protocol.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := slices.Collect(strings.Lines(string(source))); len(lines) >= 200 {
		t.Errorf("the protocol has %d lines", len(lines))
	}
}
