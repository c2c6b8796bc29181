package main

import (
	"fmt"
	"os"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
)

// drawScript returns what a scenario decides before a run.
func drawScript(scenario scenarios.Scenario, options scenarios.Options) (sim.Script, error) {
	if scenario.Draw == nil {
		return sim.Script{}, fmt.Errorf("scenario %s consists of many runs, which no file can hold", scenario.Name)
	}
	return scenario.Draw(options)
}

// readScript reads a file that run --save or shrink has written.
func readScript(s *session, path string) (sim.Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return sim.Script{}, err
	}
	script, err := sim.ParseScript(string(text))
	if err != nil {
		return sim.Script{}, fmt.Errorf("%s: %w", path, err)
	}
	if script.Version != core.Version {
		fmt.Fprintf(s.err, "embersim: %s is of Ember %s, and this is %s: the run may be another one\n", path, script.Version, core.Version)
	}
	return script, nil
}

// replayCommand is `embersim replay`.
type replayCommand struct {
	File string `arg:"" help:"File that run --save or shrink has written; it may have been edited." type:"existingfile"`
	performance
	Until uint64   `help:"Stop after the event of this number, without a verdict." placeholder:"EVENT"`
	Dump  []string `help:"Show the state of this node at the end; may be repeated." placeholder:"NODE"`
}

// Run executes the command.
func (c *replayCommand) Run(s *session) error {
	script, err := readScript(s, c.File)
	if err != nil {
		return err
	}
	outcome, err := c.perform(s, func(watch cluster.Watch) (*scenarios.Outcome, error) {
		watch.Until = c.Until
		return scenarios.Replay(script, watch)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	for _, name := range c.Dump {
		dump, err := outcome.Result.Cluster.Dump(name)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, dump)
	}
	if c.Until > 0 {
		fmt.Fprintf(s.out, "stopped after event %d, at %v\n", outcome.Events, outcome.VirtualTime)
		return nil
	}
	return c.tell(s, outcome, "replay of "+c.File, "go run ./cmd/embersim replay "+c.File)
}
