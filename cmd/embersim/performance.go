package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
)

// performance are the flags that decide how a run is watched and told.
type performance struct {
	Check  bool   `help:"Run twice and compare the histories event by event."`
	Trace  string `help:"Write a line per event to this file." placeholder:"FILE"`
	Hashes bool   `help:"Begin each line of the trace with the hash of all that has happened, for diverge."`
	JSON   bool   `help:"Print one JSON object instead of text." name:"json"`
}

// play is a run that can be repeated.
type play func(watch cluster.Watch) (*scenarios.Outcome, error)

// perform runs once, with trace and bar, and once more if the two are to be compared.
func (p *performance) perform(s *session, run play) (outcome *scenarios.Outcome, err error) {
	trace, closeTrace, err := openTrace(p.Trace)
	if err != nil {
		return nil, err
	}
	bar := newBar(s, "running", 0)
	watch := p.watch(trace)
	watch.Progress = func(virtual time.Duration) { bar.describe(fmt.Sprintf("virtual time %v", virtual)) }
	begun := time.Now()
	divergence := p.once(watch, func(watch cluster.Watch) {
		if err == nil {
			outcome, err = run(watch)
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
		outcome.Verdict, outcome.Check = sim.Nondeterministic, "determinism"
		outcome.Detail = fmt.Sprintf("event %d differs: %s in one run, %s in the other", divergence.Event, divergence.First, divergence.Second)
	}
	return outcome, nil
}

// watch returns who writes the trace.
func (p *performance) watch(trace io.Writer) cluster.Watch {
	if !p.Hashes || trace == nil {
		return cluster.Watch{Trace: trace}
	}
	hash := uint64(0)
	return cluster.Watch{Observe: func(r *sim.Record) {
		if r.Host != nil {
			hash = r.Host.World().Hash()
		}
		_, _ = fmt.Fprintf(trace, "%016x %v\n", hash, r) // an error is told by the flush
	}}
}

// once runs once, or twice with a comparison under --check. Only the first run writes the trace.
func (p *performance) once(watch cluster.Watch, run func(cluster.Watch)) *sim.Divergence {
	if !p.Check {
		run(watch)
		return nil
	}
	return sim.Twice(func(journal *sim.Journal) {
		watch.Journal = journal
		run(watch)
		watch.Trace, watch.Observe = nil, nil
	})
}

// tell prints what came of a run, and sets the exit code.
func (p *performance) tell(s *session, outcome *scenarios.Outcome, summary, reproduce string) error {
	s.exit = exitCodes[outcome.Verdict]
	if p.JSON {
		return json.NewEncoder(s.out).Encode(outcome)
	}
	printOutcome(s.out, outcome, summary, reproduce)
	return nil
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
