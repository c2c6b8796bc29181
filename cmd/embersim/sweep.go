package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/sweep"
)

// sweepCommand is `embersim sweep`.
type sweepCommand struct {
	Seeds *sweep.Range  `help:"Seeds to run, such as 1..500." placeholder:"A..B"`
	For   time.Duration `help:"Run for so long; without --seeds, seeds from a random one on." placeholder:"10m"`
	settings
	Jobs          int          `help:"Runs at the same time; one per core if 0." default:"0"`
	Shard         *sweep.Shard `help:"Run only every n-th seed, from the i-th on. Left out, a scheduler's variables are asked." placeholder:"i/n"`
	StopOnFailure bool         `help:"Begin no further run after one that did not end well."`
	RequireMarks  bool         `help:"Fail if a rare path of the core that runs of the scenario are known to take was never taken."`
	JSON          bool         `help:"Print a line of JSON per run, for report." name:"json"`
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
	shard, err := c.shard(s, os.LookupEnv)
	if err != nil {
		return err
	}
	return c.sweep(s, scenario, shard)
}

func (c *sweepCommand) validate() error {
	if c.Seeds == nil && c.For <= 0 {
		return errors.New("sweep needs --seeds A..B or --for a time such as 10m")
	}
	return c.settings.validate()
}

// shard returns this process's part, which the command line or else a scheduler says.
func (c *sweepCommand) shard(s *session, lookup func(string) (string, bool)) (sweep.Shard, error) {
	if c.Shard != nil {
		return *c.Shard, nil
	}
	shard, scheduler, err := sweep.ShardFromEnvironment(lookup)
	if err == nil && shard.Count > 1 {
		fmt.Fprintf(s.err, "embersim: this is shard %v of a %s\n", shard, scheduler)
	}
	return shard, err
}

// plan says what the sweep sets out to do.
func (c *sweepCommand) plan(scenario scenarios.Scenario, shard sweep.Shard) sweep.Plan {
	p := sweep.Plan{
		Scenario: scenario.Name, Seeds: c.Seeds, Shard: shard, Reproduce: c.reproduceAny(), Marks: marks.Names(),
	}
	switch {
	case c.RequireMarks:
		p.Demands = markNames(scenario.Reachable())
	case c.ownSize():
		p.Demands = markNames(scenario.Demands)
	}
	return p
}

func markNames(list []marks.Mark) []string {
	var names []string
	for _, mark := range list {
		names = append(names, mark.String())
	}
	return names
}

// sweeper is a sweep under way.
type sweeper struct {
	command  *sweepCommand
	session  *session
	scenario scenarios.Scenario
	bar      bar
	begun    time.Time

	mutex   sync.Mutex
	tally   *sweep.Tally
	seeds   sweep.Range
	next    uint64 // how many seeds of the shard were given out
	stopped bool
	err     error
}

// sweep runs the scenario on all seeds of the shard and prints the sum.
func (c *sweepCommand) sweep(s *session, scenario scenarios.Scenario, shard sweep.Shard) error {
	w := &sweeper{command: c, session: s, scenario: scenario, begun: time.Now(), tally: sweep.NewTally(c.plan(scenario, shard))}
	size := int64(0) // not known
	if c.Seeds != nil {
		w.seeds, size = *c.Seeds, int64(shard.Size(*c.Seeds))
	} else {
		w.seeds.First = pickSeed()
		w.seeds.Last = w.seeds.First + 1<<40
	}
	if c.JSON {
		w.encode(sweep.PlanLine(&w.tally.Plan))
	}
	w.bar = newBar(s, "sweeping", size)
	w.run()
	w.bar.finish()
	if w.err != nil {
		return w.err
	}
	w.tally.Wall = time.Since(w.begun)
	if c.JSON {
		w.encode(sweep.EndLine(w.tally.Wall))
	}
	if shard.Count > 1 || w.stopped || c.For > 0 {
		w.tally.Plan.Seeds = nil // seeds are missing on purpose
	}
	if shard.Count > 1 {
		w.tally.Plan.Demands = nil // report asks for them
	}
	if !c.JSON {
		printTally(s, w.tally)
	}
	s.exit = exitOf(w.tally)
	return w.err
}

// run lets workers run seeds until none is left, or until the user has had enough.
func (w *sweeper) run() {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	done := make(chan struct{})
	go func() {
		select {
		case <-interrupts:
			w.stop()
		case <-done:
		}
	}()
	jobs := w.command.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(w.work)
	}
	workers.Wait()
	close(done)
}

// stop lets no further run begin.
func (w *sweeper) stop() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.stopped = true
}

// work runs seeds until none is left.
func (w *sweeper) work() {
	for {
		seed, ok := w.take()
		if !ok {
			return
		}
		outcome, err := w.scenario.Run(w.command.options(seed))
		w.record(outcome, err)
	}
}

// take gives out the next seed.
func (w *sweeper) take() (seed uint64, ok bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.stopped || w.err != nil {
		return 0, false
	}
	if w.command.For > 0 && time.Since(w.begun) >= w.command.For {
		return 0, false
	}
	seed, ok = w.tally.Plan.Shard.Seed(w.seeds, w.next)
	w.next++
	return seed, ok
}

// record adds a run to the sum.
func (w *sweeper) record(outcome *scenarios.Outcome, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if err != nil {
		w.err = errors.Join(w.err, err)
		return
	}
	w.tally.Add(sweep.Run{
		Seed: outcome.Seed, Verdict: string(outcome.Verdict), Check: outcome.Check, Detail: outcome.Detail,
		Virtual: outcome.VirtualTime, Events: outcome.Events, Marks: outcome.Marks,
	})
	if w.command.JSON {
		w.encode(markedOutcome{outcome, outcome.Marks})
	}
	w.stopped = w.stopped || w.command.StopOnFailure && outcome.Verdict != sim.OK
	w.bar.step()
	w.bar.describe(fmt.Sprintf("sweeping, %d failed, %.0f times real time", len(w.tally.Failures),
		float64(w.tally.Virtual)/float64(max(time.Since(w.begun), 1))))
}

// markedOutcome is an outcome as a sweep prints it, with the marks that were hit.
type markedOutcome struct {
	*scenarios.Outcome
	Marks map[string]uint64 `json:"marks,omitempty"`
}

// encode prints a line of JSON.
func (w *sweeper) encode(line any) {
	w.err = errors.Join(w.err, json.NewEncoder(w.session.out).Encode(line))
}
