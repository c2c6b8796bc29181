package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
)

// detour cuts the link between two nodes, and of no others at the time. Each hears of the other by way of the rest, so nobody may
// be suspected.
var detour = clusterScenario("detour", "the link between two nodes is cut, and others lead around it: nobody may be suspected",
	defaults{nodes: 5, clients: 4, duration: 2 * time.Minute},
	func(s *story) {
		nodes := s.config.NodeNames()
		for at := s.random.Exponential(2 * time.Second); at < s.options.Duration; at += s.random.Exponential(2 * time.Second) {
			f := sim.Fault{At: at, Kind: sim.FaultPartition, For: s.random.Duration(time.Second, 20*time.Second)}
			if pair := s.some(nodes, 2, 2); len(pair) == 2 {
				f.Hosts, f.Peers = pair[:1], pair[1:]
				s.fault(f)
			}
			at += f.For
		}
	}).demanding(marks.IndirectAck)
