package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
)

// upgrade has the nodes without slots upgraded one by one, and later back again, so that nodes of different settings live together
// for a while. Each starts anew with what its disk has.
var upgrade = clusterScenario("upgrade", "nodes are upgraded to other settings and back, one after the other",
	defaults{nodes: 7, clients: 4, duration: 2 * time.Minute},
	func(s *story) {
		s.spare(5)
		s.drawUpgrade(random.Derive(s.options.Seed, "settings"))
		at := s.random.Duration(time.Second, 10*time.Second)
		for release := int64(1); at < s.options.Duration; release++ {
			for _, node := range s.config.Spares() {
				f := sim.Fault{At: at, Kind: sim.FaultUpgrade, Hosts: []string{node}, Amount: release}
				f.For = s.random.Duration(10*time.Millisecond, 3*time.Second)
				s.fault(f)
				at += s.random.Duration(100*time.Millisecond, 10*time.Second)
			}
		}
	}).demanding(marks.RebootFromRecord)
