package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
)

// pause stops nodes for a while, as a garbage collector, a debugger or a hypervisor does. What was sent to them waits, and
// they go on as if no time had passed, with clocks that are far ahead of what they did last.
var pause = clusterScenario("pause", "nodes and clients stop for a while and go on as if nothing had been",
	defaults{nodes: 6, clients: 8, duration: 2 * time.Minute},
	func(s *story) {
		nodes, clients := s.config.NodeNames(), s.config.ClientNames()
		s.repeat(4*time.Second, func(at time.Duration) {
			f := sim.Fault{At: at, Kind: sim.FaultPause, Hosts: s.some(nodes, 1, 2), For: s.random.Duration(10*time.Millisecond, 2*time.Second)}
			if s.random.Chance(200_000) {
				f.For = s.random.Duration(2*time.Second, 40*time.Second)
			}
			if s.random.Chance(200_000) {
				f.Hosts = s.some(clients, 1, 2)
			}
			s.fault(f)
		})
	}).demanding(marks.PauseForgiven, marks.SuspicionStarted)
