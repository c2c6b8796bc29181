package scenarios

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// core is a swarm run at whose end only some of the nodes are healed: any of them, or a bare quorum of those who decide on the
// configuration. The others stay cut off, stopped or gone, and what is left must do what it can: be of one mind, decide if it is a
// quorum, serve its own slots if the settings let it, and answer or refuse everything.
var core = clusterScenario("core", "a swarm run at whose end only a random part of the nodes is healed, or a bare quorum",
	defaults{duration: 30 * time.Second},
	func(s *story) {
		drawSwarm(s, 0)
		healed := s.anyCore()
		if s.random.Chance(500_000) {
			healed = s.quorum()
		}
		last := s.options.Duration - time.Millisecond
		for i, node := range s.config.NodeNames() {
			if slices.Contains(healed, node) {
				continue
			}
			s.config.Nodes[i].Unhealed = true
			s.fault(sim.Fault{At: last, Kind: []sim.FaultKind{
				sim.FaultPartition, sim.FaultPartitionOneWay, sim.FaultClog, sim.FaultPause,
			}[s.random.IntN(4)], Hosts: []string{node}})
		}
	})

// anyCore draws some of the nodes, the first of them always.
func (s *story) anyCore() []string {
	return slices.DeleteFunc(s.config.NodeNames(), func(node string) bool {
		return node != s.config.NodeNames()[0] && s.random.Chance(400_000)
	})
}

// quorum draws as few of the voters as can decide.
func (s *story) quorum() []string {
	voters, err := s.config.Voters()
	if err != nil {
		s.mistake = err
		return s.config.NodeNames()
	}
	return s.some(voters, len(voters)/2+1, len(voters)/2+1)
}
