// Package scenarios holds the stories that Ember is tried on, each in a file of its own.
//
// A scenario is a function of its options: it draws the cluster, the faults and the clients' operations from the seed,
// runs them, and judges what came of it. The same options give the same run, bit for bit.
package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// Options are what a user may decide about a run. Zero values leave the decision to the scenario.
type Options struct {
	Seed uint64
	// Nodes is the number of nodes.
	Nodes int
	// Duration is the virtual time in which faults strike and operations begin.
	Duration time.Duration
	// Faults take decisions on kinds of faults from the seed. Scenarios that draw from a mix obey them; of others they can switch
	// kinds off.
	Faults []sim.FaultSwitch
	// Watch influences nothing. Observe takes the events of a scenario that is one world.
	cluster.Watch
}

// Scenario is one story.
type Scenario struct {
	Name string
	// Summary is one line on what happens and what is checked.
	Summary string
	// Demands are marks that a sweep of this scenario, in its own size, has to hit at least once: what it is about must happen.
	Demands []marks.Mark
	// Run tells the story. The error is a mistake in the options.
	Run func(Options) (*Outcome, error)
	// Draw decides all that Run decides before the run begins; Replay does the rest. Nil for a scenario of many runs.
	Draw func(Options) (sim.Script, error)
}

// Outcome is what came of a run.
type Outcome struct {
	sim.Report
	Operations cluster.Operations `json:"operations"`
	Redirects  cluster.Redirects  `json:"redirects"`
	// Marks is how often the nodes took rare paths, by mark; see package marks. Nil for a scenario without nodes.
	Marks map[string]uint64 `json:"-"`
	// Setting describes the cluster and its clients, Findings what the scenario measured, in lines for people.
	Setting  []string `json:"-"`
	Findings []string `json:"-"`
	// Result is how a scenario of a whole cluster ended; nil for others.
	Result *cluster.Result `json:"-"`
}

// Replay runs what a script says. The error says why it cannot be run.
func Replay(script sim.Script, watch cluster.Watch) (*Outcome, error) {
	config, plan, err := cluster.FromScript(script)
	if err != nil {
		return nil, err
	}
	config.Watch = watch
	return perform(script.Scenario, config, plan)
}

// All returns the scenarios in the order in which a newcomer should meet them. The first one is the default.
func All() []Scenario {
	return []Scenario{
		swarm, steady, lossy, partition, detour, pause, flapping, upgrade, core, disks,
		bootstrap, meetings, joinStorm, configRace, reshard, leaderCrash, quorumLoss, voterReplace, scale, detection,
	}
}

// demanding returns the scenario with demands.
func (s Scenario) demanding(demands ...marks.Mark) Scenario {
	s.Demands = demands
	return s
}

// beyondSwarm are the marks that no run of the swarm can hit, and why. Whoever makes one of them reachable there takes it out.
var beyondSwarm = map[marks.Mark]string{
	marks.MeetingRedirected: noRings,
	marks.HostBusy:          noRings,
	marks.RingBroken:        noRings,
	marks.JoinAborted:       "the swarm's new nodes claim nothing",
}

const noRings = "new nodes are led to members only"

// Reachable returns the marks that enough seeds of the scenario are known to hit, in their order: what it is about, and of the swarm
// nearly all.
func (s Scenario) Reachable() []marks.Mark {
	if s.Name != swarm.Name {
		return s.Demands
	}
	var reachable []marks.Mark
	for mark := range marks.Count {
		if _, not := beyondSwarm[mark]; !not {
			reachable = append(reachable, mark)
		}
	}
	return reachable
}

// Find returns the scenario of a name.
func Find(name string) (Scenario, error) {
	for _, scenario := range All() {
		if scenario.Name == name {
			return scenario, nil
		}
	}
	return Scenario{}, fmt.Errorf("there is no scenario %q", name)
}
