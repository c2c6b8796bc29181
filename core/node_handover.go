package core

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// handover sees to it that clients are not sent to and fro while a slot changes hands. Its source and its target learn of a mark, and
// of the end of the slot's way, one after the other; a client that both send to the other has followed as many redirects as it will
// before the second one knows:
//
//	source                                          target
//	the end is in force: ASK, not MOVED, until ───► imports still, or owns: serves what comes behind ASKING
//	the target tells of a configuration with it
//	the mark is in force: ASK ────────────────────► means to import: holds what comes behind ASKING until the mark is in force
//
// ASK is right for both: whoever owns the slot takes no notice of ASKING.
type handover struct {
	// given are slots that this node has given away, of which the new owner has not told yet that it knows.
	given slots.Set
	// since has the version of the configuration in which each of them went. Invariant: has the slots of given, in their order.
	since []givenSlot
	// uncertain are the clients that wait for the mark of a slot, in the order in which they began to.
	uncertain []uncertainClient
	// hasNews says that the configuration has changed since the clients were looked at last.
	hasNews bool
}

type givenSlot struct {
	slot    slots.Slot
	version uint64
}

type uncertainClient struct {
	client *client
	// end is when it waits no longer.
	end time.Duration
}

// newsPatience is how long a client waits for the mark of a slot. Its target gets that within a few round trips.
const newsPatience = time.Second

// giveAway follows a change of the configuration: it notes which slots that were on their way have gone to another owner.
func (n *Node) giveAway(migrated slots.Set) {
	n.hasNews = true
	if len(n.since) == 0 && migrated.Empty() {
		return
	}
	own, _ := n.state.ShardOf(n.self)
	stays := func(slot slots.Slot) bool {
		owner, assigned := n.state.Owner(slot)
		return assigned && owner.ID != own.ID
	}
	n.since = slices.DeleteFunc(n.since, func(g givenSlot) bool { return !stays(g.slot) })
	for slot, ok := migrated.Next(0); ok; slot, ok = migrated.Next(slot + 1) {
		if stays(slot) && !n.given.Contains(slot) {
			at, _ := slices.BinarySearchFunc(n.since, slot, func(g givenSlot, slot slots.Slot) int { return int(g.slot) - int(slot) })
			n.since = slices.Insert(n.since, at, givenSlot{slot, n.state.Version})
		}
	}
	n.regiven()
}

// ownerKnows forgets the slots whose new owner has told of a configuration in which they are its own.
func (n *Node) ownerKnows(peer wire.NodeID, stamp topology.Stamp) {
	if len(n.since) == 0 {
		return
	}
	n.since = slices.DeleteFunc(n.since, func(g givenSlot) bool {
		owner, _ := n.state.PrimaryOf(g.slot)
		return owner.ID == peer && stamp.Version >= g.version
	})
	n.regiven()
}

// regiven makes the set of what is listed.
func (n *Node) regiven() {
	n.given = slots.Set{}
	for _, g := range n.since {
		n.given.Add(g.slot)
	}
}

// elsewhere returns the redirect of a command to the owner of its slot. There is no ASK for sharded channels.
func (n *Node) elsewhere(c *client, p *parsed, owner *topology.Node) error {
	n.counters.Redirects++
	endpoint, port := n.view.EndpointOf(owner), n.portFor(c, owner)
	if n.given.Contains(p.slot) && !p.row.Flags.Has(command.PubSub) {
		return redirect.Ask{Slot: uint16(p.slot), Endpoint: endpoint, Port: port}
	}
	return redirect.Moved{Slot: uint16(p.slot), Endpoint: endpoint, Port: port}
}

// awaitsMark makes a client wait that was sent here by ASK for a slot which this node means to import, and may import soon.
func (n *Node) awaitsMark(c *client, p *parsed) bool {
	if len(n.intents) == 0 || p.keys != oneSlot || !asks(c, p.row) || n.importing.Contains(p.slot) {
		return false
	}
	_, means := slices.BinarySearchFunc(n.intents, p.slot, func(m topology.Mark, slot slots.Slot) int { return int(m.Slot) - int(slot) })
	if !means || c.hasWaited {
		c.hasWaited = false
		return false
	}
	c.held |= heldByMark
	n.uncertain = append(n.uncertain, uncertainClient{c, n.at.Now + newsPatience})
	return true
}

// endUncertainty lets the clients go on that waited for a mark: all of them if the configuration has changed, else those that have
// waited long enough.
func (n *Node) endUncertainty() {
	changed, ended := n.hasNews, 0
	n.hasNews = false
	for ended < len(n.uncertain) && (changed || n.uncertain[ended].end <= n.at.Now) {
		ended++
	}
	if ended == 0 {
		return
	}
	waited := slices.Clone(n.uncertain[:ended])
	n.uncertain = slices.Delete(n.uncertain, 0, ended)
	for _, u := range waited {
		u.client.held &^= heldByMark
		u.client.hasWaited = !changed
		n.resume(u.client)
	}
}

// handoverDeadline returns when the first client has waited long enough.
func (n *Node) handoverDeadline() time.Duration {
	if len(n.uncertain) == 0 {
		return Never
	}
	return n.uncertain[0].end
}

func (n *Node) checkHandover() error {
	if n.given.Len() != len(n.since) {
		return fmt.Errorf("core: %d slots are given away, %d are listed", n.given.Len(), len(n.since))
	}
	if !n.given.Intersect(n.owned).Empty() {
		return fmt.Errorf("core: slots %v are given away and owned", n.given.Intersect(n.owned))
	}
	return nil
}
