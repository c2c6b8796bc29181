package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
)

// lossy troubles the links and cuts none: packets are lost, late, doubled, reordered and damaged, for a while each,
// on links between some hosts and all others.
var lossy = clusterScenario("lossy", "links lose, delay, double, reorder and damage packets",
	defaults{nodes: 6, clients: 8, duration: 60 * time.Second},
	func(s *story) {
		hosts := append(s.config.NodeNames(), s.config.ClientNames()...)
		s.repeat(3*time.Second, func(at time.Duration) {
			f := sim.Fault{At: at, For: s.random.Duration(time.Second, 15*time.Second), Hosts: s.some(hosts, 1, len(hosts)/2)}
			switch s.random.IntN(5) {
			case 0:
				f.Kind, f.Amount = sim.FaultLoss, s.random.Between(1_000, 300_000)
			case 1:
				f.Kind, f.Amount = sim.FaultDelay, s.random.Between(int64(time.Millisecond), int64(400*time.Millisecond))
			case 2:
				f.Kind, f.Amount = sim.FaultDuplicate, s.random.Between(1_000, 300_000)
			case 3:
				f.Kind, f.Amount = sim.FaultReorder, s.random.Between(1_000, 300_000)
			case 4:
				f.Kind, f.Amount = sim.FaultCorrupt, s.random.Between(1_000, 100_000)
			}
			s.fault(f)
		})
	}).demanding(marks.DatagramDamaged, marks.IndirectProbe, marks.NackSent)
