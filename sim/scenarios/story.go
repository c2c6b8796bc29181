package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// story is a run of a cluster while it is being drawn.
type story struct {
	options  Options
	random   *random.Stream
	config   cluster.Config
	workload cluster.Workload
	plan     sim.Plan
}

// defaults are the sizes of a scenario where the user has left them open.
type defaults struct {
	nodes, clients int
	duration       time.Duration
}

// clusterScenario is a scenario of a whole cluster: draw completes the story's configuration and adds its faults.
func clusterScenario(name, summary string, sizes defaults, draw func(*story)) Scenario {
	return Scenario{Name: name, Summary: summary, Run: func(options Options) (*Outcome, error) {
		s := newStory(name, options, sizes)
		draw(s)
		return s.run(name)
	}}
}

func newStory(name string, options Options, sizes defaults) *story {
	if options.Nodes == 0 && sizes.nodes > 0 {
		options.Nodes = sizes.nodes
	}
	if options.Duration == 0 {
		options.Duration = sizes.duration
	}
	s := &story{options: options, random: random.Derive(options.Seed, "scenario/"+name)}
	s.config = cluster.DefaultConfig(options.Seed, options.Nodes, sizes.clients) // swarm draws its own hosts
	s.config.Chaos = options.Duration
	s.config.Trace, s.config.Observe = options.Trace, options.Observe
	s.config.Journal, s.config.Progress = options.Journal, options.Progress
	s.workload = cluster.DefaultWorkload()
	return s
}

// fault adds a fault to the plan.
func (s *story) fault(f sim.Fault) { s.plan.Faults = append(s.plan.Faults, f) }

// repeat calls strike at random times with a mean pause between them, from the first pause to the end of the chaos.
func (s *story) repeat(pause time.Duration, strike func(at time.Duration)) {
	for at := s.random.Exponential(pause); at < s.options.Duration; at += s.random.Exponential(pause) {
		strike(at)
	}
}

// some returns between low and high different elements of all, in their order.
func (s *story) some(all []string, low, high int) []string {
	count := min(low+s.random.IntN(max(high-low, 0)+1), len(all))
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	s.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	chosen := make([]bool, len(all))
	for _, i := range order[:count] {
		chosen[i] = true
	}
	var some []string
	for i, name := range all {
		if chosen[i] {
			some = append(some, name)
		}
	}
	return some
}

// spare takes the slots from the last so many nodes, which may then crash: keys live in memory only.
func (s *story) spare(count int) {
	for i := range s.config.Nodes {
		if i >= len(s.config.Nodes)-count && i > 0 {
			s.config.Nodes[i].Share = 0
		}
	}
}

// run draws the operations and lets the story happen.
func (s *story) run(name string) (*Outcome, error) {
	operations := random.Derive(s.options.Seed, "operations")
	s.plan.Inputs = append(s.plan.Inputs, s.workload.Draw(operations, len(s.config.Clients), s.config.Chaos)...)
	result, err := cluster.Run(name, s.config, s.plan)
	if err != nil {
		return nil, err
	}
	return &Outcome{
		Report: result.Report, Operations: result.Operations, Redirects: result.Redirects,
		Setting: s.setting(), Result: result,
	}, nil
}

// setting describes the story for people.
func (s *story) setting() []string {
	depth := 0
	for _, client := range s.config.Clients {
		depth = max(depth, client.Depth)
	}
	return []string{
		fmt.Sprintf("%d nodes, of which %d own no slot", len(s.config.Nodes), len(s.config.Spares())),
		fmt.Sprintf("%d clients with up to %d operations under way, %d operations in %v",
			len(s.config.Clients), depth, len(s.plan.Inputs), s.config.Chaos),
		fmt.Sprintf("keys: %d strings, %d counters, %d groups with a common hash tag",
			s.workload.Strings, s.workload.Counters, s.workload.Tags),
	}
}
