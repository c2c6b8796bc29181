package main

import "fmt"

// figure is something that is measured.
type figure string

const (
	rate            figure = "requests/s"
	processor       figure = "server CPU µs/request"
	p50             figure = "p50 ms"
	p99             figure = "p99 ms"
	residentPerKey  figure = "resident bytes/key"
	collectorCycles figure = "garbage collections"
	collectorPart   figure = "garbage collection, % of CPU"
	longestPause    figure = "longest pause ms"
	rateShare       figure = "requests/s, share"
)

// format writes a value with as many digits as mean something.
func (f figure) format(v float64) string {
	switch f {
	case rate, residentPerKey, collectorCycles:
		return thousands(int64(v + 0.5))
	case longestPause:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// bar is a limit to a value, or to its ratio to the baseline.
type bar struct {
	// Absolute says that the value counts, not the ratio.
	Absolute bool `json:"absolute,omitempty"`
	// AtLeast says that more is better.
	AtLeast bool    `json:"at_least"`
	Limit   float64 `json:"limit"`
}

func atLeast(ratio float64) bar { return bar{AtLeast: true, Limit: ratio} }
func atMost(ratio float64) bar  { return bar{Limit: ratio} }
func below(value float64) bar   { return bar{Absolute: true, Limit: value} }

func (b bar) isMetBy(v value) bool {
	measured := v.Ratio
	if b.Absolute {
		measured = v.Median
	}
	if b.AtLeast {
		return measured >= b.Limit
	}
	return measured <= b.Limit
}

func (b bar) String() string {
	sign := "≤"
	if b.AtLeast {
		sign = "≥"
	}
	if b.Absolute {
		return fmt.Sprintf("%s %g", sign, b.Limit)
	}
	return fmt.Sprintf("%s %.2f×", sign, b.Limit)
}

// bars are what embernode is held to, by test and figure.
var bars = map[string]map[figure]bar{
	"SET P=1":  {rate: atLeast(0.95), processor: atMost(0.9), p99: atMost(0.8)},
	"GET P=1":  {rate: atLeast(0.95), processor: atMost(0.9), p99: atMost(0.8)},
	"SET P=16": {rate: atLeast(3), processor: atMost(0.33)},
	"GET P=16": {rate: atLeast(3), processor: atMost(0.33)},
	"SET P=64": {rate: atLeast(5), processor: atMost(0.2)},
	"GET P=64": {rate: atLeast(5), processor: atMost(0.2)},

	"GET P=16, few keys": {rate: atLeast(1.25)},
	"GET P=64, few keys": {rate: atLeast(2)},

	"INCR P=16":       {rate: atLeast(2)},
	"MGET of 10 P=16": {rate: atLeast(2)},
	"MSET of 10 P=16": {rate: atLeast(2)},
	"EXPIRE P=16":     {rate: atLeast(2)},

	"SET at equal offered load": {p99: atMost(1)},
	"GET at equal offered load": {p99: atMost(1)},
}

// figureBars hold for every test.
var figureBars = map[figure]bar{
	residentPerKey: atMost(0.8),
	collectorPart:  below(3),
	longestPause:   below(1),
	rateShare:      atLeast(1),
}

func barOf(test string, f figure) *bar {
	b, ok := bars[test][f]
	if !ok {
		b, ok = figureBars[f]
	}
	if !ok {
		return nil
	}
	return &b
}
