package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/view"
)

// viewCommand is `embersim view`.
type viewCommand struct {
	Seed *uint64 `help:"Seed of the run; picked at random if left out."`
	settings
	Output string `help:"Page to write." short:"o" type:"path" default:"run.html"`
}

// Run executes the command.
func (c *viewCommand) Run(s *session) error {
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
	recorder := view.NewRecorder()
	options := c.options(*c.Seed)
	options.Observe = recorder.Observe
	outcome, err := scenario.Run(options)
	if err != nil {
		return err
	}
	if outcome.Result == nil || recorder.World() == nil {
		return fmt.Errorf("scenario %s is not the run of one cluster: there is nothing to view", c.Scenario)
	}
	meta, err := c.meta(outcome, scenario.Summary)
	if err != nil {
		return err
	}
	if err := writePage(c.Output, meta, recorder.Take()); err != nil {
		return err
	}
	s.exit = exitCodes[outcome.Verdict]
	fmt.Fprintf(s.out, "%s: seed %d, %d events, verdict %s\n", c.Output, outcome.Seed, outcome.Events, outcome.Verdict)
	return nil
}

// meta describes the run as `embersim run` does.
func (c *viewCommand) meta(outcome *scenarios.Outcome, summary string) (view.Meta, error) {
	meta, err := outcome.Result.ViewMeta()
	if err != nil {
		return meta, err
	}
	meta.Title = fmt.Sprintf("%s, seed %d", outcome.Scenario, outcome.Seed)
	var text strings.Builder
	printOutcome(&text, outcome, summary, c.reproduce(*c.Seed))
	meta.Lines = strings.Split(strings.TrimSpace(text.String()), "\n")
	return meta, nil
}

// writePage writes a page to a file.
func writePage(path string, meta view.Meta, chunks ...view.Chunk) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	return errors.Join(view.WritePage(buffered, meta, chunks...), buffered.Flush(), file.Close())
}
