package cluster

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
)

// claim is which slots a node says that it serves, and by which version of the configuration.
type claim struct {
	by    *driver
	state *topology.State
	// joining says that it serves nothing for now.
	joining bool
	owned   slots.Set
	// ranges are those of owned.
	ranges []slots.Range
}

// fullCheckInterval is the number of steps of nodes between two checks that walk over a node's whole state.
const fullCheckInterval = 256

// stepped checks the invariants that a step of a node can break.
func (c *Cluster) stepped(d *driver) {
	if c.Config.Unchecked {
		return
	}
	c.steps++
	turned := c.claims[d.index].joining != d.node.Joining() // what a node may do from one step to the next
	if err := c.checkClaims(d); err != nil {
		c.World.Fail(sim.Violation, "one server per slot", err.Error())
		return
	}
	if check, err := c.agreements.check(d, c.nodes); err != nil {
		c.World.Fail(sim.Violation, check, err.Error())
		return
	}
	if err := d.checkInForce(); err != nil {
		c.World.Fail(sim.Violation, "durable configuration", err.Error())
		return
	}
	if turned || c.steps%fullCheckInterval == 0 {
		if err := d.node.Check(); err != nil {
			c.World.Fail(sim.Violation, "node state", fmt.Sprintf("%s: %v", d.host.Name(), err))
		}
	}
}

// checkClaims checks that at every instant at most one node serves a slot. It looks only if the node's configuration has changed.
func (c *Cluster) checkClaims(d *driver) error {
	mine := &c.claims[d.index]
	if mine.by == d && mine.state == d.node.State() && mine.joining == d.node.Joining() {
		return nil
	}
	owned := d.node.Owned()
	if d.node.Joining() {
		owned = slots.Set{}
	}
	*mine = claim{by: d, state: d.node.State(), joining: d.node.Joining(), owned: owned, ranges: owned.Ranges()}
	for i := range c.claims {
		other := &c.claims[i]
		if i == d.index || other.by == nil || !other.by.host.Up() || !c.rivals(mine.state, other.state) {
			continue
		}
		if other.owned.Overlaps(mine.owned) {
			both := other.owned.Intersect(mine.owned)
			return fmt.Errorf("%s and %s both serve the slots %v", d.host.Name(), other.by.host.Name(), both)
		}
	}
	if !c.reconfigures() {
		d.noteSlots()
	}
	return nil
}

// rivals reports whether two configurations must not give one slot to two nodes. Those of different clusters may. So may different
// versions in a run in which somebody takes slots from one node and gives them to another: he who takes them is told before all know it.
func (c *Cluster) rivals(a, b *topology.State) bool {
	return a.Cluster == b.Cluster && (!c.reconfigures() || a.Version == b.Version)
}

// noteSlots counts how often it has changed who serves which slot, as far as the node knows.
func (d *driver) noteSlots() {
	before, now := d.noted, d.node.State()
	d.noted = now
	if before != nil && servedAlike(before, now) {
		return
	}
	fresh := slotsOf(now)
	if d.slots == nil {
		d.configurations++
	} else if _, differ := fresh.difference(d.slots); differ {
		d.configurations++
	}
	d.slots = fresh
}

// servedAlike reports whether two configurations agree on all that slotsOf goes by, so that it would find no difference.
func servedAlike(a, b *topology.State) bool {
	return a.SameOwners(b) &&
		slices.EqualFunc(a.Shards(), b.Shards(), func(a, b topology.Shard) bool { return a.Primary == b.Primary }) &&
		slices.EqualFunc(a.Nodes(), b.Nodes(), func(a, b topology.Node) bool {
			return a.ID == b.ID && a.Host == b.Host && a.ClientPort == b.ClientPort
		})
}

// checkEnd checks what must hold when everything has come to rest, and names the check that fails.
func (c *Cluster) checkEnd(e evidence) (check string, err error) {
	if check, err := c.history.checkAttempts(); err != nil {
		return check, err
	}
	if missing := linearizability.Unlogged(e.operations, e.applied); len(missing) > 0 {
		return "complete log", fmt.Errorf("acknowledged, and yet no node reports an effect:\n%s", linearizability.List(missing))
	}
	for _, d := range c.nodes {
		if d == nil || d.node == nil {
			continue // it never came up
		}
		if err := d.node.Check(); err != nil {
			return "node state", fmt.Errorf("%s: %w", d.host.Name(), err)
		}
		if err := d.ledger.check(d.node.Space()); err != nil {
			return "ledger", fmt.Errorf("%s: %w", d.host.Name(), err)
		}
	}
	if err := c.checkScans(); err != nil {
		return "scan", err
	}
	if err := c.checkUnderstood(); err != nil {
		return "understanding", err
	}
	if err := c.checkAccuracy(); err != nil {
		return "accuracy", err
	}
	if err := c.checkGranted(); err != nil {
		return "granted slots", err
	}
	return "agreement", c.checkAgreement()
}

// checkAgreement checks that all nodes that have come to rest ended with the same configuration.
func (c *Cluster) checkAgreement() error {
	e := c.expect()
	var first *driver
	for i, d := range c.nodes {
		switch {
		case !e.together[i]:
		case first == nil:
			first = d
		case string(first.node.State().Append(nil)) != string(d.node.State().Append(nil)):
			return fmt.Errorf("%s and %s ended with different configurations", first.host.Name(), d.host.Name())
		}
	}
	return nil
}
