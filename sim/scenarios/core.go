package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/sim"
)

// core is a swarm run at whose end only some of the nodes are healed. The others stay cut off, stopped or gone, and what is left
// must do what it can: be of one mind, serve its own slots if the settings let it, and answer or refuse everything.
var core = clusterScenario("core", "a swarm run at whose end only a random part of the nodes is healed",
	defaults{duration: 30 * time.Second},
	func(s *story) {
		drawSwarm(s, 0)
		nodes := s.config.NodeNames()
		last := s.options.Duration - time.Millisecond
		for i := range s.config.Nodes {
			if i == 0 || !s.random.Chance(400_000) {
				continue
			}
			s.config.Nodes[i].Unhealed = true
			s.fault(sim.Fault{At: last, Kind: []sim.FaultKind{
				sim.FaultPartition, sim.FaultPartitionOneWay, sim.FaultClog, sim.FaultPause,
			}[s.random.IntN(4)], Hosts: nodes[i : i+1]})
		}
	})
