package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
)

// settings are the flags that decide a run. They are those of the line that reproduces it.
type settings struct {
	Scenario string            `help:"Scenario to run; see list." default:"swarm"`
	Nodes    int               `help:"Number of nodes; the scenario's own if 0." default:"0"`
	Duration time.Duration     `help:"Virtual time in which faults strike; the scenario's own if 0." default:"0"`
	Faults   []sim.FaultSwitch `help:"Kinds of faults to switch, such as crash=off,loss=on,reset=2s (mean time between two). The seed decides on all others." placeholder:"KIND=..."`
}

func (s *settings) options(seed uint64) scenarios.Options {
	return scenarios.Options{Seed: seed, Nodes: s.Nodes, Duration: s.Duration, Faults: s.Faults}
}

// ownSize reports whether the scenario decides everything but the seed.
func (s *settings) ownSize() bool { return s.Nodes == 0 && s.Duration == 0 && len(s.Faults) == 0 }

// validate reports a usage error.
func (s *settings) validate() error {
	if s.Nodes < 0 || s.Duration < 0 {
		return fmt.Errorf("--nodes and --duration cannot be negative")
	}
	return nil
}

// arguments are those of the run.
func (s *settings) arguments(seed uint64) []string {
	args := []string{"run", "--seed", strconv.FormatUint(seed, 10)}
	if s.Scenario != "swarm" {
		args = append(args, "--scenario", s.Scenario)
	}
	if s.Nodes != 0 {
		args = append(args, "--nodes", strconv.Itoa(s.Nodes))
	}
	if s.Duration != 0 {
		args = append(args, "--duration", s.Duration.String())
	}
	for _, choice := range s.Faults {
		args = append(args, "--faults", choice.String())
	}
	return args
}

// reproduce is the command line that gives the same run again.
func (s *settings) reproduce(seed uint64) string {
	return "go run ./cmd/embersim " + strings.Join(s.arguments(seed), " ")
}

// seedPlace stands for the seed in the command line for any run.
const seedPlace = "SEED"

// reproduceAny is the command line for a run whose seed is to be filled in.
func (s *settings) reproduceAny() string {
	return strings.Replace(s.reproduce(0), "--seed 0", "--seed "+seedPlace, 1)
}

// runCommand is `embersim run`.
type runCommand struct {
	Seed *uint64 `help:"Seed of the run; picked at random if left out."`
	settings
	performance
	Save string `help:"Write down what the seed has decided before the run; see replay." placeholder:"FILE"`
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
	if c.Save != "" {
		if err := c.save(scenario); err != nil {
			return err
		}
	}
	outcome, err := c.perform(s, scenario)
	if err != nil {
		return err
	}
	return c.tell(s, outcome, scenario.Summary, c.reproduce(*c.Seed))
}

// save writes the script of the run.
func (c *runCommand) save(scenario scenarios.Scenario) error {
	script, err := drawScript(scenario, c.options(*c.Seed))
	if err != nil {
		return err
	}
	return os.WriteFile(c.Save, []byte(script.String()), 0o644)
}

// perform runs the scenario.
func (c *runCommand) perform(s *session, scenario scenarios.Scenario) (*scenarios.Outcome, error) {
	return c.performance.perform(s, func(watch cluster.Watch) (*scenarios.Outcome, error) {
		options := c.options(*c.Seed)
		options.Watch = watch
		return scenario.Run(options)
	})
}

// pickSeed draws a seed that is short enough to read out.
func pickSeed() uint64 {
	var bytes [8]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		panic(err) // documented never to happen
	}
	return binary.LittleEndian.Uint64(bytes[:]) % 1_000_000_000
}
