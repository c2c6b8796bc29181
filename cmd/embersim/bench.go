package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim/scenarios"
)

// benchCommand is `embersim bench`.
type benchCommand struct {
	Repeats int  `help:"Runs of each load; the median counts, and the fastest is shown beside it." default:"5"`
	JSON    bool `help:"Print one JSON object per load instead of a table." name:"json"`
}

// benchResult is how fast one load was simulated.
type benchResult struct {
	Load string `json:"load"`
	// Events and Virtual are those of one run, Wall is the median of all.
	Events  uint64        `json:"events"`
	Virtual time.Duration `json:"virtual_ns"`
	Wall    time.Duration `json:"wall_ns"`
	// Checking is the part of Wall that the checks take, in percent: what is saved by leaving them out, by the median of the
	// repeats, in which one run follows the other. 0 if there are none.
	Checking float64 `json:"checking_percent"`
	// EventsPerSecond and TimesRealTime follow from them. Fastest is TimesRealTime of the fastest run: what else a machine does only
	// ever adds time, so on a shared one that tells most of the simulator.
	EventsPerSecond float64 `json:"events_per_second"`
	TimesRealTime   float64 `json:"times_real_time"`
	Fastest         float64 `json:"fastest_times_real_time"`
}

// Run executes the command. The loads are run in turns, so that a machine that slows down does so for all of them.
func (c *benchCommand) Run(s *session) error {
	if c.Repeats < 1 {
		return fmt.Errorf("--repeats must be at least 1")
	}
	loads := scenarios.Benchmarks()
	results := make([]benchResult, len(loads))
	walls, shares := make([][]time.Duration, len(loads)), make([][]float64, len(loads))
	bar := newBar(s, "measuring", int64(c.Repeats*len(loads)))
	for range c.Repeats {
		for i, load := range loads {
			bar.describe(load.Name)
			wall, err := results[i].measure(load, false)
			walls[i] = append(walls[i], wall)
			if err == nil && load.Checked {
				var bare time.Duration
				bare, err = results[i].measure(load, true)
				shares[i] = append(shares[i], 100-100*float64(bare)/float64(max(wall, 1)))
			}
			if err != nil {
				bar.finish()
				return err
			}
			bar.step()
		}
	}
	bar.finish()
	for i := range results {
		results[i].conclude(walls[i], shares[i])
	}
	return c.print(s, loads, results)
}

// measure runs a load once and returns how long that took.
func (r *benchResult) measure(load scenarios.Benchmark, unchecked bool) (time.Duration, error) {
	begun := time.Now()
	events, virtual, err := load.Run(unchecked)
	wall := time.Since(begun)
	if err == nil && r.Events > 0 && events != r.Events {
		err = fmt.Errorf("%s: %d events, and %d in another run", load.Name, events, r.Events)
	}
	r.Load, r.Events, r.Virtual = load.Name, events, virtual
	return wall, err
}

// conclude takes the median of the times, and of the shares that checking has had of them.
func (r *benchResult) conclude(walls []time.Duration, shares []float64) {
	r.Wall = max(median(walls), 1)
	if len(shares) > 0 {
		r.Checking = max(median(shares), 0)
	}
	r.EventsPerSecond = float64(r.Events) / r.Wall.Seconds()
	r.TimesRealTime = float64(r.Virtual) / float64(r.Wall)
	r.Fastest = float64(r.Virtual) / float64(max(slices.Min(walls), 1))
}

func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
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
	fmt.Fprintf(s.out, "| load | events | events/s | times real time | fastest | checking | |\n|---|---:|---:|---:|---:|---:|---|\n")
	for i, r := range results {
		checking := ""
		if loads[i].Checked {
			checking = fmt.Sprintf("%.0f%%", r.Checking)
		}
		fmt.Fprintf(s.out, "| %s | %d | %.0f | %.0f | %.0f | %s | %s |\n",
			r.Load, r.Events, r.EventsPerSecond, r.TimesRealTime, r.Fastest, checking, loads[i].Summary)
	}
	return nil
}
