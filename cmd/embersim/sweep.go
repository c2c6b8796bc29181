package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/scenarios"
)

// seedRange is A..B, both included.
type seedRange struct{ first, last uint64 }

// UnmarshalText reads A..B, or a single seed.
func (r *seedRange) UnmarshalText(text []byte) error {
	low, high, ranged := strings.Cut(string(text), "..")
	if !ranged {
		high = low
	}
	var err error
	if r.first, err = strconv.ParseUint(low, 10, 64); err == nil {
		r.last, err = strconv.ParseUint(high, 10, 64)
	}
	if err != nil || r.last < r.first || r.last-r.first >= 1<<40 {
		return fmt.Errorf("%q is not a range of seeds such as 1..500", text)
	}
	return nil
}

// sweepCommand is `embersim sweep`.
type sweepCommand struct {
	Seeds seedRange `help:"Seeds to run, such as 1..500." required:"" placeholder:"A..B"`
	settings
	Jobs int `help:"Runs at the same time; one per core if 0." default:"0"`
}

// failure is a seed that did not end well.
type failure struct {
	seed    uint64
	verdict sim.Verdict
	detail  string
}

// sweep is a sweep under way.
type sweep struct {
	command  *sweepCommand
	scenario scenarios.Scenario
	bar      bar
	next     atomic.Uint64 // offset of the next seed

	mutex    sync.Mutex
	verdicts map[sim.Verdict]int
	failures []failure
	events   uint64
	virtual  time.Duration
	usage    error
}

// Run executes the command.
func (c *sweepCommand) Run(s *session) error {
	if err := c.validate(); err != nil {
		return err
	}
	scenario, err := scenarios.Find(c.Scenario)
	if err != nil {
		return err
	}
	return c.sweep(s, scenario)
}

// sweep runs the scenario on all seeds and prints the sum.
func (c *sweepCommand) sweep(s *session, scenario scenarios.Scenario) error {
	jobs := c.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	w := &sweep{command: c, scenario: scenario, verdicts: map[sim.Verdict]int{}}
	w.bar = newBar(s, "sweeping", int64(c.Seeds.last-c.Seeds.first+1))
	begun := time.Now()
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(w.work)
	}
	workers.Wait()
	w.bar.finish()
	if w.usage != nil {
		return w.usage
	}
	w.print(s, time.Since(begun))
	return nil
}

// work runs seeds until none is left.
func (w *sweep) work() {
	for {
		seed := w.command.Seeds.first + w.next.Add(1) - 1
		if seed > w.command.Seeds.last || seed < w.command.Seeds.first {
			return
		}
		outcome, err := w.scenario.Run(w.command.options(seed))
		w.record(seed, outcome, err)
		w.bar.step()
		if err != nil {
			return
		}
	}
}

func (w *sweep) record(seed uint64, outcome *scenarios.Outcome, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if err != nil {
		w.usage = err
		return
	}
	w.verdicts[outcome.Verdict]++
	w.events += outcome.Events
	w.virtual += outcome.VirtualTime
	if outcome.Verdict != sim.OK {
		w.failures = append(w.failures, failure{seed: seed, verdict: outcome.Verdict, detail: outcome.Detail})
	}
}

// severity orders the verdicts that a sweep's exit code can come from, the worst first.
var severity = []sim.Verdict{sim.Violation, sim.Crashed, sim.Nondeterministic, sim.Stalled, sim.Unknown, sim.OK}

// print sums the sweep up and sets the exit code to that of the worst verdict.
func (w *sweep) print(s *session, wall time.Duration) {
	slices.SortFunc(w.failures, func(a, b failure) int {
		if a.seed < b.seed {
			return -1
		}
		return 1
	})
	for _, f := range w.failures {
		fmt.Fprintf(s.out, "seed %d: %s\n%s\n  %s\n", f.seed, f.verdict, indent(f.detail), w.command.reproduce(f.seed))
	}
	runs := 0
	var counts []string
	for _, verdict := range severity {
		if count := w.verdicts[verdict]; count > 0 {
			runs += count
			counts = append(counts, fmt.Sprintf("%d %s", count, verdict))
		}
	}
	fmt.Fprintf(s.out, "%s: %d runs: %s; %d events, %v virtual in %v (%.0f times real time)\n",
		w.scenario.Name, runs, strings.Join(counts, ", "), w.events, w.virtual.Round(time.Second), wall.Round(time.Millisecond),
		float64(w.virtual)/float64(max(wall, 1)))
	for _, verdict := range severity {
		if w.verdicts[verdict] > 0 {
			s.exit = exitCodes[verdict]
			return
		}
	}
}
