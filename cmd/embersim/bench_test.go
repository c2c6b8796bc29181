package main

import (
	"testing"
	"time"
)

func TestABenchmarkTellsMedians(t *testing.T) {
	r := benchResult{Events: 1000, Virtual: time.Minute}
	r.conclude([]time.Duration{3 * time.Second, time.Second, 2 * time.Second}, []float64{40, -10, 30})
	if r.Wall != 2*time.Second || r.EventsPerSecond != 500 || r.TimesRealTime != 30 || r.Fastest != 60 || r.Checking != 30 {
		t.Errorf("got %+v", r)
	}
	unchecked := benchResult{}
	unchecked.conclude([]time.Duration{time.Second}, nil)
	if unchecked.Checking != 0 {
		t.Errorf("nothing was checked, and that has taken %v%%", unchecked.Checking)
	}
}
