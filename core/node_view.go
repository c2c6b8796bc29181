package core

import (
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// connectView gives the view what only this node knows of its peers.
func (n *Node) connectView() {
	n.view.Health = n.health
	n.view.Connected = func(id wire.NodeID) bool { return id == n.self || n.health(id) == topology.Alive }
	n.view.PingSent = func(id wire.NodeID) int64 { return n.wallOf(id, (*gossip.Machine).PingSent) }
	n.view.FailureReports = n.failureReports
	n.view.Links = n.links
	n.view.PongReceived = func(id wire.NodeID) int64 { return n.wallOf(id, (*gossip.Machine).PongReceived) }
}

// portFor returns the port at which a client is to look for a node.
func (n *Node) portFor(c *client, node *topology.Node) uint16 {
	if c.session.TLS {
		return node.TLSPort
	}
	return node.ClientPort
}

// refreshView follows a change of the configuration.
func (n *Node) refreshView() {
	n.view.State = n.state
	n.owned = slots.Set{}
	if shard, ok := n.state.ShardOf(n.self); ok && shard.Primary == n.self {
		n.owned = n.state.SlotsOf(shard.ID)
	}
	migrated := n.migrating
	n.refreshOpenSlots()
	n.giveAway(migrated)
	n.settled = n.owned.Subtract(n.migrating)
	n.refreshServing()
}

// refreshServing follows a change of the configuration or of somebody's health.
func (n *Node) refreshServing() {
	before := n.serving
	n.serving = n.view.Serving() && n.attempt == nil
	n.options.Marks.HitIf(before && !n.serving, marks.ServingLost)
	n.options.Marks.HitIf(!before && n.serving && n.gossip != nil, marks.ServingRegained)
}

// health translates failure detection's belief into the flags of the cluster's views.
func (n *Node) health(id wire.NodeID) topology.Health {
	if n.gossip == nil || id == n.self {
		return topology.Alive
	}
	switch n.gossip.Health(id) {
	case gossip.Suspect:
		return topology.Suspected
	case gossip.Dead, gossip.Left:
		return topology.Failed
	}
	return topology.Alive
}

// wallOf translates an instant of failure detection into Unix milliseconds, 0 if there is none.
func (n *Node) wallOf(id wire.NodeID, instant func(*gossip.Machine, wire.NodeID) (time.Duration, bool)) int64 {
	if n.gossip == nil {
		return 0
	}
	at, ok := instant(n.gossip, id)
	if !ok {
		return 0
	}
	return n.at.Wall - int64((n.at.Now-at)/time.Millisecond)
}

// failureReports returns how many other nodes are known to suspect a node.
func (n *Node) failureReports(id wire.NodeID) int {
	if n.gossip == nil {
		return 0
	}
	return n.gossip.Accusers(id)
}

// links lists the streams whose other end is known, as CLUSTER LINKS shows them.
func (n *Node) links() []topology.Link {
	links := make([]topology.Link, 0, len(n.streams.open))
	for _, s := range n.streams.open {
		if !s.peer.IsZero() {
			links = append(links, topology.Link{Node: s.peer, Inbound: s.id&InboundStream != 0, CreatedWall: s.createdWall})
		}
	}
	return links
}
