package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// joinStorm lets many new nodes join a cluster at once, through whichever member: at their own or at the member's word. Clients go on
// meanwhile. All must be members in the end.
var joinStorm = clusterScenario("join-storm", "many new nodes join at once, through any member; some crash meanwhile",
	defaults{nodes: 12, clients: 3, duration: 30 * time.Second},
	func(s *story) {
		members := 3
		for i := members; i < len(s.config.Nodes); i++ {
			s.config.Nodes[i].Share, s.config.Nodes[i].Empty = 0, true
		}
		s.config.Operators = min(5, len(s.config.Nodes))
		for i := members; i < len(s.config.Nodes); i++ {
			member, at := 1+s.random.IntN(members), time.Second+s.random.Duration(0, 3*time.Second)
			told, met := i+1, member
			if s.random.Chance(300_000) { // the member is told, and invites the newcomer
				told, met = member, i+1
			}
			s.order(at, 1+i%s.config.Operators, told, "CLUSTER", "MEET", fmt.Sprintf("@node-%d", met), fmt.Sprint(cluster.ClientPort))
		}
		s.drawFaults(configurationFaults, sim.FaultTargets{
			Hosts: s.config.NodeNames(), From: time.Second, Until: s.options.Duration,
			Allow: func(f sim.Fault, _ []sim.Fault) bool { return s.config.Bears(f) },
		})
	})

// configRace has several operators want rival things of a configuration: the same slots for different nodes, epochs, nodes forgotten and
// taken in again.
var configRace = clusterScenario("config-race", "rival changes of the configuration at several nodes: slots, epochs, nodes forgotten and taken in again",
	defaults{nodes: 6, clients: 0, duration: 40 * time.Second},
	func(s *story) {
		s.config.FullCoverage = false
		for i := range s.config.Nodes {
			s.config.Nodes[i].Share = 0
		}
		s.config.Nodes[0].Share = 1
		s.config.Operators = 4
		nodes := len(s.config.Nodes)
		for operator := 1; operator <= s.config.Operators; operator++ {
			s.repeat(time.Second, func(at time.Duration) {
				node, slot := 1+s.random.IntN(nodes), fmt.Sprint(s.random.IntN(8))
				switch s.random.IntN(6) {
				case 0, 1:
					s.order(at, operator, node, "CLUSTER", "DELSLOTS", slot)
				case 2, 3:
					s.order(at, operator, node, "CLUSTER", "ADDSLOTS", slot)
				case 4:
					s.order(at, operator, node, "CLUSTER", "BUMPEPOCH")
				case 5:
					s.order(at, operator, node, "CLUSTER", "SETSLOT", slot, "STABLE")
				}
			})
		}
		// Some of them vote, and are new nodes once they are forgotten.
		s.repeat(6*time.Second, func(at time.Duration) {
			operator, node := 1+s.random.IntN(s.config.Operators), 2+s.random.IntN(nodes-1)
			s.order(at, operator, 1, "CLUSTER", "FORGET", fmt.Sprintf("#node-%d", node))
			s.order(at, operator, node, "CLUSTER", "MEET", "@node-1", fmt.Sprint(cluster.ClientPort))
		})
		s.drawFaults(configurationFaults, sim.FaultTargets{Hosts: s.config.NodeNames(), From: time.Second, Until: s.options.Duration})
	})

// leaderCrash stops voters again and again, among them whoever leads, while the configuration is changed.
var leaderCrash = clusterScenario("leader-crash", "voters crash and are killed all the time, whoever leads among them, while the configuration is changed",
	defaults{nodes: 5, clients: 0, duration: time.Minute},
	func(s *story) {
		s.changes(2, 500*time.Millisecond)
		nodes := s.config.NodeNames()
		s.repeat(3*time.Second, func(at time.Duration) {
			kind := sim.FaultCrash
			if s.random.Chance(300_000) {
				kind = sim.FaultKill
			}
			s.fault(sim.Fault{At: at, Kind: kind, Hosts: s.some(nodes, 1, 2), For: s.random.Duration(time.Millisecond, 6*time.Second)})
		})
	})

// quorumLoss stops most voters for a while. Meanwhile nothing can be decided, and nothing is lost: what was not decided then is settled
// when they are back.
var quorumLoss = clusterScenario("quorum-loss", "most voters are down or cut off for a while: nothing is decided, and nothing is lost",
	defaults{nodes: 5, clients: 4, duration: time.Minute},
	func(s *story) {
		s.config.FullCoverage = false
		s.changes(2, time.Second)
		nodes := s.config.NodeNames()
		for at := 5 * time.Second; at < s.options.Duration; at += 20 * time.Second {
			s.fault(sim.Fault{At: at, Kind: sim.FaultPartition, Hosts: s.some(nodes, 3, 3), For: 12 * time.Second})
			s.fault(sim.Fault{At: at + time.Second, Kind: sim.FaultPause, Hosts: s.some(nodes, 1, 2), For: 5 * time.Second})
		}
	})

// voterReplace loses voters for good, one after the other. Others must vote in their place, so that a quorum is left at the end.
var voterReplace = clusterScenario("voter-replace", "voters are lost for good, one after the other, and others vote in their place",
	defaults{nodes: 9, clients: 0, duration: 90 * time.Second},
	func(s *story) {
		s.config.FullCoverage = false
		s.config.VoterReplacement = 5 * time.Second
		s.changes(1, 2*time.Second)
		nodes := s.config.NodeNames()
		for i, name := range s.some(nodes[1:], 4, 4) {
			for j := range s.config.Nodes {
				if nodes[j] == name {
					s.config.Nodes[j].Unhealed = true
				}
			}
			s.fault(sim.Fault{At: time.Duration(5+20*i) * time.Second, Kind: sim.FaultPause, Hosts: []string{name}, For: time.Hour})
		}
	})

// changes has operators change the configuration at random nodes all the time.
func (s *story) changes(operators int, pause time.Duration) {
	s.config.Operators = operators
	for operator := 1; operator <= operators; operator++ {
		s.repeat(pause, func(at time.Duration) {
			s.order(at, operator, 1+s.random.IntN(len(s.config.Nodes)), "CLUSTER", "BUMPEPOCH")
		})
	}
}
