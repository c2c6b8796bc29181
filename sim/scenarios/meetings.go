package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// meetings tells new nodes to meet in ways that cannot all come true. Three are told to join each other in a ring, at once. A fourth
// claims slots that one of them has too, and drops its claim. A fifth claims all slots and has a key: it may be refused until it has no
// key any more. In the end all are one cluster, and each slot that was claimed belongs to one who has claimed it.
var meetings = clusterScenario("meetings", "new nodes are told to join each other in a ring, and claim the same slots, with keys and without",
	defaults{nodes: 5, clients: 0, duration: 30 * time.Second},
	func(s *story) {
		s.options.Nodes = ring + 2
		s.emptyNodes(s.options.Nodes)
		s.config.Operators = ring
		s.config.FullCoverage = s.random.Chance(500_000)
		begin := time.Second + s.random.Duration(0, time.Second)
		for i := range ring {
			at := begin + s.random.Duration(0, 5*time.Millisecond)
			s.claim(at, i+1, i+1, i*slots.Count/ring, (i+1)*slots.Count/ring-1)
			s.meet(at, i+1, i+1, 1+(i+1)%ring)
		}
		// Who joins before two of the ring are together could make a second cluster, so these wait for what went before.
		pretender, keeper, then := ring+1, ring+2, begin+10*time.Millisecond
		s.claim(then, 1, pretender, 100, 200)
		s.meet(then, 1, pretender, 1)
		s.claim(then, 2, keeper, 0, slots.Count-1)
		s.order(then, 2, keeper, "SET", "claimed", "with a key")
		s.meet(then, 2, keeper, 2)
		s.order(then, 2, keeper, "FLUSHALL")
		s.meet(then, 2, keeper, 2)
		s.drawFaults(configurationFaults, sim.FaultTargets{
			Hosts: s.config.NodeNames(), From: 0, Until: s.options.Duration,
		})
	}).demanding(marks.RingBroken, marks.HostBusy, marks.JoinAborted)

// ring is how many nodes are told to meet in a ring. Of more, two pairs could become two clusters, which stay two.
const ring = 3

// claim has an operator give a node slots.
func (s *story) claim(at time.Duration, operator, node, first, last int) {
	s.order(at, operator, node, "CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(first), fmt.Sprint(last))
}

// meet has an operator tell a node to meet another one.
func (s *story) meet(at time.Duration, operator, node, other int) {
	s.order(at, operator, node, "CLUSTER", "MEET", fmt.Sprintf("@node-%d", other), fmt.Sprint(cluster.ClientPort))
}
