package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport/netsim"
)

// Config is a cluster and how it is run. Together with a plan it decides a run, bit for bit, but for what is in Watch.
type Config struct {
	Watch
	Seed uint64
	// Nodes are the members of the cluster. The slots belong to those that have Share > 0.
	Nodes   []NodeConfig
	Clients []ClientConfig
	Gossip  gossip.Config
	// FullCoverage is cluster-require-full-coverage, AllowReadsWhenDown cluster-allow-reads-when-down, of all nodes.
	FullCoverage, AllowReadsWhenDown bool
	// ReplyBurst is core.Limits.ReplyBurst, in bytes; small values exercise the holding back of clients. 0: the default.
	ReplyBurst int
	// QueryBuffer is core.Limits.QueryBuffer, in bytes, and half of QueryBuffers; small values make clients overrun it. 0: the
	// defaults.
	QueryBuffer int
	// StreamIdle is core.Limits.StreamIdle. 0: the default.
	StreamIdle time.Duration
	// LogSegment is the size in bytes at which a node's log begins a new file. 0: the default of package storage.
	LogSegment int64
	// Upgrade is what other releases of a node do in another way.
	Upgrade Upgrade
	Network netsim.Profile
	// Operators is how many operators there are: hosts that give nodes commands about the cluster.
	Operators int
	// VoterReplacement is core.Options.VoterReplacement. 0: the default.
	VoterReplacement time.Duration
	// ExpiryInterval is core.Options.ExpiryInterval: with a long one, keys are there for a while though their time has passed. 0: the
	// default.
	ExpiryInterval time.Duration
	// Described says that the configuration knows all about its nodes from the start. Otherwise each has its first boot recorded. A
	// script does not tell it.
	Described bool
	// Chaos is the virtual time in which faults strike and operations begin.
	Chaos time.Duration
	// Settle is the virtual time within which a healed cluster must have answered everything and converged.
	Settle time.Duration
	// StepBudget bounds the linearizability check, in steps of the model. 0: its default.
	StepBudget int
}

// Watch is who looks at a run. Nothing of it influences what happens.
type Watch struct {
	// Trace takes a line per event, Observe is called with each, Journal takes the hash after each; see sim.Config.
	Trace   io.Writer
	Observe func(r *sim.Record)
	Journal *sim.Journal
	// Until is the number of the event after which the run stops without a judgement. 0: at its end.
	Until uint64
	// Unchecked leaves all checks out, so that it can be measured what they cost. What happens is the same, but for a run that
	// goes wrong.
	Unchecked bool
	// Progress is called about once per second of virtual time.
	Progress func(virtual time.Duration)
}

// NodeConfig is one node.
type NodeConfig struct {
	// Number is what the host's name, address and random streams follow from, so that they stay when other nodes are taken
	// away. From 1 to 200; 0: one more than the node before.
	Number int
	// Share is the node's part of the slots, relative to the shares of the others. A node with 0 owns none.
	Share int
	// Empty says that the node starts on an empty disk, as a cluster of its own.
	Empty bool
	// ClockOffset, ClockDrift and WallOffset are those of the host's clocks; see sim.HostOptions.
	ClockOffset time.Duration
	ClockDrift  int64
	WallOffset  time.Duration
	// DiskLatency is the least time of a sync.
	DiskLatency time.Duration
	// Unhealed says that the end of the chaos leaves the node as it is, with the faults that it has and that are still to come.
	// The rest, a core, and the clients must do what they can without it.
	Unhealed bool
}

// ClientConfig is one client.
type ClientConfig struct {
	// Number is like that of a node.
	Number int
	// Depth is how many operations the client has under way at once.
	Depth int
	// Cache is what the client believes of the slots at its start.
	Cache CacheStart
}

// Names of the hosts, by number.
func nodeName(number int) string   { return "node-" + strconv.Itoa(number) }
func clientName(number int) string { return "client-" + strconv.Itoa(number) }

// cutNumber takes the name of a host apart: "node-3" is of the kind "node" and has the number 3. Of other names the kind
// is empty.
func cutNumber(name string) (kind string, number int) {
	kind, digits, _ := strings.Cut(name, "-")
	number, err := strconv.Atoi(digits)
	if err != nil || strconv.Itoa(number) != digits {
		return "", 0
	}
	return kind, number
}

// number numbers the hosts that have no number.
func (c *Config) number() {
	c.Nodes, c.Clients = slices.Clone(c.Nodes), slices.Clone(c.Clients)
	last := 0
	for i := range c.Nodes {
		c.Nodes[i].Number = cmp.Or(c.Nodes[i].Number, last+1)
		last = c.Nodes[i].Number
	}
	last = 0
	for i := range c.Clients {
		c.Clients[i].Number = cmp.Or(c.Clients[i].Number, last+1)
		last = c.Clients[i].Number
	}
}

// NodeNames returns the names of the nodes' hosts, for plans.
func (c *Config) NodeNames() []string {
	c.number()
	names := make([]string, len(c.Nodes))
	for i := range c.Nodes {
		names[i] = nodeName(c.Nodes[i].Number)
	}
	return names
}

// ClientNames returns the names of the clients' hosts, for plans.
func (c *Config) ClientNames() []string {
	c.number()
	names := make([]string, len(c.Clients))
	for i := range c.Clients {
		names[i] = clientName(c.Clients[i].Number)
	}
	return names
}

// OperatorNames returns the names of the operators' hosts, for plans.
func (c *Config) OperatorNames() []string {
	var names []string
	for number := 1; number <= c.Operators; number++ {
		names = append(names, operatorName(number))
	}
	return names
}

// Spares returns the names of the nodes that own no slot.
func (c *Config) Spares() []string {
	c.number()
	var spares []string
	for i := range c.Nodes {
		if c.Nodes[i].Share == 0 {
			spares = append(spares, nodeName(c.Nodes[i].Number))
		}
	}
	return spares
}

// DefaultConfig returns a cluster of so many nodes that share the slots equally, and so many clients without pipelines.
func DefaultConfig(seed uint64, nodes, clients int) Config {
	config := defaultConfig(seed)
	for range nodes {
		config.Nodes = append(config.Nodes, defaultNode())
	}
	for i := range clients {
		config.Clients = append(config.Clients, ClientConfig{Depth: 1, Cache: cacheStarts[i%len(cacheStarts)]})
	}
	return config
}

// defaultConfig has no hosts yet.
func defaultConfig(seed uint64) Config {
	return Config{
		Seed:         seed,
		Gossip:       gossip.DefaultConfig(),
		FullCoverage: true,
		Network:      netsim.DefaultProfile(),
		Chaos:        30 * time.Second,
		Settle:       2 * time.Minute,
	}
}

func defaultNode() NodeConfig { return NodeConfig{Share: 1, DiskLatency: 200 * time.Microsecond} }

// validate reports a caller's mistake.
func (c *Config) validate() error {
	shares, healed, empty := 0, 0, 0
	for _, node := range c.Nodes {
		if node.Empty {
			empty++
		}
		if node.Empty && node.Share > 0 {
			return errors.New("cluster: a node on an empty disk has no share of the slots")
		}
		if !node.Unhealed {
			healed++
		}
		if node.Share < 0 || node.DiskLatency < 0 || node.ClockOffset < 0 {
			return errors.New("cluster: a node's share of the slots, disk latency or clock offset cannot be negative")
		}
		if node.ClockDrift < -maxDrift || node.ClockDrift > maxDrift {
			return fmt.Errorf("cluster: a node's clock can drift by up to %d parts per million", maxDrift)
		}
		shares += node.Share
	}
	numbered := ascending(c.Nodes, func(n NodeConfig) int { return n.Number }) &&
		ascending(c.Clients, func(c ClientConfig) int { return c.Number })
	switch {
	case len(c.Nodes) == 0 || !numbered:
		return fmt.Errorf("cluster: a run has 1 to %d nodes and at most as many clients, in the order of their numbers", maxHosts)
	case healed == 0:
		return errors.New("cluster: no node is healed at the end")
	case c.Operators < 0 || c.Operators > maxHosts || c.VoterReplacement < 0:
		return errors.New("cluster: a number of operators or a time that cannot be")
	case shares == 0 && empty < len(c.Nodes):
		return errors.New("cluster: no node has a share of the slots")
	case c.ReplyBurst < 0 || c.QueryBuffer < 0 || c.StreamIdle < 0 || c.LogSegment < 0 || c.ExpiryInterval < 0:
		return errors.New("cluster: a limit of the nodes cannot be negative")
	case c.Chaos <= 0 || c.Settle <= 0:
		return errors.New("cluster: both phases of a run need some time")
	}
	for _, client := range c.Clients {
		if client.Depth < 1 {
			return errors.New("cluster: a client needs a depth of at least 1")
		}
	}
	for release := range 2 {
		gossip := c.ofRelease(release).Gossip
		if err := gossip.Validate(); err != nil {
			return err
		}
	}
	return c.Network.Check()
}

// validatePlan reports a caller's mistake in the plan, but for hosts that there are not.
func validatePlan(plan sim.Plan) error {
	for _, in := range plan.Inputs {
		if strings.HasPrefix(in.Host, "operator-") && len(in.Args) > 0 {
			if err := validateOrder(in.Args); err != nil {
				return fmt.Errorf("cluster: %q: %w", in, err)
			}
			continue
		}
		if !strings.HasPrefix(in.Host, "client-") || len(in.Args) == 0 {
			return fmt.Errorf("cluster: %q is no operation of a client", in)
		}
		if err := validateInstruction(in.Args); err != nil {
			return fmt.Errorf("cluster: %q: %w", in, err)
		}
	}
	return nil
}

const (
	// restartDelay is how soon a node starts again that has exited, as a service manager does.
	restartDelay = time.Second
	// maxHosts bounds the numbers of nodes and of clients.
	maxHosts = 1000
	// maxDrift bounds the drift of a node's clock, in parts per million. A world bounds it at five times as much.
	maxDrift = 100_000
)

// ascending reports whether the numbers are from 1 to maxHosts and in order.
func ascending[T any](hosts []T, number func(T) int) bool {
	last := 0
	for _, host := range hosts {
		if number(host) <= last || number(host) > maxHosts {
			return false
		}
		last = number(host)
	}
	return true
}

// nodeOptions are the options of one node, without its source of randomness.
func (c *Cluster) nodeOptions(index int) core.Options {
	options := core.DefaultOptions()
	options.Announce = core.Announce{
		Host: c.hosts[index].Address().String(), ClientPort: ClientPort, BusPort: BusPort,
	}
	options.Marks = &c.marks
	config := c.configOf(c.hosts[index])
	options.Gossip = config.Gossip
	options.RequireFullCoverage = config.FullCoverage
	options.AllowReadsWhenDown = config.AllowReadsWhenDown
	if c.Config.VoterReplacement > 0 {
		options.VoterReplacement = c.Config.VoterReplacement
	}
	if c.Config.ExpiryInterval > 0 {
		options.ExpiryInterval = c.Config.ExpiryInterval
	}
	if config.ReplyBurst > 0 {
		options.Limits.ReplyBurst = config.ReplyBurst
	}
	if config.QueryBuffer > 0 {
		options.Limits.QueryBuffer, options.Limits.QueryBuffers = config.QueryBuffer, 2*config.QueryBuffer
	}
	if config.StreamIdle > 0 {
		options.Limits.StreamIdle = config.StreamIdle
	}
	return options
}
