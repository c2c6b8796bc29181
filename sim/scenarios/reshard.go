package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// reshard has operators move slots by the commands of `redis-cli --cluster reshard`, in its order, while clients use some of them. Keys
// cannot be moved yet: a slot whose source holds some is refused to the target, and is closed again as `redis-cli --cluster fix` does
// it, unless the target has got keys meanwhile. Then it stays open until clients have deleted them.
var reshard = clusterScenario("reshard", "operators move slots with and without keys, with crashes and partitions in between, while clients use them",
	defaults{nodes: 6, clients: 5, duration: time.Minute},
	func(s *story) {
		s.config.FullCoverage = false
		s.spare(2)
		s.config.Operators = 2
		s.drawReshards(s.random, time.Second)
		s.drawFaults(configurationFaults, sim.FaultTargets{
			Hosts: s.config.NodeNames(), From: time.Second, Until: s.options.Duration,
			Allow: func(f sim.Fault, _ []sim.Fault) bool { return s.config.Bears(f) },
		})
	}).demanding(marks.Asked, marks.ServedAsking, marks.SplitCommand)

// drawReshards has all operators move slots all the time, with a mean pause between two. The workload must be drawn.
func (s *story) drawReshards(source *random.Stream, pause time.Duration) {
	single, shared := s.workload.Slots()
	used := slices.Concat(single, shared)
	var holders, all []int // nodes whose memory lasts, and all that are members from the start
	for i, node := range s.config.Nodes {
		if node.Share > 0 {
			holders = append(holders, i+1)
		}
		if !node.Empty {
			all = append(all, i+1)
		}
	}
	for operator := 1; operator <= s.config.Operators; operator++ {
		for at := source.Exponential(pause); at < s.options.Duration; at += source.Exponential(pause) {
			slot, targets := single[source.IntN(len(single))], holders
			switch source.IntN(3) {
			case 0:
				slot = shared[source.IntN(len(shared))]
			case 1: // one without keys, which may go to a node that crashes
				if slot = slots.Slot(source.IntN(slots.Count)); !slices.Contains(used, slot) {
					targets = all
				}
			}
			s.moveSlot(source, at, operator, slot, targets[source.IntN(len(targets))], all)
		}
	}
}

// moveSlot has an operator move a slot to a node.
func (s *story) moveSlot(source *random.Stream, at time.Duration, operator int, slot slots.Slot, target int, members []int) {
	number, owner, to := fmt.Sprint(slot), fmt.Sprintf("owner-%d", slot), fmt.Sprintf("#node-%d", target)
	s.order(at, operator, target, "CLUSTER", "SETSLOT", number, "IMPORTING", "#"+owner)
	s.orderTo(at, operator, owner, "CLUSTER", "SETSLOT", number, "MIGRATING", to)
	at += source.Exponential(time.Second)
	if source.Chance(700_000) {
		s.order(at, operator, target, "CLUSTER", "SETSLOT", number, "NODE", to)
		for _, node := range members {
			if node != target {
				s.order(at, operator, node, "CLUSTER", "SETSLOT", number, "NODE", to)
			}
		}
	}
	if source.Chance(900_000) {
		s.order(at, operator, target, "CLUSTER", "SETSLOT", number, "STABLE")
		s.orderTo(at, operator, owner, "CLUSTER", "SETSLOT", number, "STABLE")
	}
}
