package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
)

// flapping makes nodes come and go faster than failure detection can settle: suspicions are raised and refuted all the
// time, nodes without slots crash and are back under a new boot number while rumours of their death still spread.
var flapping = clusterScenario("flapping", "nodes come and go: short silences, crashes of nodes without slots, restarts",
	defaults{nodes: 9, clients: 4, duration: 3 * time.Minute},
	func(s *story) {
		s.spare(len(s.config.Nodes) / 2)
		s.config.FullCoverage = s.random.Chance(500_000)
		nodes, spares := s.config.NodeNames(), s.config.Spares()
		s.repeat(5*time.Second, func(at time.Duration) {
			f := sim.Fault{At: at, Hosts: s.some(nodes, 1, 2)}
			switch s.random.IntN(3) {
			case 0:
				f.Kind, f.For = sim.FaultPartition, s.random.Duration(time.Second, 20*time.Second)
			case 1:
				f.Kind, f.For = sim.FaultPause, s.random.Duration(time.Second, 20*time.Second)
			case 2:
				f.Kind, f.For, f.Hosts = sim.FaultCrash, s.random.Duration(0, 40*time.Second), s.some(spares, 1, 2)
				f.For = max(f.For, time.Millisecond)
			}
			if len(f.Hosts) > 0 {
				s.fault(f)
			}
		})
	}).demanding(marks.RebootFromRecord, marks.SuspicionRefuted, marks.Refuted, marks.GossipToTheDead)
