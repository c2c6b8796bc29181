package main

import (
	"encoding/json"
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
	Output string        `help:"Where to write the smaller run." short:"o" required:"" placeholder:"FILE"`
	For    time.Duration `help:"Stop after this time, with the best so far; no limit if 0." default:"0"`
	Jobs   int           `help:"Runs at the same time; one per core if 0." default:"0"`
	JSON   bool          `help:"Print a JSON object instead of the story." name:"json"`
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
	summary := fmt.Sprintf("shrunk from %v to %v", sizeOf(&original), sizeOf(&result.Script))
	script := result.Script
	script.Note = fmt.Sprintf("%s, seed %d, %s\nfails: %s\n\n%s", original.Scenario, original.Seed, summary, result.Report.Signature(), story)
	if err := os.WriteFile(c.Output, []byte(script.String()), 0o644); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(shrunk{
			Signature: result.Report.Signature(), Before: sizeOf(&original), After: sizeOf(&result.Script),
			Runs: result.Runs, Wall: wall, Complete: result.Complete,
		})
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

// shrunk is what became of a run, for programs.
type shrunk struct {
	Signature string        `json:"signature"` // how it fails
	Before    size          `json:"before"`
	After     size          `json:"after"`
	Runs      int           `json:"runs"` // that it took
	Wall      time.Duration `json:"wall_ns"`
	Complete  bool          `json:"complete"` // nothing more can go
}

// size is how large a script is.
type size struct {
	Faults     int `json:"faults"`
	Operations int `json:"operations"`
	Nodes      int `json:"nodes"`
	Clients    int `json:"clients"`
}

func sizeOf(script *sim.Script) size {
	s := size{Faults: len(script.Plan.Faults), Operations: len(script.Plan.Inputs)}
	for _, host := range script.Hosts {
		if strings.HasPrefix(host.Name, "node-") {
			s.Nodes++
		} else {
			s.Clients++
		}
	}
	return s
}

func (s size) String() string {
	return fmt.Sprintf("%d faults, %d operations, %d nodes, %d clients", s.Faults, s.Operations, s.Nodes, s.Clients)
}

// firstOf returns how to find the first of some candidates with so many at the same time. Whatever their number, the answer
// is the same.
func firstOf(jobs int) func(n int, holds func(i int) bool) int {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return func(n int, holds func(i int) bool) int { return first(n, jobs, holds) }
}
