package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// bootstrap forms a cluster of empty nodes by the commands of `redis-cli --cluster create`, in its order: slots for each node, an epoch
// for each, then each but the first is told to meet the first. Other operators, in some runs, tell the first and
// another node to meet, in whatever direction, meanwhile. Nodes crash, pause and are cut off. In the end all must be one cluster, each with the slots that it was given.
var bootstrap = clusterScenario("bootstrap", "empty nodes become a cluster as redis-cli --cluster create does it, with crashes and meetings crosswise",
	defaults{nodes: 0, clients: 0, duration: 30 * time.Second},
	func(s *story) {
		nodes := s.options.Nodes
		if nodes == 0 {
			nodes = 3 + s.random.IntN(5)
		}
		s.emptyNodes(nodes)
		s.config.Operators = 1 + s.random.IntN(3)
		s.create(time.Duration(s.random.IntN(3000)) * time.Millisecond)
		for operator := 2; operator <= s.config.Operators; operator++ {
			s.repeat(4*time.Second, func(at time.Duration) {
				a, b := 1, 2+s.random.IntN(nodes-1) // any others could become two clusters of several nodes, which stay two
				if s.random.Chance(500_000) {
					a, b = b, a
				}
				s.order(at, operator, a, "CLUSTER", "MEET", fmt.Sprintf("@node-%d", b), fmt.Sprint(cluster.ClientPort))
			})
		}
		s.drawFaults(configurationFaults, sim.FaultTargets{
			Hosts: s.config.NodeNames(), From: 0, Until: s.options.Duration,
		})
	})

// configurationFaults are kinds of faults that what is decided about a configuration must bear.
var configurationFaults = sim.FaultMix{
	{Kind: sim.FaultCrash, On: 500_000, Every: 5 * time.Second, Shortest: time.Millisecond, Longest: 5 * time.Second},
	{Kind: sim.FaultKill, On: 500_000, Every: 5 * time.Second, Shortest: time.Millisecond, Longest: time.Second},
	{Kind: sim.FaultPause, On: 300_000, Every: 8 * time.Second, Shortest: 100 * time.Millisecond, Longest: 8 * time.Second},
	{Kind: sim.FaultPartition, On: 300_000, Every: 8 * time.Second, Shortest: 100 * time.Millisecond, Longest: 8 * time.Second},
	{Kind: sim.FaultPartitionOneWay, On: 200_000, Every: 8 * time.Second, Shortest: 100 * time.Millisecond, Longest: 8 * time.Second},
	{Kind: sim.FaultDiskSlow, On: 300_000, Every: 5 * time.Second, Shortest: time.Second, Longest: 5 * time.Second, Least: 2, Most: 200},
}

// emptyNodes makes all nodes new ones.
func (s *story) emptyNodes(count int) {
	s.config.Nodes = nil
	for range count {
		s.config.Nodes = append(s.config.Nodes, cluster.NodeConfig{
			Empty: true, DiskLatency: s.random.Duration(50*time.Microsecond, 5*time.Millisecond),
		})
	}
}

// order has an operator give a node a command.
func (s *story) order(at time.Duration, operator, node int, words ...string) {
	s.orderTo(at, operator, fmt.Sprintf("node-%d", node), words...)
}

// orderTo has an operator give a command to a node that has a name, or is the owner of a slot.
func (s *story) orderTo(at time.Duration, operator int, host string, words ...string) {
	s.plan.Inputs = append(s.plan.Inputs, sim.Input{At: at, Host: fmt.Sprintf("operator-%d", operator), Args: append([]string{host}, words...)})
}

// create has the first operator do what `redis-cli --cluster create` does with all nodes.
func (s *story) create(at time.Duration) {
	nodes := len(s.config.Nodes)
	for i := range nodes {
		s.order(at, 1, i+1, "CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(i*slots.Count/nodes), fmt.Sprint((i+1)*slots.Count/nodes-1))
	}
	for i := range nodes {
		s.order(at, 1, i+1, "CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
	}
	for i := 1; i < nodes; i++ {
		s.order(at, 1, i+1, "CLUSTER", "MEET", "@node-1", fmt.Sprint(cluster.ClientPort))
	}
}
