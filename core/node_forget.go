package core

import (
	"errors"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// leaving is how nodes leave the cluster. Whoever votes is first replaced as a voter, and leaves once the group goes on without it:
//
//	forget ──votes?──► other voters ──► (the group changes its members) ──► Forget, again and again until it is not refused for that
//
// A node that learns that it was forgotten is a cluster of its own from then on, with no slot. It learns it from any member that it
// speaks to: to that it is a stranger, but one that was known.
type leaving struct {
	// removals are the nodes that this one has been asked to forget.
	removals []*removal
	// resetting is what CLUSTER RESET has begun, nil if there is nothing.
	resetting *resetting
}

// removal is a node that is to be forgotten.
type removal struct {
	node     wire.NodeID
	settle   func(topology.Result, error)
	tryAt    time.Duration // Never while a change is under way
	deadline time.Duration
}

// resetting is a CLUSTER RESET of a node that is a member of a larger cluster: it is over when the node is alone.
type resetting struct {
	hard     bool
	deadline time.Duration
	answer   func(error)
}

// removalInterval is the time between two attempts.
const removalInterval = 200 * time.Millisecond

// forget has a node forgotten.
func (n *Node) forgetNode(node wire.NodeID, settle func(topology.Result, error)) {
	n.removals = append(n.removals, &removal{
		node: node, settle: settle, tryAt: n.at.Now, deadline: n.at.Now + n.options.Consensus.ProposalTimeout,
	})
}

// advanceRemovals does what is due for the nodes that are to be forgotten.
func (n *Node) advanceRemovals() {
	for i := 0; i < len(n.removals); i++ {
		if r := n.removals[i]; r.tryAt <= n.at.Now {
			r.tryAt = Never
			n.advanceRemoval(r)
		}
	}
}

func (n *Node) advanceRemoval(r *removal) {
	change, err := n.removalOf(r.node)
	if err != nil {
		n.endRemoval(r, topology.Result{Err: err}, nil)
		return
	}
	_, last := change.(topology.Forget)
	err = n.propose(change, func(result topology.Result, err error) {
		var refusal *topology.Refusal
		votes := errors.As(result.Err, &refusal) && (refusal.Reason == topology.NodeVotes || refusal.Reason == topology.StaleVoters)
		if err == nil && n.at.Now < r.deadline && (votes || !last) {
			r.tryAt = n.at.Now + removalInterval
			return
		}
		n.endRemoval(r, result, err)
	})
	if err != nil {
		n.endRemoval(r, topology.Result{}, err)
	}
}

// removalOf returns the next change on a node's way out: other voters, if it votes. The error says why it must stay.
func (n *Node) removalOf(node wire.NodeID) (topology.Command, error) {
	forget := topology.Forget{Node: node}
	voters := without(n.state.Voters(), node)
	if len(voters) == len(n.state.Voters()) || n.gossip == nil {
		return forget, nil
	}
	for _, id := range n.memberIDs() {
		if len(voters) == 0 && id != node {
			voters = append(voters, id)
		}
	}
	replaced, result := n.state.Apply(topology.SetVoters{Epoch: n.state.VotersEpoch(), Voters: voters})
	if result.Err != nil {
		return forget, nil // there is nobody else, as it will be told
	}
	after, result := replaced.Apply(forget)
	if result.Err != nil {
		return nil, result.Err
	}
	n.options.Marks.Hit(marks.VoterForgotten)
	return topology.SetVoters{Epoch: n.state.VotersEpoch(), Voters: topology.ChooseVoters(after, n.fitness)}, nil
}

func without(ids []wire.NodeID, id wire.NodeID) []wire.NodeID {
	var rest []wire.NodeID
	for _, other := range ids {
		if other != id {
			rest = append(rest, other)
		}
	}
	return rest
}

func (n *Node) endRemoval(r *removal, result topology.Result, err error) {
	for i, other := range n.removals {
		if other == r {
			n.removals = append(n.removals[:i], n.removals[i+1:]...)
			break
		}
	}
	n.answered = true
	r.settle(result, err)
}

// ResetCluster implements command.Server.
func (n *Node) ResetCluster(ctx *command.Context, hard bool) {
	switch err := n.fenced(); {
	case err != nil:
		ctx.Reply.Error(err.Error())
		return
	case n.logError != nil:
		ctx.Reply.Error(n.logError.Error())
		return
	case n.resetting != nil:
		ctx.Reply.Error(string(errTooManyUndecided))
		return
	}
	reply := n.park(n.current)
	n.resetting = &resetting{
		hard: hard, deadline: n.at.Now + n.options.Consensus.ProposalTimeout, answer: func(err error) { n.answerLater(reply, err) },
	}
	if len(n.state.Nodes()) > 1 {
		n.askToLeave()
	}
}

// askToLeave has the node's slots and then the node itself taken out of the configuration.
func (n *Node) askToLeave() {
	shard, _ := n.state.ShardOf(n.self)
	forget := func() {
		n.forgetNode(n.self, func(result topology.Result, err error) {
			if err == nil && result.Err != nil {
				n.endReset(result.Err)
			}
		})
	}
	owned := n.state.SlotsOf(shard.ID)
	if shard.Primary != n.self || owned.Empty() {
		forget()
		return
	}
	err := n.propose(topology.DeleteSlots{Shard: shard.ID, Epoch: shard.Epoch, Slots: owned}, func(result topology.Result, err error) {
		switch {
		case err != nil: // the deadline tells
		case result.Err != nil:
			n.endReset(result.Err)
		default:
			forget()
		}
	})
	if err != nil {
		n.endReset(err)
	}
}

func (n *Node) endReset(err error) {
	if r := n.resetting; r != nil {
		n.resetting = nil
		r.answer(err)
	}
}

// advanceReset goes on with a reset: once the node is alone, it takes up another identity.
func (n *Node) advanceReset() {
	r := n.resetting
	switch {
	case r == nil || n.adopting != nil:
	case len(n.state.Nodes()) == 1 && len(n.undecided) == 0:
		n.becomeSolo()
	case n.at.Now >= r.deadline:
		n.endReset(errUnknownOutcome)
	}
}

// becomeSolo makes the node a cluster of its own, with no slot, once that is durable.
func (n *Node) becomeSolo() {
	n.options.Marks.Hit(marks.BecameSolo)
	n.founding, n.foundingAs = true, n.self
	if n.resetting != nil && n.resetting.hard {
		n.options.Random.Fill(n.foundingAs[:])
	}
	if spent := n.machine.Spent(); spent > 0 && len(n.state.Nodes()) > 1 {
		n.spend(spentID{cluster: n.state.Cluster, generation: n.state.Generation, id: spent})
	}
	n.adopt(n.soloState(n.foundingAs, n.boot))
}

// tellForgotten lets a node know that it was a member and is none: it can ask for the configuration in which it is missing.
func (n *Node) tellForgotten(envelope *wire.Envelope, from netip.AddrPort, reliable bool) bool {
	if !n.state.Forgotten(envelope.Sender) || envelope.Kind == wire.KindPublish {
		return false
	}
	if envelope.Kind == wire.KindConfiguration && reliable {
		return n.receiveConfiguration(envelope.Sender, envelope.Payload) == nil
	}
	if !reliable {
		n.counters.Bus.DatagramsSent++
		n.emit(Effect{Kind: SendDatagram, To: from, Bytes: n.seal(wire.KindConfiguration, []byte{configurationNotice})})
	}
	return true
}

func (n *Node) leavingDeadline() time.Duration {
	deadline := Never
	for _, r := range n.removals {
		deadline = min(deadline, r.tryAt)
	}
	if n.resetting != nil {
		deadline = min(deadline, n.resetting.deadline)
	}
	return deadline
}
