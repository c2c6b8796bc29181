package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/bench/load"
)

// TestEmbernode runs the suites that need no redis-benchmark on two real nodes, and reads the result as JSON.
func TestEmbernode(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "embernode")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/embernode").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var out, log bytes.Buffer
	err := run(t.Context(), []string{"--ember", binary, "--servers", "ember,ember", "--suite", "memory,collector", "--keys", "1000",
		"--seconds", "1", "--repeats", "1", "--json"}, &out, &log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Servers) != 2 || r.Servers[1].Name != "ember (2)" || r.Servers[1].Version == "" {
		t.Errorf("the servers are %+v", r.Servers)
	}
	figures := map[figure]int{}
	for _, row := range r.Rows {
		figures[row.Figure]++
		if row.Values[0] == nil {
			t.Errorf("%s, %s: nothing was measured", row.Test, row.Figure)
		}
		if v := row.Values[0]; row.Figure == collectorCycles && v != nil && v.Median < 1 {
			t.Error("no garbage collection was measured")
		}
	}
	if figures[residentPerKey] != 3 || figures[collectorPart] != 1 || figures[longestPause] != 1 {
		t.Errorf("the figures are %v", figures)
	}
}

func TestRows(t *testing.T) {
	r := newRow("GET P=16", rate, [][]float64{{5, 9, 1}, nil, {7, 20}})
	want := []*value{{Median: 5, Lowest: 1, Highest: 9, Ratio: 1}, nil, {Median: 13.5, Lowest: 7, Highest: 20, Ratio: 2.7}}
	for i, v := range r.Values {
		if (v == nil) != (want[i] == nil) || v != nil && *v != *want[i] {
			t.Errorf("server %d has %+v, want %+v", i, v, want[i])
		}
	}
	if r := newRow("GET P=16", rate, [][]float64{{0}, {7}}); r.Values[1].Ratio != 0 {
		t.Errorf("a ratio to nothing is %v", r.Values[1].Ratio)
	}
	if r := newRow("a test", longestPause, [][]float64{nil, {0.5}}); r.Values[1].Ratio != 0 || r.Bar == nil || !r.Bar.Absolute {
		t.Errorf("without a baseline: %+v", r)
	}
	samples := sampleRows("t", [][]load.Sample{{{Rate: 1, Processor: 2 * time.Microsecond, P50: 3e6, P99: 4e6}}})
	for i, want := range []float64{1, 2, 3, 4} {
		if got := samples[i].Values[0].Median; got != want {
			t.Errorf("%s is %v, want %v", samples[i].Figure, got, want)
		}
	}
}

// TestBars shows for each kind of bar what meets it, and that only embernode is held to it.
func TestBars(t *testing.T) {
	for _, test := range []struct {
		bar  bar
		v    value
		want bool
	}{
		{atLeast(3), value{Median: 1, Ratio: 3}, true},
		{atLeast(3), value{Median: 9, Ratio: 2.99}, false},
		{atMost(0.8), value{Median: 9, Ratio: 0.8}, true},
		{atMost(0.8), value{Median: 0, Ratio: 0.81}, false},
		{below(1), value{Median: 1, Ratio: 9}, true},
		{below(1), value{Median: 1.01}, false},
	} {
		if got := test.bar.isMetBy(test.v); got != test.want {
			t.Errorf("%v is met by %+v: %v", test.bar, test.v, got)
		}
	}
	servers := []serverResult{{Kind: "redis"}, {Kind: "valkey"}, {Kind: "ember"}}
	r := newRow("GET P=16", rate, [][]float64{{1}, {9}, {2}})
	if got := r.judge(servers); !slices.Equal(got, []bool{false}) {
		t.Errorf("judged %v", got)
	}
	r = newRow("GET P=16", p50, [][]float64{{1}, {9}, {2}})
	if got := r.judge(servers); got != nil {
		t.Errorf("without a bar, judged %v", got)
	}
}

// TestReport pins the form of the table, which the documentation quotes.
func TestReport(t *testing.T) {
	r := result{
		System: "linux/amd64", Processors: 2, Connections: 50, ValueSize: 64, Keys: 1_000_000, Repeats: 3,
		Servers: []serverResult{{"redis", "redis", "7.0.15"}, {"ember", "ember", "0.1.0"}},
		Rows: []row{
			newRow("GET P=16", rate, [][]float64{{531_000.4, 499_001, 540_022}, {2_315_160, 2_000_007, 2_400_000}}),
			newRow("GET P=16", processor, [][]float64{{1.9}, {0.76}}),
			newRow("GET P=16", p50, [][]float64{{1.2}, {0.3}}),
			newRow("SET P=16 with 5,000,000 keys", longestPause, [][]float64{nil, {0.0327, 0.0410, 0.0327}}),
		},
	}
	const want = `linux/amd64, 2 processors; 50 connections, 64-byte values, 1,000,000 random keys; medians of interleaved runs, 3 each (lowest–highest); ratios and bars marked × are to redis.

| test | figure | redis 7.0.15 | ember 0.1.0 | ratio | bar | met |
|---|---|--:|--:|--:|--:|---|
| GET P=16 | requests/s | 531,000 (499,001–540,022) | 2,315,160 (2,000,007–2,400,000) | 4.36 | ≥ 3.00× | yes |
| GET P=16 | server CPU µs/request | 1.90 | 0.76 | 0.40 | ≤ 0.33× | **no** |
| GET P=16 | p50 ms | 1.20 | 0.30 | 0.25 | – | – |
| SET P=16 with 5,000,000 keys | longest pause ms | – | 0.033 (0.033–0.041) | – | ≤ 1 | yes |
`
	var out bytes.Buffer
	if err := r.writeMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// TestOptions shows that mistakes on the command line are told before anything is started.
func TestOptions(t *testing.T) {
	for _, arguments := range [][]string{
		{"--pipelines", "0"}, {"--pipelines", "1,x"}, {"--pipelines", ""}, {"--tests", ""}, {"--keys", "999"}, {"--repeats", "-1"},
		{"more"}, {"--nonsense"}, {"--servers", "memcached"}, {"--suite", "speed"}, {"--suite", ""}, {"--seconds", "0"},
	} {
		var out bytes.Buffer
		if err := run(context.Background(), arguments, &out, &out); err == nil {
			t.Errorf("%q is accepted", arguments)
		}
	}
	for list, want := range map[string]int{"quick": 3, "full": 7, "memory": 1, "growth,offered": 2} {
		if got, err := findSuites(strings.Split(list, ",")); err != nil || len(got) != want {
			t.Errorf("%s: %d suites, %v; want %d", list, len(got), err, want)
		}
	}
}
