package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/topology"
)

// proposals are configuration changes on their way to being decided:
//
//	CLUSTER command ─► part ─────────────────────┐                  ┌─► each part's own reply
//	EXEC with several of them ─► a part of each ─┴─► proposal ─► decided
//
// A change is decided here when its record is durable, since the node is the only voter of its cluster. This is the one
// place where a consensus group takes over: whoever proposes parks, whatever decides calls decide.
type proposals struct {
	// tentative is the configuration after every undecided change. New proposals are judged against it, so that of two
	// rival ones the later is told why it lost, without waiting for the earlier to become durable.
	tentative *topology.State
	undecided []proposal
	draft
}

// proposal is one change that waits to be decided.
type proposal struct {
	// position is that of the log record that decides it. Invariant: never falls along proposals.undecided.
	position uint64
	// state is in force from the decision on; it is unchanged from the one before if the change was refused.
	state  *topology.State
	result topology.Result
	client *client
	// parts are proposed together. Invariant: at least one.
	parts []part
}

// part is what one client command wants to be changed, and its reply.
type part struct {
	change topology.Command
	reply  *parkedReply
}

// draft is what the commands of the transaction that is being executed propose. It becomes one proposal at the end, so that
// nothing comes between them. Empty between commands.
type draft struct {
	parts []part
	// ahead is the configuration with all parts, which the transaction's later commands see.
	ahead *topology.State
	// commands and bytes are the size of the parts, which one topology.Batch must have room for.
	commands, bytes int
}

// maxUndecided bounds the proposals that a client may make before the first of them is decided.
const maxUndecided = 64

const errTooManyChanges = command.Error("ERR A transaction cannot change so much of the configuration")

// Propose implements command.Server: it parks the client's reply until the change is decided.
func (n *Node) Propose(ctx *command.Context, change topology.Command) {
	if !ctx.InTransaction {
		n.propose([]part{{change, n.park(n.current)}})
		return
	}
	commands, bytes := n.draft.commands+commandCount(change), n.draft.bytes+len(topology.AppendCommand(nil, change))+maxLengthBytes
	if commands > topology.MaxBatch || bytes > topology.MaxCommandBytes {
		ctx.Reply.Error(errTooManyChanges.Error())
		return
	}
	if n.ahead == nil {
		n.ahead = n.tentative
	}
	n.ahead, _ = n.ahead.Apply(change)
	n.draft = draft{append(n.parts, part{change, n.park(n.current)}), n.ahead, commands, bytes}
}

// maxLengthBytes is what a command has in front of it in a batch.
const maxLengthBytes = 4

// proposeDraft proposes what a transaction has drafted.
func (n *Node) proposeDraft() {
	parts := n.parts
	n.draft = draft{}
	if len(parts) > 0 {
		n.propose(parts)
	}
}

// propose asks for changes on behalf of the current client. Its parts are answered at once if nothing is left to be waited for.
func (n *Node) propose(parts []part) {
	p := proposal{client: n.current, parts: parts}
	n.current.proposals++
	if err := n.cannotPropose(); err != nil {
		p.result.Err = err
		n.answerProposal(&p)
		return
	}
	p.state, p.result = n.tentative.Apply(changeOf(parts))
	if p.state != n.tentative {
		n.appendState(p.state)
		n.tentative = p.state
	}
	p.position = n.appended
	n.undecided = append(n.undecided, p)
	n.decide()
}

// cannotPropose returns why nothing can be changed.
func (n *Node) cannotPropose() error {
	if len(n.state.Nodes()) > 1 {
		return command.Error("ERR The configuration of a cluster of several nodes is fixed until its nodes can vote on changes")
	}
	return n.logError
}

// decide puts the durable proposals into force, in order, and answers their clients.
func (n *Node) decide() {
	decided := 0
	for decided < len(n.undecided) && n.undecided[decided].position <= n.persisted {
		p := &n.undecided[decided]
		n.install(p.state)
		n.answerProposal(p)
		decided++
	}
	n.undecided = append(n.undecided[:0], n.undecided[decided:]...)
}

// abandonProposals answers everybody who waits for a decision with an error.
func (n *Node) abandonProposals(err error) {
	n.tentative = n.state
	for i := range n.undecided {
		n.undecided[i].result = topology.Result{Err: err}
		n.answerProposal(&n.undecided[i])
	}
	n.undecided = nil
}

// answerProposal gives each part of a decided proposal its reply.
func (n *Node) answerProposal(p *proposal) {
	c := p.client
	for i, result := range resultsOf(p.parts, p.result) {
		reply := p.parts[i].reply
		reply.ready = true
		if !reply.muted {
			reply.bytes = command.ProposalReply(p.parts[i].change, result, n.state)
		}
	}
	c.proposals--
	if c.proposals == 0 {
		c.held &^= heldByProposal
	}
	if !c.closed {
		n.sendParked(c)
	}
}

// awaitsDecision makes a client wait whose next command may depend on what it has proposed. Commands that propose too need not
// wait, so that many of them can be decided together.
func (n *Node) awaitsDecision(c *client, p *parsed) bool {
	if c.proposals == 0 || c.proposals < maxUndecided && p.row != nil && p.row.Proposes && !c.session.Transaction.Open {
		return false
	}
	c.held |= heldByProposal
	return true
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
		switch count := commandCount(parts[i].change); {
		case result.Err != nil:
			results[i] = topology.Result{Err: result.Err}
		case isBatch(parts[i].change):
			results[i], each = topology.Result{Each: each[:count]}, each[count:]
		default:
			results[i], each = each[0], each[1:]
		}
	}
	return results
}

func isBatch(change topology.Command) bool {
	_, batch := change.(topology.Batch)
	return batch
}

// commandCount returns how many commands a change has in a batch.
func commandCount(change topology.Command) int {
	if batch, ok := change.(topology.Batch); ok {
		return len(batch.Commands)
	}
	return 1
}
