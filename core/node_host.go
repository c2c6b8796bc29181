package core

import (
	"net/netip"
	"slices"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// This file is the host's side of a join: any member of the cluster that a node wants to join. It has its group decide, and tells.

// joinAsked has a node's wish to join decided. The error is a *wire.Error.
func (n *Node) joinAsked(from wire.NodeID, encoded []byte, at netip.AddrPort) error {
	change, err := topology.DecodeCommand(encoded)
	if err != nil {
		return err
	}
	join, ok := change.(topology.Join)
	switch {
	case !ok || join.Node.ID != from || from == n.self:
		return &wire.Error{Kind: wire.Malformed}
	case n.tellDecided(join.Token, at):
	case n.sendElsewhere(join.Token, at):
	case n.attempt != nil:
		n.options.Marks.Hit(marks.HostBusy)
		n.sendMeet(at, &meetMessage{kind: meetDecided, token: join.Token, outcome: outcomeBusy, party: n.party()})
	default:
		n.host(join.Token, join, func(result topology.Result) {
			if result.Err != nil {
				n.endMeetingsWith(from, result.Err)
				n.sendMeet(at, &meetMessage{kind: meetDecided, token: join.Token, outcome: outcomeRefused, text: result.Err.Error()})
			}
			n.tellDecided(join.Token, at)
		})
	}
	return nil
}

// abortAsked has it decided that an attempt comes to nothing, unless it is decided otherwise. A node that is about to join another
// cluster does that too: it changes nothing that it has claimed there.
func (n *Node) abortAsked(from wire.NodeID, token topology.JoinToken, at netip.AddrPort) {
	if n.tellDecided(token, at) || n.sendElsewhere(token, at) {
		return
	}
	n.host(token, topology.AbortJoin{Token: token, Node: from}, func(topology.Result) { n.tellDecided(token, at) })
}

// host proposes what decides an attempt, unless that is under way.
func (n *Node) host(token topology.JoinToken, change topology.Command, decided func(topology.Result)) {
	if slices.Contains(n.hosting, token) {
		return
	}
	err := n.propose(change, func(result topology.Result, err error) {
		n.hosting = slices.DeleteFunc(n.hosting, func(other topology.JoinToken) bool { return other == token })
		if err == nil {
			decided(result)
		}
	})
	if err == nil {
		n.hosting = append(n.hosting, token)
	}
}

// sendElsewhere names another member to a joining node, if this one cannot have anything decided since its log has failed. It reports
// whether that is so.
func (n *Node) sendElsewhere(token topology.JoinToken, at netip.AddrPort) bool {
	if n.logError == nil {
		return false
	}
	var others []wire.NodeID
	for _, id := range n.memberIDs() {
		if id != n.self && n.health(id) == topology.Alive {
			others = append(others, id)
		}
	}
	if len(others) > 0 {
		other := others[n.options.Random.IntN(len(others))]
		if address, ok := n.busAddress(other); ok {
			n.sendMeet(at, &meetMessage{
				kind: meetDecided, token: token, outcome: outcomeElsewhere, party: party{Party: topology.Party{Host: other}, hostAt: address},
			})
		}
	}
	return true
}

// tellDecided tells a joining node how its attempt was decided, and reports whether it was.
func (n *Node) tellDecided(token topology.JoinToken, at netip.AddrPort) bool {
	record, decided := n.state.JoinOf(token)
	if !decided {
		return false
	}
	outcome := outcomeJoined
	if record.Aborted {
		outcome = outcomeAborted
	}
	n.sendMeet(at, &meetMessage{kind: meetDecided, token: token, outcome: outcome})
	return true
}
