package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim/cluster"
)

// drawOperators adds new nodes, and operators who lead them to members and change this and that meanwhile: epochs, nodes that are taken
// out and in again; in some runs slots too.
func (s *story) drawOperators() {
	source := random.Derive(s.options.Seed, "operators")
	members := len(s.config.Nodes)
	for range source.IntN(4) {
		s.config.Nodes = append(s.config.Nodes, cluster.NodeConfig{
			Empty: true, DiskLatency: source.Duration(50*time.Microsecond, 5*time.Millisecond),
		})
	}
	if source.Chance(300_000) {
		s.config.VoterReplacement = source.Duration(2*time.Second, 20*time.Second)
	}
	s.config.Operators = 1 + source.IntN(2)
	from := min(time.Second, s.options.Duration/2)
	length := s.options.Duration - from
	for node := members + 1; node <= len(s.config.Nodes); node++ {
		at, told, met := from+source.Duration(0, length/2), node, 1+source.IntN(members)
		if source.Chance(300_000) { // the member is told, and invites the newcomer
			told, met = met, told
		}
		s.order(at, 1, told, "CLUSTER", "MEET", fmt.Sprintf("@node-%d", met), fmt.Sprint(cluster.ClientPort))
		if source.Chance(300_000) {
			s.order(at+source.Duration(0, length/2), 1, node, "CLUSTER", "RESET", "SOFT")
		}
		if source.Chance(300_000) {
			s.order(at+source.Duration(0, length/2), 1, 1+source.IntN(members), "CLUSTER", "FORGET", fmt.Sprintf("#node-%d", node))
		}
	}
	for operator := 1; operator <= s.config.Operators; operator++ {
		for at := from + source.Exponential(5*time.Second); at < s.options.Duration; at += source.Exponential(5 * time.Second) {
			s.order(at, operator, 1+source.IntN(members), "CLUSTER", "BUMPEPOCH")
		}
	}
	if reshards := random.Derive(s.options.Seed, "reshards"); reshards.Chance(500_000) {
		s.drawReshards(reshards, 4*time.Second)
	}
}
