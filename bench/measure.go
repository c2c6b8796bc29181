package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
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
	Cells       []cell         `json:"cells"`
}

// serverResult is what does not depend on the test.
type serverResult struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	EmptyBytes  int64  `json:"resident_bytes_empty"`
	FullBytes   int64  `json:"resident_bytes_filled"`
	FinalBytes  int64  `json:"resident_bytes_at_end"`
	BytesPerKey int64  `json:"resident_bytes_per_key"`
}

// cell is one test at one depth of pipelining, with the medians of every server in the order of Servers.
type cell struct {
	Test     string   `json:"test"`
	Pipeline int      `json:"pipeline"`
	Requests int      `json:"requests"`
	Medians  []median `json:"medians"`
}

// median is taken for each figure by itself. The lowest and the highest rate tell how much it is worth. The ratios are to the baseline's median.
type median struct {
	Rate           float64 `json:"requests_per_second"`
	LowestRate     float64 `json:"requests_per_second_lowest"`
	HighestRate    float64 `json:"requests_per_second_highest"`
	RateRatio      float64 `json:"requests_per_second_ratio"`
	Processor      int64   `json:"processor_ns_per_request"`
	ProcessorRatio float64 `json:"processor_ratio"`
	P50            int64   `json:"p50_ns"`
	P99            int64   `json:"p99_ns"`
	P99Ratio       float64 `json:"p99_ratio"`
}

// measure runs every test on every server in turns, so that what the machine does meanwhile hits them alike.
func measure(ctx context.Context, o options, servers []*server, log io.Writer) (result, error) {
	r := result{
		System: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU(),
		Connections: o.load.connections, ValueSize: o.load.valueSize, Keys: o.load.keys, Repeats: o.repeats,
	}
	for _, test := range o.tests {
		for _, pipeline := range o.pipelines {
			fmt.Fprintf(log, "%s, pipeline %d\n", test, pipeline)
			c, err := measureCell(ctx, o, servers, test, pipeline)
			if err != nil {
				return r, err
			}
			r.Cells = append(r.Cells, c)
		}
	}
	for _, s := range servers {
		final, err := s.process.residentBytes()
		if err != nil {
			return r, err
		}
		r.Servers = append(r.Servers, serverResult{
			Name: s.name, Version: s.version,
			EmptyBytes: s.emptyBytes, FullBytes: s.fullBytes, FinalBytes: final,
			BytesPerKey: (s.fullBytes - s.emptyBytes) / int64(o.load.keys),
		})
	}
	return r, nil
}

func measureCell(ctx context.Context, o options, servers []*server, test string, pipeline int) (cell, error) {
	samples := make([][]sample, len(servers))
	for range o.repeats {
		for i, s := range servers {
			taken, err := o.load.run(ctx, s, test, pipeline)
			if err != nil {
				return cell{}, s.explain(err)
			}
			samples[i] = append(samples[i], taken)
		}
	}
	c := cell{Test: test, Pipeline: pipeline, Requests: o.load.count(pipeline)}
	for _, s := range samples {
		c.Medians = append(c.Medians, summarize(s))
	}
	baseline := c.Medians[0]
	for i := range c.Medians {
		m := &c.Medians[i]
		m.RateRatio = ratio(m.Rate, baseline.Rate)
		m.ProcessorRatio = ratio(float64(m.Processor), float64(baseline.Processor))
		m.P99Ratio = ratio(float64(m.P99), float64(baseline.P99))
	}
	return c, nil
}

func summarize(samples []sample) median {
	rates := sorted(samples, func(s sample) float64 { return s.rate })
	return median{
		Rate:        middle(rates),
		LowestRate:  rates[0],
		HighestRate: rates[len(rates)-1],
		Processor:   middle(sorted(samples, func(s sample) int64 { return s.processor.Nanoseconds() })),
		P50:         middle(sorted(samples, func(s sample) int64 { return s.p50.Nanoseconds() })),
		P99:         middle(sorted(samples, func(s sample) int64 { return s.p99.Nanoseconds() })),
	}
}

// sorted returns one figure of all samples, the lowest first.
func sorted[T int64 | float64](samples []sample, figure func(sample) T) []T {
	values := make([]T, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	slices.Sort(values)
	return values
}

// middle returns the median of sorted values; of an even number the mean of the two in the middle.
func middle[T int64 | float64](values []T) T {
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// ratio is 0 where the baseline measured nothing, as in a run that is shorter than a clock tick.
func ratio(value, baseline float64) float64 {
	if baseline == 0 {
		return 0
	}
	return value / baseline
}
