package main

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/scenarios"
)

// settings are the flags that decide a run. They are those of the line that reproduces it.
type settings struct {
	Scenario string        `help:"Scenario to run; see list." default:"swarm"`
	Nodes    int           `help:"Number of nodes; the scenario's own if 0." default:"0"`
	Duration time.Duration `help:"Virtual time in which faults strike; the scenario's own if 0." default:"0"`
}

func (s *settings) options(seed uint64) scenarios.Options {
	return scenarios.Options{Seed: seed, Nodes: s.Nodes, Duration: s.Duration}
}

// validate reports a usage error.
func (s *settings) validate() error {
	if s.Nodes < 0 || s.Duration < 0 {
		return fmt.Errorf("--nodes and --duration cannot be negative")
	}
	return nil
}

// reproduce is the command line that gives the same run again.
func (s *settings) reproduce(seed uint64) string {
	line := fmt.Sprintf("go run ./cmd/embersim run --seed %d", seed)
	if s.Scenario != "swarm" {
		line += " --scenario " + s.Scenario
	}
	if s.Nodes != 0 {
		line += fmt.Sprintf(" --nodes %d", s.Nodes)
	}
	if s.Duration != 0 {
		line += fmt.Sprintf(" --duration %v", s.Duration)
	}
	return line
}

// runCommand is `embersim run`.
type runCommand struct {
	Seed *uint64 `help:"Seed of the run; picked at random if left out."`
	settings
	Check bool   `help:"Run twice and compare the histories event by event."`
	Trace string `help:"Write a line per event to this file." type:"path" placeholder:"FILE"`
	JSON  bool   `help:"Print one JSON object instead of text." name:"json"`
}

// Run executes the command.
func (c *runCommand) Run(s *session) error {
	if err := c.validate(); err != nil {
		return err
	}
	scenario, err := scenarios.Find(c.Scenario)
	if err != nil {
		return err
	}
	if c.Seed == nil {
		seed := pickSeed()
		c.Seed = &seed
	}
	outcome, err := c.perform(s, scenario)
	if err != nil {
		return err
	}
	s.exit = exitCodes[outcome.Verdict]
	if c.JSON {
		return json.NewEncoder(s.out).Encode(outcome)
	}
	printOutcome(s.out, outcome, scenario.Summary, c.reproduce(*c.Seed))
	return nil
}

// perform runs the scenario, with trace and bar, and once more if the two are to be compared.
func (c *runCommand) perform(s *session, scenario scenarios.Scenario) (outcome *scenarios.Outcome, err error) {
	options := c.options(*c.Seed)
	trace, closeTrace, err := openTrace(c.Trace)
	if err != nil {
		return nil, err
	}
	bar := newBar(s, "running", 0)
	options.Trace = trace
	options.Progress = func(virtual time.Duration) { bar.describe(fmt.Sprintf("virtual time %v", virtual)) }
	begun := time.Now()
	divergence := c.once(options, func(options scenarios.Options) {
		if err == nil {
			outcome, err = scenario.Run(options)
		}
	})
	bar.finish()
	if closed := closeTrace(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	outcome.WallTime = time.Since(begun)
	if divergence != nil {
		outcome.Verdict = sim.Nondeterministic
		outcome.Detail = fmt.Sprintf("event %d differs: %s in one run, %s in the other", divergence.Event, divergence.First, divergence.Second)
	}
	return outcome, nil
}

// once runs once, or twice with a comparison under --check. Only the first run writes the trace.
func (c *runCommand) once(options scenarios.Options, run func(scenarios.Options)) *sim.Divergence {
	if !c.Check {
		run(options)
		return nil
	}
	return sim.Twice(func(journal *sim.Journal) {
		options.Journal = journal
		run(options)
		options.Trace = nil
	})
}

// openTrace opens the trace file, if there is to be one.
func openTrace(path string) (io.Writer, func() error, error) {
	if path == "" {
		return nil, func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	return buffered, func() error {
		err := buffered.Flush()
		if closed := file.Close(); err == nil {
			err = closed
		}
		return err
	}, nil
}

// pickSeed draws a seed that is short enough to read out.
func pickSeed() uint64 {
	var bytes [8]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		panic(err) // documented never to happen
	}
	return binary.LittleEndian.Uint64(bytes[:]) % 1_000_000_000
}

// printOutcome tells a person what happened.
func printOutcome(w io.Writer, o *scenarios.Outcome, summary, reproduce string) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s%s\n", name, fmt.Sprintf(format, args...))
	}
	row("scenario", "%s: %s", o.Scenario, summary)
	row("seed", "%d", o.Seed)
	for i, line := range o.Setting {
		row([]string{"setting", ""}[min(i, 1)], "%s", line)
	}
	row("faults", "%s", describeFaults(o.Faults))
	if o.Result != nil { // a scenario with clients
		row("operations", "%d ok, %d failed, %d unknown", o.Operations.OK, o.Operations.Failed, o.Operations.Unknown)
		row("redirects", "%d MOVED, %d ASK", o.Redirects.Moved, o.Redirects.Ask)
	}
	for i, line := range o.Findings {
		row([]string{"findings", ""}[min(i, 1)], "%s", line)
	}
	row("events", "%d, hash %s", o.Events, o.Hash)
	row("time", "%v virtual in %v, %.0f times real time", o.VirtualTime.Round(time.Millisecond), o.WallTime.Round(time.Millisecond),
		float64(o.VirtualTime)/float64(max(o.WallTime, 1)))
	row("verdict", "%s", o.Verdict)
	if o.Detail != "" {
		fmt.Fprintf(w, "\n%s\n\n", indent(o.Detail))
	}
	row("reproduce", "%s", reproduce)
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
