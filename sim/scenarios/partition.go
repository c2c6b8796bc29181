package scenarios

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
)

// partition cuts some hosts off from all others, both ways or one way, nodes and clients alike. Both sides go on serving
// what they own, and the cluster must be one again afterwards, however long the cut was.
var partition = clusterScenario("partition", "some hosts are cut off from the others, both ways or one way, briefly or for long",
	defaults{nodes: 8, clients: 8, duration: 2 * time.Minute},
	func(s *story) {
		s.config.FullCoverage = s.random.Chance(500_000)
		nodes, clients := s.config.NodeNames(), s.config.ClientNames()
		s.repeat(10*time.Second, func(at time.Duration) {
			f := sim.Fault{At: at, Kind: sim.FaultPartition, For: s.random.Duration(100*time.Millisecond, 40*time.Second)}
			if s.random.Chance(300_000) {
				f.Kind = sim.FaultPartitionOneWay
			}
			f.Hosts = append(s.some(nodes, 1, len(nodes)/2), s.some(clients, 0, len(clients)/2)...)
			if rest := without(nodes, f.Hosts); s.random.Chance(300_000) && len(rest) > 0 {
				f.Peers = rest[:1] // a partial partition: the others reach both sides
			}
			s.fault(f)
		})
		s.isolate(nodes)
	}).demanding(marks.SuspicionExpired, marks.RefutedDeath, marks.Reconnect, marks.ExchangeAfterReturn)

// isolate cuts off, in some runs, those who do not vote until all hold each other dead and have told all there is to tell: no voter
// tries to reach them then, so that only failure detection brings both sides together again.
func (s *story) isolate(nodes []string) {
	voters, err := s.config.Voters()
	if err != nil || len(voters) == len(nodes) || !s.random.Chance(300_000) {
		return
	}
	cut := sim.Fault{At: s.options.Duration / 3, Kind: sim.FaultPartition, Hosts: without(nodes, voters), For: s.options.Duration}
	s.plan.Faults = slices.DeleteFunc(s.plan.Faults, func(f sim.Fault) bool { return f.At+f.For > cut.At })
	s.fault(cut)
}

// without returns the elements of all that are not among others.
func without(all, others []string) []string {
	var rest []string
	for _, name := range all {
		found := false
		for _, other := range others {
			found = found || other == name
		}
		if !found {
			rest = append(rest, name)
		}
	}
	return rest
}
