package cluster

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/storage"
)

// expectation is what must come about once the world, or a core of it, is healed. Whatever a run lacks is a stall, unless
// it can be shown here that it is beyond what the healed part can do by itself.
type expectation struct {
	// nodes says by index which of them must come to rest: up, alive to one another, of one configuration.
	nodes []bool
	// together says which of these must be one cluster. The others were told to leave it.
	together []bool
	// state is the configuration that the rest follows from.
	state *topology.State
	// serving says that the nodes must serve the slots that they own. Without it they must not serve any.
	serving bool
	// served are the slots whose owners must come to rest. Operations on others may fail.
	served slots.Set
}

// expect returns what must come about now. It is asked often, and changes only when a node is found to be lost.
func (c *Cluster) expect() *expectation {
	if c.expected == nil || !c.expected.holds(c) {
		c.expected = c.newExpectation()
	}
	return c.expected
}

func (e *expectation) holds(c *Cluster) bool {
	if e.state != c.reference() {
		return false
	}
	for i := range c.nodes {
		if e.together[i] && (c.apart[i] || c.leftOut(i, e.state)) {
			return false
		}
	}
	for i, expected := range e.nodes {
		if expected != (c.healed(i) && !c.lost(i)) {
			return false
		}
	}
	return true
}

func (c *Cluster) newExpectation() *expectation {
	e := &expectation{nodes: make([]bool, len(c.nodes)), together: make([]bool, len(c.nodes)), state: c.reference()}
	for i := range c.nodes {
		e.nodes[i] = c.healed(i) && !c.lost(i)
		e.together[i] = e.nodes[i] && !c.apart[i] && !c.leftOut(i, e.state)
		if e.together[i] && e.state != nil {
			shard, _ := e.state.ShardOf(c.ids[i])
			e.served = e.served.Union(e.state.SlotsOf(shard.ID))
		}
	}
	e.serving = e.served.Len() > 0
	if c.Config.FullCoverage {
		e.serving = e.served.Len() == slots.Count
	}
	return e
}

// leftOut reports whether a new node could not become a member, since its log has failed, or was never told to.
func (c *Cluster) leftOut(index int, state *topology.State) bool {
	if !c.Config.Nodes[index].Empty || state == nil {
		return false
	}
	_, member := state.Node(c.ids[index])
	return !member && (c.broken(index) || c.abandoned[index])
}

// reference returns the configuration by which it is judged what the nodes should come to: that of the start, where nobody changes it,
// else the newest of the largest cluster that there is.
func (c *Cluster) reference() *topology.State {
	if !c.reconfigures() {
		return c.state
	}
	best := c.state
	for i, d := range c.nodes {
		if d == nil || d.node == nil || !d.host.Up() || !c.healed(i) || c.apart[i] {
			continue
		}
		state := d.node.State()
		switch {
		case best == nil:
			best = state
		case state.Cluster == best.Cluster && state.Stamp().Newer(best.Stamp()):
			best = state
		case state.Cluster != best.Cluster && len(state.Nodes()) > len(best.Nodes()):
			best = state
		}
	}
	return best
}

// healed reports whether the end of the chaos heals a node.
func (c *Cluster) healed(index int) bool { return !c.Config.Nodes[index].Unhealed }

// lost reports whether a node is gone for good: its disk was made to lose what it had promised to keep, and now the node refuses
// it by name, or has begun a new life under another identity.
func (c *Cluster) lost(index int) bool {
	d := c.nodes[index]
	refused := c.refusals[index] != nil && isDamage(c.refusals[index])
	reborn := d != nil && d.node != nil && d.host.Up() && d.node.ID() != c.ids[index]
	return (refused || reborn) && c.struck(index)
}

func isDamage(refusal error) bool {
	var damage *storage.DamageError
	return errors.As(refusal, &damage)
}

// struck reports whether a fault has hit a node's disk that destroys what is durable.
func (c *Cluster) struck(index int) bool { return c.strikes[index] <= c.World.Now() }

// firstStrikes returns when the plan first has such a fault hit each node's disk, sim.Never where it has none.
func (c *Cluster) firstStrikes() []time.Duration {
	first := make([]time.Duration, len(c.hosts))
	for i, h := range c.hosts {
		first[i] = sim.Never
		for _, f := range c.plan.Faults {
			if (f.Kind == sim.FaultWipe || f.Kind == sim.FaultDiskBitRot || f.Kind == sim.FaultDiskLyingSync) && slices.Contains(f.Hosts, h.Name()) {
				first[i] = min(first[i], f.At)
			}
		}
	}
	return first
}

// broken reports whether a fault of its disk has ended a node's log. Such a node serves on, and makes nothing durable until it
// starts anew: it has no vote.
func (c *Cluster) broken(index int) bool {
	d := c.nodes[index]
	return d != nil && d.logFailure != nil && slices.ContainsFunc(c.plan.Faults, func(f sim.Fault) bool {
		return f.At <= c.World.Now() && slices.Contains(f.Hosts, c.hosts[index].Name()) &&
			(f.Kind == sim.FaultDiskFull || f.Kind == sim.FaultDiskWriteError || f.Kind == sim.FaultDiskSyncError || f.Kind == sim.FaultDiskReadError)
	})
}

// heal ends the chaos: for the whole world, or for a core of nodes and all clients.
func (c *Cluster) heal() {
	core := append(c.Config.ClientNames(), c.Config.OperatorNames()...)
	for i, h := range c.hosts {
		if c.healed(i) {
			core = append(core, h.Name())
		}
	}
	if len(core) == len(c.World.Hosts()) {
		c.World.Heal()
		return
	}
	c.World.HealAmong(core...)
	c.partial = true
}

// answerable reports whether there is hope for an operation that begins now. Clients do not try what the healed part cannot answer, be
// it only a core: each such operation would take them many timeouts.
func (c *Cluster) answerable(t *task) bool {
	if t.keyed && c.adrift(t.slot) {
		return false
	}
	if !c.partial {
		return true
	}
	e := c.expect()
	return e.serving && (!t.keyed || e.served.Contains(t.slot))
}

// adrift reports whether the way of a slot stays open for good, with keys that nobody serves: its target takes none, and those who
// would have to decide on that have no quorum, as their logs have failed.
func (c *Cluster) adrift(slot slots.Slot) bool {
	if c.World.Now() < c.Config.Chaos {
		return false
	}
	e := c.expect()
	if e.state == nil {
		return false
	}
	mark, marked := e.state.MarkOf(slot)
	if !marked || c.decisive(e) {
		return false
	}
	shard, _ := e.state.Shard(mark.Target)
	target := slices.Index(c.ids, shard.Primary)
	return target >= 0 && e.together[target] && c.nodes[target].node != nil && !c.nodes[target].node.Imports(slot)
}

// calm reports whether the world is healed and no operator has anything to change any more.
func (c *Cluster) calm() bool {
	return c.World.Now() >= c.Config.Chaos && !slices.ContainsFunc(c.operators, func(o *operator) bool { return o == nil || !o.idle() })
}

// complaint says what a node lacks of what is expected, or nothing.
func (c *Cluster) complaint(e *expectation, index int) string {
	d := c.nodes[index]
	switch {
	case !e.nodes[index]:
		return ""
	case d == nil || d.node == nil || !d.host.Up():
		return "is down"
	case d.host.Paused():
		return "is paused"
	case c.isForgotten(e, index):
		return "was forgotten and does not know it"
	case !e.together[index]:
		return ""
	case e.serving && !d.node.Serving():
		return "does not serve"
	}
	for i, id := range c.ids {
		if _, member := d.node.State().Node(id); e.together[i] && !member {
			return "is in a cluster without " + c.hosts[i].Name()
		}
		if e.together[i] && d.node.Health(id) != topology.Alive {
			return "believes " + fmt.Sprintf("%s %v", c.hosts[i].Name(), d.node.Health(id))
		}
	}
	return c.disagreement(e, d)
}

// isForgotten reports whether a node takes itself for a member of the cluster that has forgotten it: any member that it speaks to tells it.
func (c *Cluster) isForgotten(e *expectation, index int) bool {
	if e.state == nil || !c.apart[index] || c.broken(index) {
		return false
	}
	state := c.nodes[index].node.State()
	_, member := e.state.Node(c.ids[index])
	return !member && state.Cluster == e.state.Cluster && !state.Stamp().Newer(e.state.Stamp())
}

// disagreement says what the configuration lacks at a node that is well, or nothing. Where those who decide on it are not well, all that
// can be expected is that the nodes which are well have the same.
func (c *Cluster) disagreement(e *expectation, d *driver) string {
	for i, other := range c.nodes {
		if e.together[i] && other != nil && other.node != nil && other.node.State().Stamp() != d.node.State().Stamp() {
			return fmt.Sprintf("has version %d of the configuration, %s has %d", d.node.State().Version, other.host.Name(), other.node.State().Version)
		}
	}
	// A voter whose disk has lost what it had acknowledged is not caught up by its leader.
	if !d.node.Settled() && !c.struck(d.index) && !c.broken(d.index) && c.decisive(e) {
		return "has something to change about the configuration"
	}
	return ""
}

// decisive reports whether a quorum of those who decide on the configuration is well.
func (c *Cluster) decisive(e *expectation) bool {
	members := 0
	for i, d := range c.nodes {
		if !e.together[i] || d == nil || d.node == nil || d.node.Consensus().Role() == consensus.Observer {
			continue
		}
		members++
		well := func(voter topology.NodeID) bool {
			j := slices.Index(c.ids, voter)
			return j >= 0 && e.nodes[j] && !c.broken(j)
		}
		if !d.node.Consensus().Quorum(well) {
			return false
		}
	}
	return members > 0
}
