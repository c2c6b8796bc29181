package cluster

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// Cluster is one simulated cluster with its clients.
type Cluster struct {
	Config Config
	World  *sim.World
	plan   sim.Plan
	state  *topology.State // that all nodes start from
	slots  *slotCache      // what state says of them, once a client has asked
	ids    []wire.NodeID   // by index of the node
	hosts  []*sim.Host     // of the nodes
	nodes  []*driver       // the latest life of each
	// refusals say why the latest start of each node came to nothing, if it did.
	refusals []error
	// spoken are the boot numbers under which nodes have spoken last, by index.
	spoken []uint64
	// partial says that a core is healed, and the rest of the world is not.
	partial bool
	// expected is what was expected last.
	expected *expectation
	clients  []*client
	// operators give commands about the cluster. Granted are the slots that nodes were given so, apart the nodes that were told to
	// leave; both by index of the node.
	operators []*operator
	granted   []slots.Set
	apart     []bool
	// abandoned are the nodes about which an operator has given up an order to meet, and new ones that nobody has meet another.
	abandoned []bool
	// addresses are the client ports of all nodes.
	addresses []transport.Address
	// members are the client ports of those that are not new, whom clients know from the start.
	members []transport.Address
	history *History
	marks   marks.Set // of all nodes
	claims  []claim
	agreements
	// incarnations are the highest that each node has had.
	incarnations []uint64
	// named counts the nodes whose ids have become known at their first start.
	named int
	// strikes are when a fault first hits each node's disk that destroys what is durable.
	strikes []time.Duration
	steps   uint64
}

// nodeAddress returns the address of a node's host.
func nodeAddress(number int) netip.Addr {
	if number < 256 {
		return netip.AddrFrom4([4]byte{10, 0, 0, byte(number)})
	}
	return netip.AddrFrom4([4]byte{10, 1, byte(number / 256), byte(number)})
}

// BusBytes returns how many bytes each node has sent to others and received from them, by index.
func (c *Cluster) BusBytes() []int64 {
	bytes := make([]int64, len(c.nodes))
	for i, d := range c.nodes {
		if d != nil {
			bytes[i] = d.busBytes
		}
	}
	return bytes
}

// Outdated returns whether a node has a configuration of a lower version in force, or none. It looks from the node on that it found last,
// whose index is to be kept between calls about one version: versions only rise.
func (c *Cluster) Outdated(version uint64, from *int) bool {
	for ; *from < len(c.nodes); *from++ {
		if d := c.nodes[*from]; d == nil || d.node == nil || d.node.State().Version < version {
			return true
		}
	}
	return false
}

// HighestVersion returns the highest version of the configuration that a node has in force.
func (c *Cluster) HighestVersion() uint64 {
	highest := uint64(0)
	for _, d := range c.nodes {
		if d != nil && d.node != nil {
			highest = max(highest, d.node.State().Version)
		}
	}
	return highest
}

// New builds a cluster in a world of its own and schedules the plan. The error is a mistake in the configuration or the plan.
func New(config Config, plan sim.Plan) (*Cluster, error) {
	config.number()
	if err := config.validate(); err != nil {
		return nil, err
	}
	if err := validatePlan(plan); err != nil {
		return nil, err
	}
	c := &Cluster{Config: config, plan: plan, history: newHistory(len(plan.Inputs)), agreements: newAgreements()}
	c.World = sim.New(sim.Config{
		Seed: config.Seed, Network: config.Network, Window: -1,
		Trace: config.Trace, Observe: config.Observe, Journal: config.Journal, Until: config.Until,
	})
	c.nodes = make([]*driver, len(config.Nodes))
	c.refusals = make([]error, len(config.Nodes))
	c.claims = make([]claim, len(config.Nodes))
	c.spoken = make([]uint64, len(config.Nodes))
	c.incarnations = make([]uint64, len(config.Nodes))
	c.clients = make([]*client, len(config.Clients))
	c.operators = make([]*operator, config.Operators)
	c.granted, c.apart = make([]slots.Set, len(config.Nodes)), make([]bool, len(config.Nodes))
	c.abandoned = make([]bool, len(config.Nodes))
	for i, node := range config.Nodes {
		host := c.World.AddHost(nodeName(node.Number), c.bootNode(i), sim.HostOptions{
			RestartDelay: restartDelay,
			Address:      nodeAddress(node.Number),
			ClockOffset:  node.ClockOffset, ClockDrift: node.ClockDrift, WallOffset: node.WallOffset, DiskLatency: node.DiskLatency,
		})
		c.hosts = append(c.hosts, host)
		c.addresses = append(c.addresses, netip.AddrPortFrom(host.Address(), ClientPort))
		if !node.Empty {
			c.members = append(c.members, c.addresses[i])
		}
	}
	c.strikes = c.firstStrikes()
	for i, client := range config.Clients {
		c.World.AddHost(clientName(client.Number), c.bootClient(i), sim.HostOptions{
			Address: netip.AddrFrom4([4]byte{10, 0, 1 + 8*byte(client.Number/256), byte(client.Number)}),
		})
	}
	for i, name := range config.OperatorNames() {
		c.World.AddHost(name, c.bootOperator(i), sim.HostOptions{Address: netip.AddrFrom4([4]byte{10, 0, 2, byte(i + 1)})})
	}
	if err := c.layOut(); err != nil {
		return nil, err
	}
	for i, host := range c.hosts {
		if config.Nodes[i].Empty {
			c.abandoned[i] = !c.invited(i)
			continue
		}
		if err := c.format(i, host); err != nil {
			return nil, err
		}
	}
	if err := c.World.Load(plan); err != nil {
		return nil, err
	}
	return c, nil
}

// Plan returns what was decided about the run before it began.
func (c *Cluster) Plan() sim.Plan { return c.plan }
