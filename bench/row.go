package main

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/ember-cluster/ember/bench/server"
)

// result is everything that one call of this command measured.
type result struct {
	System      string         `json:"system"`
	Processors  int            `json:"processors"`
	Connections int            `json:"connections"`
	ValueSize   int            `json:"value_bytes"`
	Keys        int            `json:"keys"`
	Repeats     int            `json:"repeats"`
	Servers     []serverResult `json:"servers"` // the baseline first
	Rows        []row          `json:"rows"`
}

type serverResult struct {
	Name    string `json:"name"` // unique
	Kind    string `json:"kind"`
	Version string `json:"version"`
}

// newResult returns a result without rows.
func (o *options) newResult() result {
	r := result{
		System: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU(),
		Connections: o.connections, ValueSize: o.valueSize, Keys: o.keys, Repeats: o.repeats,
	}
	for i, kind := range o.servers {
		name := kind
		if slices.Contains(o.servers[:i], kind) {
			name = fmt.Sprintf("%s (%d)", kind, i+1)
		}
		r.Servers = append(r.Servers, serverResult{Name: name, Kind: kind})
	}
	return r
}

// row is one figure of one test, for every server.
type row struct {
	Suite  string `json:"suite"`
	Test   string `json:"test"`
	Figure figure `json:"figure"`
	// Values are in the order of the servers; nil where nothing was measured.
	Values []*value `json:"values"`
	// Bar is what embernode is held to, nil if nothing.
	Bar *bar `json:"bar,omitempty"`
}

// value is what a server made of it.
type value struct {
	Median  float64 `json:"median"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
	// Ratio is that of the median to the baseline's; 0 if the baseline has none.
	Ratio float64 `json:"ratio"`
}

// newRow takes the median of each server's samples, and its ratio to the first server's.
func newRow(test string, f figure, samples [][]float64) row {
	r := row{Test: test, Figure: f, Bar: barOf(test, f)}
	for _, s := range samples {
		r.Values = append(r.Values, summarize(s))
	}
	if baseline := r.Values[0]; baseline != nil {
		for _, v := range r.Values {
			if v != nil {
				v.Ratio = ratio(v.Median, baseline.Median)
			}
		}
	}
	return r
}

func summarize(samples []float64) *value {
	if len(samples) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(samples))
	return &value{Median: middle(sorted), Lowest: sorted[0], Highest: sorted[len(sorted)-1]}
}

// middle returns the median of sorted values; of an even number the mean of the two in the middle.
func middle(values []float64) float64 {
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// ratio is 0 where the baseline measured nothing, as in a run that is shorter than a clock tick.
func ratio(value, baseline float64) float64 {
	if baseline == 0 {
		return 0
	}
	return value / baseline
}

// judge returns the verdict on each server that is held to the bar and has a value, in the order of the servers.
func (r *row) judge(servers []serverResult) (met []bool) {
	for i, v := range r.Values {
		if r.Bar != nil && v != nil && servers[i].Kind == server.Ember {
			met = append(met, r.Bar.isMetBy(*v))
		}
	}
	return met
}
