package core

import (
	"net/netip"
	"slices"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// Nodes that are told to join each other in a ring would wait for each other for ever. A node whose host is joining somebody itself
// follows the attempts from host to host. If they lead back to it, the one with the lowest id gives its own attempt up.
//
//	a ──joins──► b ──joins──► c ──joins──► a        a is lowest: it asks b for the abort, and is alone again
//	a ◄─────────────────────── c, then b            the others' next requests find a host that can decide

// ring is as much of the way from host to host as a node has followed.
type ring struct {
	// number is told with each hello on the way; 0 before the first.
	number uint64
	// nodes are those on the way, beginning with this one.
	nodes []wire.NodeID
}

// maxRing bounds the way that is followed.
const maxRing = 256

// followRing begins to follow the attempts, from the one of the host.
func (n *Node) followRing(next wire.NodeID, at netip.AddrPort) {
	a := n.attempt
	a.ring = ring{number: n.options.Random.Uint64() | 1, nodes: []wire.NodeID{n.self, a.host}}
	n.followTo(next, at)
}

// ringAnswered goes on to whom a node on the way joins.
func (n *Node) ringAnswered(p party) {
	a := n.attempt
	if p.Joining && len(a.ring.nodes) > 0 && a.ring.nodes[len(a.ring.nodes)-1] == p.Node {
		n.followTo(p.Host, p.hostAt)
	}
}

// followTo asks the next node on the way whom it joins, or decides what follows from a ring that is closed.
func (n *Node) followTo(next wire.NodeID, at netip.AddrPort) {
	a := n.attempt
	if next == n.self {
		if !a.aborting && topology.StaysHost(a.ring.nodes) == n.self {
			n.options.Marks.Hit(marks.RingBroken)
			a.aborting, a.askAt = true, n.at.Now
		}
		return
	}
	if slices.Contains(a.ring.nodes, next) || len(a.ring.nodes) == maxRing {
		return // a ring of others, who will break it
	}
	a.ring.nodes = append(a.ring.nodes, next)
	n.sendMeet(at, &meetMessage{kind: meetHello, number: a.ring.number, party: n.party()})
}
