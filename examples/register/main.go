package main

import (
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/shrink"
	"github.com/ember-cluster/ember/sim/sweep"
	"github.com/ember-cluster/ember/sim/view"
)

// cli is the command line.
type cli struct {
	Hasty bool        `help:"Let reads return before later reads are sure to find the same."`
	Seeds sweep.Range `help:"Seeds to run." default:"1..200" placeholder:"A..B"`
	Page  string      `help:"Page to write of the shrunk failure." default:"register.html" type:"path"`
}

func main() {
	var c cli
	kong.Parse(&c, kong.Name("register"), kong.Description("A replicated register in the simulator."))
	page, err := os.Create(os.DevNull)
	if c.Hasty {
		page, err = os.Create(c.Page)
	}
	failed := false
	if err == nil {
		failed, err = c.run(os.Stdout, page)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "register:", err)
		os.Exit(1)
	}
	if failed {
		os.Exit(2)
	}
}

// run sweeps the seeds. It shrinks the first failure, prints it, and writes a page of it.
func (c *cli) run(out, page io.Writer) (failed bool, err error) {
	tally := sweep.NewTally(sweep.Plan{Scenario: "register", Seeds: &c.Seeds})
	for seed := c.Seeds.First; seed <= c.Seeds.Last; seed++ {
		script := draw(seed, c.Hasty)
		report, _, err := perform(script, nil)
		if err != nil {
			return false, err
		}
		tally.Add(sweep.Run{Seed: seed, Verdict: string(report.Verdict), Detail: report.Detail, Events: report.Events, Virtual: report.VirtualTime})
		if report.Verdict != sim.OK {
			fmt.Fprintf(out, "seed %d: %s, after %d runs\n\n", seed, report.Verdict, tally.Runs())
			return true, explain(script, out, page)
		}
	}
	fmt.Fprintf(out, "%d runs: all well; %d events in %v of virtual time\n", tally.Runs(), tally.Events, tally.Virtual)
	return false, nil
}

// explain makes a failing run small, prints it and writes a page of it.
func explain(script sim.Script, out, page io.Writer) error {
	small, err := shrink.Shrink(script, shrink.Options{Run: func(s sim.Script, _ uint64) (sim.Report, error) {
		report, _, err := perform(s, nil)
		return report, err
	}})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n%s\n", small.Script.String(), small.Report.Detail)
	recorder := view.NewRecorder()
	report, failure, err := perform(small.Script, recorder.Observe)
	if err != nil {
		return err
	}
	meta := view.Meta{Title: "register", Verdict: string(report.Verdict), Detail: report.Detail}
	if failure != nil {
		meta.Failure = &view.Failure{Time: failure.Time, Event: failure.Event, Host: failure.Host, Text: failure.Detail}
	}
	return view.WritePage(page, meta, recorder.Take())
}
