package scenarios

import (
	"fmt"
	"slices"
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
	// operated says that operators may be drawn, who change the configuration.
	operated bool
	// mixed says that faults were drawn from a mix; mistake is one in the options that showed then.
	mixed   bool
	mistake error
}

// defaults are the sizes of a scenario where the user has left them open.
type defaults struct {
	nodes, clients int
	duration       time.Duration
}

// clusterScenario is a scenario of a whole cluster: draw completes the story's configuration and adds its faults.
func clusterScenario(name, summary string, sizes defaults, draw func(*story)) Scenario {
	tell := func(options Options) (*story, error) {
		s := newStory(name, options, sizes)
		draw(s)
		s.drawOperations()
		return s, s.switchFaults()
	}
	return Scenario{
		Name: name, Summary: summary,
		Run: func(options Options) (*Outcome, error) {
			s, err := tell(options)
			if err != nil {
				return nil, err
			}
			return perform(name, s.config, s.plan)
		},
		Draw: func(options Options) (sim.Script, error) {
			s, err := tell(options)
			if err != nil {
				return sim.Script{}, err
			}
			return cluster.NewScript(name, s.config, s.plan)
		},
	}
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
	s.config.Watch = options.Watch
	s.workload = cluster.DefaultWorkload()
	return s
}

// drawFaults draws faults from a mix, with the decisions that the options take.
func (s *story) drawFaults(mix sim.FaultMix, targets sim.FaultTargets) {
	switched, err := mix.Switched(s.options.Faults...)
	if err != nil {
		s.mistake = err
		return
	}
	s.mixed = true
	s.plan.Faults = append(s.plan.Faults, switched.Draw(s.options.Seed, targets)...)
}

// switchFaults takes kinds of faults out that are switched off, and returns what is wrong with the switches.
func (s *story) switchFaults() error {
	for _, choice := range s.options.Faults {
		if !choice.Off && !s.mixed && s.mistake == nil {
			return fmt.Errorf("the faults of this scenario are its own: %v can only be switched off", choice.Kind)
		}
		s.plan.Faults = slices.DeleteFunc(s.plan.Faults, func(f sim.Fault) bool { return choice.Off && f.Kind == choice.Kind })
	}
	return s.mistake
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

// drawOperations draws what clients ask for.
func (s *story) drawOperations() {
	operations := random.Derive(s.options.Seed, "operations")
	drawn := s.workload.Draw(operations, len(s.config.Clients), s.config.Chaos)
	if len(s.plan.Inputs) > 0 {
		drawn = append(s.plan.Inputs, drawn...)
	}
	s.plan.Inputs = drawn
}

// perform lets a story happen.
func perform(name string, config cluster.Config, plan sim.Plan) (*Outcome, error) {
	result, err := cluster.Run(name, config, plan)
	if err != nil {
		return nil, err
	}
	return &Outcome{
		Report: result.Report, Operations: result.Operations, Redirects: result.Redirects,
		Setting: setting(&config, plan), Marks: result.Marks, Result: result,
	}, nil
}

// setting describes a story for people.
func setting(config *cluster.Config, plan sim.Plan) []string {
	depth := 0
	for _, client := range config.Clients {
		depth = max(depth, client.Depth)
	}
	return []string{
		fmt.Sprintf("%d nodes, of which %d own no slot", len(config.Nodes), len(config.Spares())),
		fmt.Sprintf("%d clients with up to %d operations under way, %d operations in %v",
			len(config.Clients), depth, len(plan.Inputs), config.Chaos),
	}
}
