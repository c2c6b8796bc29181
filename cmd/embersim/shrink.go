package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/shrink"
)

// shrinkCommand is `embersim shrink`.
type shrinkCommand struct {
	File string  `arg:"" optional:"" help:"File of the run, as run --save has written it." type:"existingfile"`
	Seed *uint64 `help:"Seed of the run, if there is no file."`
	settings
	Output string        `help:"Where to write the smaller run." short:"o" required:"" type:"path" placeholder:"FILE"`
	For    time.Duration `help:"Stop after this time, with the best so far; no limit if 0." default:"0"`
	Jobs   int           `help:"Runs at the same time; one per core if 0." default:"0"`
}

// Run executes the command.
func (c *shrinkCommand) Run(s *session) error {
	script, err := c.script(s)
	if err != nil {
		return err
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	return c.shrink(s, script, interrupts)
}

// script returns the run to shrink.
func (c *shrinkCommand) script(s *session) (sim.Script, error) {
	switch {
	case c.File != "" && c.Seed == nil:
		return readScript(s, c.File)
	case c.File != "" || c.Seed == nil:
		return sim.Script{}, errors.New("shrink takes either a file or --seed")
	}
	if err := c.validate(); err != nil {
		return sim.Script{}, err
	}
	scenario, err := scenarios.Find(c.Scenario)
	if err != nil {
		return sim.Script{}, err
	}
	return drawScript(scenario, c.options(*c.Seed))
}

// shrink searches until nothing more can go, the time is up, or the user interrupts it, and writes the smallest run.
func (c *shrinkCommand) shrink(s *session, script sim.Script, interrupts <-chan os.Signal) error {
	begun := time.Now()
	var stop atomic.Bool
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-interrupts:
			stop.Store(true)
		case <-timeout(c.For):
			stop.Store(true)
		case <-done:
		}
	}()
	bar := newShrinkBar(s)
	result, err := cluster.Shrink(script, shrink.Options{First: bar.counting(firstOf(c.Jobs)), Stop: stop.Load, Progress: bar.progress})
	bar.finish()
	if err != nil {
		return err
	}
	return c.tell(s, script, result, time.Since(begun))
}

// timeout is a channel on which something comes after a time, or never if there is no limit.
func timeout(limit time.Duration) <-chan time.Time {
	if limit <= 0 {
		return nil
	}
	return time.After(limit)
}

// tell writes the file and prints the story of the smaller run.
func (c *shrinkCommand) tell(s *session, original sim.Script, result shrink.Result, wall time.Duration) error {
	outcome, err := scenarios.Replay(result.Script, cluster.Watch{})
	if err != nil {
		return err
	}
	story := outcome.Result.Story()
	summary := fmt.Sprintf("shrunk from %s to %s", size(&original), size(&result.Script))
	script := result.Script
	script.Note = fmt.Sprintf("%s, seed %d, %s\nfails: %s\n\n%s", original.Scenario, original.Seed, summary, result.Report.Signature(), story)
	if err := os.WriteFile(c.Output, []byte(script.String()), 0o644); err != nil {
		return err
	}
	fmt.Fprint(s.out, story)
	end := "nothing more can go"
	if !result.Complete {
		end = "stopped before the end"
	}
	fmt.Fprintf(s.out, "\n%s by %d runs in %v; %s\n", summary, result.Runs, wall.Round(time.Millisecond), end)
	fmt.Fprintf(s.out, "go run ./cmd/embersim replay %s\n", c.Output)
	return nil
}

// size describes how large a script is.
func size(script *sim.Script) string {
	nodes := 0
	for _, host := range script.Hosts {
		if strings.HasPrefix(host.Name, "node-") {
			nodes++
		}
	}
	return fmt.Sprintf("%d faults, %d operations, %d nodes, %d clients",
		len(script.Plan.Faults), len(script.Plan.Inputs), nodes, len(script.Hosts)-nodes)
}

// firstOf returns how to find the first of some candidates with so many at the same time. Whatever their number, the answer
// is the same.
func firstOf(jobs int) func(n int, holds func(i int) bool) int {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return func(n int, holds func(i int) bool) int { return first(n, jobs, holds) }
}
