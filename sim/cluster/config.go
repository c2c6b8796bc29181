package cluster

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport/netsim"
)

// Config is a cluster and how it is run. Together with a plan it decides a run, bit for bit.
type Config struct {
	Seed uint64
	// Nodes are the members of the cluster. The slots belong to those that have Share > 0.
	Nodes   []NodeConfig
	Clients []ClientConfig
	Gossip  gossip.Config
	// FullCoverage is cluster-require-full-coverage, AllowReadsWhenDown cluster-allow-reads-when-down, of all nodes.
	FullCoverage, AllowReadsWhenDown bool
	// ReplyBurst is core.Limits.ReplyBurst, in bytes; small values exercise the holding back of clients. 0: the default.
	ReplyBurst int
	Network    netsim.Profile
	// Chaos is the virtual time in which faults strike and operations begin.
	Chaos time.Duration
	// Settle is the virtual time within which a healed cluster must have answered everything and converged.
	Settle time.Duration
	// StepBudget bounds the linearizability check, in steps of the model. 0: its default.
	StepBudget int

	// Trace, Observe and Journal do not influence the run; see sim.Config. Neither does Progress, which is called about once
	// per second of virtual time.
	Trace    io.Writer
	Observe  func(r *sim.Record)
	Journal  *sim.Journal
	Progress func(virtual time.Duration)
}

// NodeConfig is one node.
type NodeConfig struct {
	// Share is the node's part of the slots, relative to the shares of the others. A node with 0 owns none.
	Share int
	// ClockOffset, ClockDrift and WallOffset are those of the host's clocks; see sim.HostOptions.
	ClockOffset time.Duration
	ClockDrift  int64
	WallOffset  time.Duration
	// DiskLatency is the least time of a sync.
	DiskLatency time.Duration
}

// ClientConfig is one client.
type ClientConfig struct {
	// Depth is how many operations the client has under way at once.
	Depth int
	// Cache is what the client believes of the slots at its start.
	Cache CacheStart
}

// Names of the hosts, from 1.
func nodeName(index int) string   { return fmt.Sprintf("node-%d", index+1) }
func clientName(index int) string { return fmt.Sprintf("client-%d", index+1) }

// NodeNames returns the names of the nodes' hosts, for plans.
func (c *Config) NodeNames() []string { return names(len(c.Nodes), nodeName) }

// ClientNames returns the names of the clients' hosts, for plans.
func (c *Config) ClientNames() []string { return names(len(c.Clients), clientName) }

func names(n int, name func(int) string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = name(i)
	}
	return all
}

// Spares returns the names of the nodes that own no slot.
func (c *Config) Spares() []string {
	var spares []string
	for i := range c.Nodes {
		if c.Nodes[i].Share == 0 {
			spares = append(spares, nodeName(i))
		}
	}
	return spares
}

// DefaultConfig returns a cluster of so many nodes that share the slots equally, and so many clients without pipelines.
func DefaultConfig(seed uint64, nodes, clients int) Config {
	config := Config{
		Seed:         seed,
		Gossip:       gossip.DefaultConfig(),
		FullCoverage: true,
		Network:      netsim.DefaultProfile(),
		Chaos:        30 * time.Second,
		Settle:       2 * time.Minute,
	}
	for range nodes {
		config.Nodes = append(config.Nodes, NodeConfig{Share: 1, DiskLatency: 200 * time.Microsecond})
	}
	for i := range clients {
		config.Clients = append(config.Clients, ClientConfig{Depth: 1, Cache: cacheStarts[i%len(cacheStarts)]})
	}
	return config
}

// validate reports a caller's mistake.
func (c *Config) validate() error {
	shares := 0
	for _, node := range c.Nodes {
		if node.Share < 0 {
			return errors.New("cluster: a node's share of the slots cannot be negative")
		}
		shares += node.Share
	}
	switch {
	case len(c.Nodes) == 0 || len(c.Nodes) > 200 || len(c.Clients) > 200:
		return errors.New("cluster: a run has 1 to 200 nodes and at most 200 clients")
	case shares == 0:
		return errors.New("cluster: no node has a share of the slots")
	case c.Chaos <= 0 || c.Settle <= 0:
		return errors.New("cluster: both phases of a run need some time")
	}
	for _, client := range c.Clients {
		if client.Depth < 1 {
			return errors.New("cluster: a client needs a depth of at least 1")
		}
	}
	return nil
}

// nodeOptions are the options of one node, without its source of randomness.
func (c *Cluster) nodeOptions(index int) core.Options {
	options := core.DefaultOptions()
	options.Announce = core.Announce{
		Host: c.hosts[index].Address().String(), ClientPort: ClientPort, BusPort: BusPort,
	}
	options.Gossip = c.Config.Gossip
	options.RequireFullCoverage = c.Config.FullCoverage
	options.AllowReadsWhenDown = c.Config.AllowReadsWhenDown
	if c.Config.ReplyBurst > 0 {
		options.Limits.ReplyBurst = c.Config.ReplyBurst
	}
	return options
}
