package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// swarm draws everything from the seed: the size of the cluster, its settings, clocks and disks, which kinds of faults there
// are and how often they strike, and what clients ask for. Each seed switches much of it off, so that what is rare beside
// everything else has its chance (Groce et al., "Swarm testing", ISSTA 2012).
var swarm = clusterScenario("swarm", "draws its own mix of cluster, faults and operations from the seed",
	defaults{duration: 60 * time.Second},
	func(s *story) {
		s.operated = true
		drawSwarm(s, 0)
	})

// drawSwarm draws everything. The number of clients is drawn too if it is 0.
func drawSwarm(s *story, clients int) {
	s.drawSettings()
	s.drawNodes()
	s.drawClients(clients)
	s.workload = cluster.DrawWorkload(random.Derive(s.options.Seed, "workload"))
	s.drawBursts()
	if source := random.Derive(s.options.Seed, "expiry"); source.Chance(400_000) {
		s.config.ExpiryInterval = source.Duration(100*time.Millisecond, 5*time.Second)
	}
	if s.operated && s.random.Chance(350_000) {
		s.drawOperators()
	}
	s.drawFaults(swarmFaults, sim.FaultTargets{
		Hosts: append(s.config.NodeNames(), s.config.ClientNames()...),
		From:  time.Second,
		Until: s.options.Duration,
		Allow: func(f sim.Fault, _ []sim.Fault) bool { return s.config.Bears(f) },
	})
}

// swarmFaults are the kinds of faults that a cluster must bear which keeps its keys in memory only.
var swarmFaults = sim.DefaultFaultMix()

// drawSettings draws what all nodes and links have in common.
func (s *story) drawSettings() {
	config, source := &s.config, random.Derive(s.options.Seed, "settings")
	config.FullCoverage = source.Chance(500_000)
	config.AllowReadsWhenDown = source.Chance(300_000)
	if source.Chance(300_000) {
		config.ReplyBurst = 1 + source.IntN(200)
	}
	if source.Chance(300_000) {
		config.QueryBuffer = 4_000 + source.IntN(12_000)
	}
	if source.Chance(300_000) { // streams are closed while the peer still uses them
		config.StreamIdle = source.Duration(100*time.Millisecond, 5*time.Second)
	}
	if source.Chance(500_000) { // many small files
		config.LogSegment = source.Between(1, 8_000)
	}
	s.drawUpgrade(source)
	config.Network.Latency = source.Duration(20*time.Microsecond, 2*time.Millisecond)
	config.Network.Jitter = source.Duration(0, 2*time.Millisecond)
	if source.Chance(500_000) { // impatient failure detection raises more suspicions, most of them false
		config.Gossip.ProbeInterval = source.Duration(200*time.Millisecond, time.Second)
		config.Gossip.ProbeTimeout = config.Gossip.ProbeInterval / 2
		config.Gossip.Alpha = 2 + source.IntN(4)
		config.Gossip.Beta = 1 + source.IntN(6)
	}
	if source.Chance(200_000) {
		config.Gossip.LHAProbe, config.Gossip.LHASuspicion, config.Gossip.Buddy = false, false, false
	}
	if source.Chance(200_000) { // rumours that do not fit into a datagram have to wait for the next
		config.Gossip.MaxPayload = 150 + source.IntN(100)
	}
}

// drawUpgrade draws what upgrades of nodes change.
func (s *story) drawUpgrade(source *random.Stream) {
	upgrade := &s.config.Upgrade
	if source.Chance(500_000) {
		upgrade.ReplyBurst = 1 + source.IntN(2000)
	}
	if source.Chance(500_000) {
		upgrade.QueryBuffer = 4_000 + source.IntN(12_000)
	}
	if source.Chance(500_000) {
		upgrade.StreamIdle = source.Duration(100*time.Millisecond, 20*time.Second)
	}
	if source.Chance(500_000) {
		upgrade.LogSegment = source.Between(1, 8_000)
	}
	if source.Chance(500_000) {
		upgrade.ProbeInterval = source.Duration(200*time.Millisecond, 2*time.Second)
	}
	if source.Chance(500_000) {
		upgrade.MaxPayload = 150 + source.IntN(1000)
	}
}

// drawNodes draws the nodes, their clocks and disks, and who owns how many slots.
func (s *story) drawNodes() {
	source := random.Derive(s.options.Seed, "nodes")
	nodes := s.options.Nodes
	if nodes == 0 {
		nodes = 3 + source.IntN(6)
	}
	s.config.Nodes = nil
	for i := range nodes {
		node := cluster.NodeConfig{
			ClockOffset: source.Duration(0, time.Hour),
			ClockDrift:  source.Between(-200, 200),
			WallOffset:  source.Duration(-20*time.Millisecond, 20*time.Millisecond),
			DiskLatency: source.Duration(50*time.Microsecond, 5*time.Millisecond),
		}
		if i == 0 || source.Chance(700_000) {
			node.Share = 1 + source.IntN(4)
		}
		if source.Chance(100_000) { // what a node hears while its boot record is on its way has to wait
			node.DiskLatency = source.Duration(50*time.Millisecond, 500*time.Millisecond)
		}
		s.config.Nodes = append(s.config.Nodes, node)
	}
}

// drawClients draws the clients: what they believe of the slots, and whether they pipeline.
func (s *story) drawClients(count int) {
	source := random.Derive(s.options.Seed, "clients")
	if count == 0 {
		count = 2 + source.IntN(9)
	}
	starts := []cluster.CacheStart{cluster.CacheEmpty, cluster.CacheRight, cluster.CacheWrong}
	s.config.Clients = nil
	for range count {
		client := cluster.ClientConfig{Depth: 1, Cache: starts[source.IntN(len(starts))]}
		if source.Chance(300_000) {
			client.Depth = 2 + source.IntN(15)
		}
		s.config.Clients = append(s.config.Clients, client)
	}
}

// drawBursts draws whether clients want much at one instant, so that nodes get many commands at once: what fills a window, what does not
// fit into one, and what a command leaves for those behind it.
func (s *story) drawBursts() {
	source := random.Derive(s.options.Seed, "bursts")
	if source.Chance(500_000) {
		return
	}
	sizes := []int{4, 16, 100}
	s.workload.Burst = 2 + source.IntN(sizes[source.IntN(len(sizes))])
	for i := range s.config.Clients {
		if source.Chance(500_000) { // the others send one after the other
			s.config.Clients[i].Depth = 1 + s.workload.Burst
		}
	}
}
