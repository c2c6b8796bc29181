package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim/scenarios"
)

// benchCommand is `embersim bench`.
type benchCommand struct {
	Repeats int  `help:"Runs of each load; the median counts." default:"3"`
	JSON    bool `help:"Print one JSON object per load instead of a table." name:"json"`
}

// benchResult is how fast one load was simulated.
type benchResult struct {
	Load string `json:"load"`
	// Events and Virtual are those of one run, Wall is the median of all.
	Events  uint64        `json:"events"`
	Virtual time.Duration `json:"virtual_ns"`
	Wall    time.Duration `json:"wall_ns"`
	// EventsPerSecond and TimesRealTime follow from them.
	EventsPerSecond float64 `json:"events_per_second"`
	TimesRealTime   float64 `json:"times_real_time"`
}

// Run executes the command. The loads are run in turns, so that a machine that slows down does so for all of them.
func (c *benchCommand) Run(s *session) error {
	if c.Repeats < 1 {
		return fmt.Errorf("--repeats must be at least 1")
	}
	loads := scenarios.Benchmarks()
	results := make([]benchResult, len(loads))
	walls := make([][]time.Duration, len(loads))
	bar := newBar(s, "measuring", int64(c.Repeats*len(loads)))
	for range c.Repeats {
		for i, load := range loads {
			bar.describe(load.Name)
			begun := time.Now()
			events, virtual, err := load.Run()
			if err != nil {
				bar.finish()
				return err
			}
			walls[i] = append(walls[i], time.Since(begun))
			results[i] = benchResult{Load: load.Name, Events: events, Virtual: virtual}
			bar.step()
		}
	}
	bar.finish()
	for i := range results {
		results[i].conclude(walls[i])
	}
	return c.print(s, loads, results)
}

// conclude takes the median of the times.
func (r *benchResult) conclude(walls []time.Duration) {
	slices.Sort(walls)
	r.Wall = max(walls[len(walls)/2], 1)
	r.EventsPerSecond = float64(r.Events) / r.Wall.Seconds()
	r.TimesRealTime = float64(r.Virtual) / float64(r.Wall)
}

func (c *benchCommand) print(s *session, loads []scenarios.Benchmark, results []benchResult) error {
	if c.JSON {
		encoder := json.NewEncoder(s.out)
		for i := range results {
			if err := encoder.Encode(&results[i]); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Fprintf(s.out, "| load | events | events/s | times real time | |\n|---|---:|---:|---:|---|\n")
	for i, r := range results {
		fmt.Fprintf(s.out, "| %s | %d | %.0f | %.0f | %s |\n", r.Load, r.Events, r.EventsPerSecond, r.TimesRealTime, loads[i].Summary)
	}
	return nil
}
