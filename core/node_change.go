package core

import (
	"slices"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/topology"
)

// What clients want to be changed of the configuration goes its way in parts, each of which has its own reply:
//
//	CLUSTER command ─► part ─────────────────────┐                  ┌─► the reply of each part
//	EXEC with several of them ─► a part of each ─┴─► propose ─► settled

// part is what one client command wants to be changed, and its reply.
type part struct {
	change topology.Command
	reply  *parkedReply
}

// draft is what the commands of the transaction that is being executed want to be changed. It is proposed as one at the end, so
// that nothing comes between them. Empty between commands.
type draft struct {
	parts []part
	// ahead is the configuration with all parts, which the transaction's later commands see.
	ahead *topology.State
	// commands and bytes are the size of the parts, which one topology.Batch must have room for.
	commands, bytes int
}

// unsettled is what a client has proposed and has not been answered.
type unsettled struct {
	// changes are in the order in which they were proposed.
	changes []*topology.Command
	// ahead is the configuration with all of them, made from the one that it is based on. Nil if there are none.
	ahead, basis *topology.State
	// owed counts the replies that are on their way from elsewhere.
	owed int
}

// maxUnsettled bounds the changes that a client may propose before the first of them is settled.
const maxUnsettled = 64

const errTransactionTooLarge command.Error = "ERR A transaction cannot change so much of the configuration"

// Propose implements command.Server: it parks the client's reply until the change is settled.
func (n *Node) Propose(ctx *command.Context, change topology.Command) {
	if !ctx.InTransaction {
		n.proposeParts([]part{{change, n.park(n.current)}})
		return
	}
	commands, bytes := n.draft.commands+commandCount(change), n.draft.bytes+len(topology.AppendCommand(nil, change))+maxLengthBytes
	if commands > topology.MaxBatch || bytes > topology.MaxCommandBytes {
		ctx.Reply.Error(errTransactionTooLarge.Error())
		return
	}
	if n.draft.ahead == nil {
		n.draft.ahead = n.state
	}
	ahead, _ := n.draft.ahead.Apply(change)
	n.draft = draft{append(n.draft.parts, part{change, n.park(n.current)}), ahead, commands, bytes}
}

// maxLengthBytes is what a command has in front of it in a batch.
const maxLengthBytes = 4

// proposeDraft proposes what a transaction wants to be changed.
func (n *Node) proposeDraft() {
	parts := n.draft.parts
	n.draft = draft{}
	if len(parts) > 0 {
		n.proposeParts(parts)
	}
}

// proposeParts proposes changes on behalf of the current client.
func (n *Node) proposeParts(parts []part) {
	c := n.current
	change := changeOf(parts)
	c.changes, c.ahead = append(c.changes, &change), nil
	settle := func(result topology.Result, err error) {
		if err != nil {
			result = topology.Result{Err: err}
		}
		n.answerParts(c, parts, result)
		c.changes, c.ahead = slices.DeleteFunc(c.changes, func(other *topology.Command) bool { return other == &change }), nil
		n.letGo(c)
	}
	err := n.fenced()
	if forget, ok := change.(topology.Forget); ok && err == nil {
		n.forgetNode(forget.Node, settle)
	} else if err == nil {
		err = n.propose(change, settle)
	}
	if err != nil {
		settle(topology.Result{}, err)
	}
	n.sendParked(c) // it may be settled
}

// answerParts gives each part its reply.
func (n *Node) answerParts(c *client, parts []part, result topology.Result) {
	for i, result := range resultsOf(parts, result) {
		reply := parts[i].reply
		reply.ready = true
		if !reply.muted {
			reply.bytes = command.ProposalReply(parts[i].change, result, n.state)
		}
	}
}

// seenBy returns the configuration that the current client sees: whoever has proposed a change goes on from there, as if it were in
// force.
func (n *Node) seenBy(c *client) *topology.State {
	switch {
	case n.draft.ahead != nil:
		return n.draft.ahead
	case c == nil || len(c.changes) == 0:
		return n.state
	case c.ahead == nil || c.basis != n.state:
		c.ahead, c.basis = n.state, n.state
		for _, change := range c.changes {
			c.ahead, _ = c.ahead.Apply(*change)
		}
	}
	return c.ahead
}

// awaitsSettlement makes a client wait whose next command may depend on what it has proposed. Commands that propose too need not
// wait, so that many of them can be decided together.
func (n *Node) awaitsSettlement(c *client, p *parsed) bool {
	switch {
	case len(c.changes) == 0 && c.owed == 0, len(c.changes) < maxUnsettled && c.owed == 0 && p.row != nil && p.row.Proposes:
		return false
	}
	c.held |= heldByProposal
	return true
}

// letGo lets a client go on once everything that it has proposed is settled.
func (n *Node) letGo(c *client) {
	if len(c.changes) == 0 && c.owed == 0 {
		c.held &^= heldByProposal
	}
}

// changeOf returns the parts as one command.
func changeOf(parts []part) topology.Command {
	if len(parts) == 1 {
		return parts[0].change
	}
	var batch topology.Batch
	for i := range parts {
		if inner, ok := parts[i].change.(topology.Batch); ok {
			batch.Commands = append(batch.Commands, inner.Commands...)
		} else {
			batch.Commands = append(batch.Commands, parts[i].change)
		}
	}
	return batch
}

// resultsOf returns the result of each part, from that of changeOf.
func resultsOf(parts []part, result topology.Result) []topology.Result {
	if len(parts) == 1 {
		return []topology.Result{result}
	}
	results := make([]topology.Result, len(parts))
	each := result.Each
	for i := range parts {
		_, batch := parts[i].change.(topology.Batch)
		switch count := commandCount(parts[i].change); {
		case result.Err != nil:
			results[i] = topology.Result{Err: result.Err}
		case batch:
			results[i], each = topology.Result{Each: each[:count]}, each[count:]
		default:
			results[i], each = each[0], each[1:]
		}
	}
	return results
}

// commandCount returns how many commands a change has in a batch.
func commandCount(change topology.Command) int {
	if batch, ok := change.(topology.Batch); ok {
		return len(batch.Commands)
	}
	return 1
}
