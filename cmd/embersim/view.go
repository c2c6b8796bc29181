package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/view"
)

// viewCommand is `embersim view`.
type viewCommand struct {
	File string  `arg:"" optional:"" help:"File that run --save or shrink has written. Without one, a seed is run." type:"existingfile"`
	Seed *uint64 `help:"Seed of the run; picked at random if left out."`
	settings
	Output string `help:"Page to write." short:"o" default:"run.html"`
}

// Run executes the command.
func (c *viewCommand) Run(s *session) error {
	if err := c.validate(); err != nil {
		return err
	}
	recorder := view.NewRecorder()
	told, err := c.perform(s, cluster.Watch{Observe: recorder.Observe})
	if err != nil {
		return err
	}
	meta, err := told.meta()
	if err != nil {
		return err
	}
	if err := writePage(c.Output, meta, recorder.Take()); err != nil {
		return err
	}
	outcome := told.outcome
	s.exit = exitCodes[outcome.Verdict]
	fmt.Fprintf(s.out, "%s: %s, %d events, verdict %s\n", c.Output, meta.Title, outcome.Events, outcome.Verdict)
	return nil
}

// toldRun is a run with what there is to tell of it.
type toldRun struct {
	outcome            *scenarios.Outcome
	summary, reproduce string
}

// perform runs the file or the seed.
func (c *viewCommand) perform(s *session, watch cluster.Watch) (toldRun, error) {
	if c.File != "" {
		script, err := readScript(s, c.File)
		if err != nil {
			return toldRun{}, err
		}
		outcome, err := scenarios.Replay(script, watch)
		return toldRun{outcome, "replay of " + c.File, "go run ./cmd/embersim replay " + c.File}, err
	}
	scenario, err := scenarios.Find(c.Scenario)
	if err != nil {
		return toldRun{}, err
	}
	if scenario.Draw == nil {
		return toldRun{}, fmt.Errorf("scenario %s consists of many runs, which no page can show", c.Scenario)
	}
	if c.Seed == nil {
		seed := pickSeed()
		c.Seed = &seed
	}
	options := c.options(*c.Seed)
	options.Watch = watch
	outcome, err := scenario.Run(options)
	return toldRun{outcome, scenario.Summary, c.reproduce(*c.Seed)}, err
}

// meta describes the run as `embersim run` does.
func (r toldRun) meta() (view.Meta, error) {
	meta, err := r.outcome.Result.ViewMeta()
	if err != nil {
		return meta, err
	}
	meta.Title = fmt.Sprintf("%s, seed %d", r.outcome.Scenario, r.outcome.Seed)
	o := r.outcome
	meta.Lines = append([]string{r.summary}, o.Setting...)
	meta.Lines = append(meta.Lines,
		"faults: "+describeFaults(o.Faults),
		fmt.Sprintf("operations: %d ok, %d failed, %d unknown", o.Operations.OK, o.Operations.Failed, o.Operations.Unknown),
		fmt.Sprintf("redirects: %d MOVED, %d ASK", o.Redirects.Moved, o.Redirects.Ask),
		fmt.Sprintf("%d events in %v, hash %s", o.Events, o.VirtualTime.Round(time.Millisecond), o.Hash),
		r.reproduce)
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
