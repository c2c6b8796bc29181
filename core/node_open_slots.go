package core

import (
	"bytes"
	"slices"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// openSlots are the slots that are on their way, key by key, from this node's shard or to it (CLUSTER SETSLOT). A key is served by
// one node at any time:
//
//	keys of the command     source                    target, behind ASKING       target otherwise
//	all are here            serves                    serves                      MOVED to the source
//	none is here            ASK the target            serves a single key, else   MOVED to the source
//	some are here           TRYAGAIN                  TRYAGAIN                    MOVED to the source
//
// So the source never gets another key of such a slot: once it holds none it stays like that.
type openSlots struct {
	// migrating are the slots that leave this node's shard, importing those that come to it. Both are empty on a replica.
	migrating, importing slots.Set
	// intents are the slots that this node's shard means to take. Invariant: sorted by slot, unique.
	intents []topology.Mark
	asked
	closing
	handover
}

// refreshOpenSlots follows a change of the configuration.
func (n *Node) refreshOpenSlots() {
	n.migrating, n.importing = slots.Set{}, slots.Set{}
	shard, ok := n.state.ShardOf(n.self)
	n.intents = slices.DeleteFunc(n.intents, func(intent topology.Mark) bool {
		owner, _ := n.state.Owner(intent.Slot)
		mark, marked := n.state.MarkOf(intent.Slot)
		return owner.ID == shard.ID || intent.Target != shard.ID || marked && mark.Target == shard.ID
	})
	n.view.Intents = n.intents
	defer n.refreshClosing()
	if !ok || shard.Primary != n.self {
		return
	}
	for _, mark := range n.state.Marks() {
		switch {
		case mark.Source == shard.ID:
			n.migrating.Add(mark.Slot)
		case mark.Target == shard.ID:
			n.importing.Add(mark.Slot)
		}
	}
}

// tellPartners makes those aware of a change at once who share a slot's way with this node, or have a slot from it. Voters hear of
// every change at once anyway.
func (n *Node) tellPartners(before *topology.State, migrating, importing, owned slots.Set) {
	var partners []wire.NodeID
	add := func(id topology.ShardID) {
		shard, ok := n.state.Shard(id)
		if ok && shard.Primary != n.self && !slices.Contains(partners, shard.Primary) && !slices.Contains(n.state.Voters(), shard.Primary) {
			partners = append(partners, shard.Primary)
		}
	}
	for _, state := range []*topology.State{before, n.state} {
		for _, mark := range state.Marks() {
			if migrating.Contains(mark.Slot) != n.migrating.Contains(mark.Slot) {
				add(mark.Target)
			}
			if importing.Contains(mark.Slot) != n.importing.Contains(mark.Slot) {
				add(mark.Source)
			}
		}
	}
	given := owned.Subtract(n.owned)
	for slot, ok := given.Next(0); ok; slot, ok = given.Next(slot + 1) {
		if owner, assigned := n.state.Owner(slot); assigned {
			add(owner.ID)
		}
	}
	for _, id := range partners {
		n.notice(id)
	}
}

// Imports reports whether this node takes keys of a slot behind ASKING. Until the configuration knows of this start of the node it
// does not: what the node said of the slot in an earlier start may still be on its way to a decision.
func (n *Node) Imports(slot slots.Slot) bool {
	self, _ := n.state.Node(n.self)
	return n.importing.Contains(slot) && n.closing.indexOf(slot) < 0 && self.Boot == n.boot
}

// serveMigrating decides what becomes of a command on a slot that leaves this node: nil if it is served here.
func (n *Node) serveMigrating(c *client, p *parsed) error {
	present, absent, _ := n.countKeys(c, p)
	switch {
	case absent == 0:
		return nil
	case present > 0:
		n.options.Marks.Hit(marks.SplitCommand)
		return redirect.TryAgain
	}
	n.options.Marks.Hit(marks.Asked)
	n.counters.Redirects++
	mark, _ := n.state.MarkOf(p.slot)
	shard, _ := n.state.Shard(mark.Target)
	target, _ := n.state.Node(shard.Primary)
	return redirect.Ask{Slot: uint16(p.slot), Endpoint: n.view.EndpointOf(&target), Port: n.portFor(c, &target)}
}

// serveImporting decides what becomes of a command, behind ASKING, on a slot that comes to this node: nil if it is served here.
func (n *Node) serveImporting(c *client, p *parsed) error {
	if _, absent, several := n.countKeys(c, p); several && absent > 0 {
		n.options.Marks.Hit(marks.SplitCommand)
		return redirect.TryAgain
	}
	n.options.Marks.Hit(marks.ServedAsking)
	return nil
}

// countKeys counts the keys of a command, or of all that EXEC would run, by whether they are here, and says whether they differ.
func (n *Node) countKeys(c *client, p *parsed) (present, absent int, several bool) {
	var first []byte
	count := func(row *command.Row, args [][]byte) {
		keys, _ := row.KeyPositions(args)
		for i := range keys.Count {
			key := args[keys.First+i*keys.Step]
			if first == nil {
				first = key
			}
			several = several || !bytes.Equal(first, key)
			if n.holds(p.slot, key) {
				present++
			} else {
				absent++
			}
		}
	}
	if p.row != execRow {
		count(p.row, p.args)
		return present, absent, several
	}
	for i := range c.queue {
		count(c.queue[i].row, c.queue[i].args)
	}
	return present, absent, several
}

// holds reports whether a key is here. One that is past its time goes for good, whatever becomes of the clock: it may be made anew
// elsewhere from now on.
func (n *Node) holds(slot slots.Slot, key []byte) bool {
	value, found := n.space.Peek(slot, key)
	if !value.Expired(n.at.Wall) {
		return found
	}
	current := n.current
	n.current = nil // it is not the command that deletes it
	effect := keyspace.Effect{Kind: keyspace.Delete, Slot: slot, Key: key}
	n.space.Apply(effect)
	n.Emit(&effect)
	n.counters.ExpiredKeys++
	n.current = current
	return false
}

// asks reports whether a command may use a slot that is being imported.
func asks(c *client, row *command.Row) bool {
	return c.session.Asking || row.Flags.Has(command.Asking)
}
