package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ember-cluster/ember/sim"
)

// savedFailure writes a run to a file in which a node that owns slots loses its keys, and returns the path.
func savedFailure(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.sim")
	execute("run", "--seed", "11", "--scenario", "steady", "--nodes", "3", "--duration", "3s", "--save", path)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString("2s crash hosts=node-1,node-2,node-3 for=500ms\n")
	if closed := file.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
	return path
}

func TestAFailingRunIsShrunkIntoAFile(t *testing.T) {
	path, output := savedFailure(t), filepath.Join(t.TempDir(), "small.sim")
	code, out, errors := execute("shrink", path, "-o", output, "--jobs", "2")
	if code != exitOK || errors != "" {
		t.Fatalf("exit %d, %s", code, errors)
	}
	for _, words := range []string{"crash hosts=", "violation: ", "to 1 faults, ", "1 nodes, 1 clients by ", "nothing more can go"} {
		if !strings.Contains(out, words) {
			t.Errorf("the output lacks %q:\n%s", words, out)
		}
	}
	if code, replay, _ := execute("replay", output); code != exitViolation {
		t.Errorf("the smaller run: exit %d\n%s", code, replay)
	}
	if text, err := os.ReadFile(output); err != nil || !strings.HasPrefix(string(text), "# steady, seed 11, shrunk from 1 faults") {
		t.Errorf("%v, the file begins %.80q", err, text)
	}
}

func TestAnInterruptKeepsTheBestSoFar(t *testing.T) {
	path, output := savedFailure(t), filepath.Join(t.TempDir(), "small.sim")
	var out bytes.Buffer
	s := &session{out: &out, err: &out}
	script, err := readScript(s, path)
	if err != nil {
		t.Fatal(err)
	}
	interrupts := make(chan os.Signal, 1)
	interrupts <- os.Interrupt
	if err := (&shrinkCommand{Output: output}).shrink(s, script, interrupts); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "stopped before the end") {
		t.Errorf("got %s", out.String())
	}
	if code, _, _ := execute("replay", output); code != exitViolation {
		t.Errorf("what was kept: exit %d", code)
	}
}

func TestShrinkNeedsARunThatFails(t *testing.T) {
	output := filepath.Join(t.TempDir(), "small.sim")
	for words, args := range map[string][]string{
		"does not fail":              {"--seed", "1", "--scenario", "steady", "--duration", "1s"},
		"either a file or --seed":    {},
		"many runs":                  {"--seed", "1", "--scenario", "detection"},
		`there is no scenario "odd"`: {"--seed", "1", "--scenario", "odd"},
	} {
		code, _, errors := execute(append([]string{"shrink", "-o", output}, args...)...)
		if code != exitUsage || !strings.Contains(errors, words) {
			t.Errorf("%q: exit %d, %s", args, code, errors)
		}
	}
}

func TestTheFirstIsFoundWhateverTheNumberOfJobs(t *testing.T) {
	for jobs := 1; jobs <= 8; jobs++ {
		for want := -1; want < 20; want++ {
			var calls atomic.Int64
			got := first(20, jobs, func(i int) bool {
				calls.Add(1)
				return want >= 0 && i >= want
			})
			if got != want || want >= 0 && calls.Load() > int64(want+jobs) {
				t.Errorf("%d jobs: found %d after %d calls, want %d", jobs, got, calls.Load(), want)
			}
		}
	}
}

func TestSizesAreCounted(t *testing.T) {
	script := sim.Script{Hosts: []sim.Setting{{Name: "node-1"}, {Name: "client-1"}, {Name: "node-2"}}}
	if got := sizeOf(&script).String(); got != "0 faults, 0 operations, 2 nodes, 1 clients" {
		t.Error(got)
	}
}
