package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
)

// transaction is what a client has queued since MULTI:
//
//	MULTI ──► each command: admitted? ──yes──► queue, +QUEUED ──► EXEC: watched keys as they were, and all of it routed
//	                             └────no────► its error; EXEC will refuse                    └──► run all, in one Step
//
// A transaction is atomic by construction, since a Step executes it and nothing else. Changes of the configuration are decided
// later, all of a transaction's together. Each parks its part of the reply: the parts behind it wait, and leave in their order.
type transaction struct {
	queue []queuedCommand
	// queueSlot and queueKeys say where the keys of all queued commands are.
	queueSlot slots.Slot
	queueKeys keyState
	// queueBytes is the size of the queue.
	queueBytes int
}

// queuedCommand is a command that has been admitted. Its arguments are the transaction's own.
type queuedCommand struct {
	row  *command.Row
	args [][]byte
	slot slots.Slot
}

// queuedOverhead is what a queued command and each of its arguments count beyond the arguments' bytes.
const queuedOverhead = 64

var execRow = command.Lookup([]byte("exec"))

// enqueue keeps a command for EXEC, unless it is known already that nothing will be executed.
func (n *Node) enqueue(c *client, p *parsed) {
	n.context.Reply.Simple("QUEUED")
	if t := &c.session.Transaction; t.Failed || t.Changed {
		return
	}
	size := 0
	for _, arg := range p.args {
		size += len(arg)
	}
	bytes, args := make([]byte, 0, size), make([][]byte, len(p.args))
	for i, arg := range p.args {
		start := len(bytes)
		bytes = append(bytes, arg...)
		args[i] = bytes[start:len(bytes):len(bytes)]
	}
	c.queue = append(c.queue, queuedCommand{row: p.row, args: args, slot: p.slot})
	switch {
	case p.keys == keyless:
	case c.queueKeys == keyless:
		c.queueSlot, c.queueKeys = p.slot, oneSlot
	case c.queueSlot != p.slot:
		c.queueKeys = crossSlot
	}
	size += queuedOverhead * (1 + len(p.args))
	c.session.Transaction.Commands++
	c.session.Transaction.Bytes += size
	c.queueBytes += size
	n.queued += size
}

// Execute implements command.Server. The queue is dropped when the command is over.
func (n *Node) Execute(ctx *command.Context) {
	queue, own, ownArgs := n.current.queue, ctx.Row, ctx.Args
	ctx.Reply.Array(len(queue))
	ctx.InTransaction = true
	for i := range queue {
		n.run(queue[i].row, queue[i].args, queue[i].slot)
	}
	n.proposeDraft()
	ctx.InTransaction = false
	ctx.Row, ctx.Args = own, ownArgs
}

func (n *Node) dropQueue(c *client) {
	n.queued -= c.queueBytes
	c.transaction = transaction{}
}

// refuse answers a command that is not admitted. A transaction fails by it: one that is being queued at EXEC, one whose EXEC
// is refused at once.
func (n *Node) refuse(c *client, p *parsed, err error) {
	n.options.Marks.Hit(marks.CommandRefused)
	n.context.Statistics.Rejected(p.row)
	switch {
	case p.row != execRow:
		c.session.Transaction.Failed = c.session.Transaction.Open
	case isRedirect(err):
		n.options.Marks.Hit(marks.TransactionRedirected)
		n.sessions.EndTransaction(&c.session)
	default:
		err = command.ExecAbort(err)
		n.sessions.EndTransaction(&c.session)
	}
	start := len(n.context.Reply.Buf)
	n.context.Reply.Error(err.Error())
	n.context.Statistics.Failed(n.context.Reply.Buf[start+1:])
}
