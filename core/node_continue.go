package core

import (
	"slices"

	"github.com/ember-cluster/ember/core/command"
)

// continued is a command that takes long. It is executed a piece at a time, at the end of Steps, while the commands of others go
// on; its client waits.
type continued struct {
	client *client
	reply  *parkedReply
	next   command.Continuation
}

// Continue implements command.Server.
func (n *Node) Continue(next command.Continuation) {
	n.continued = append(n.continued, continued{client: n.current, reply: n.park(n.current), next: next})
	n.current.held |= heldByCommand
}

// continueCommands executes a piece of the command that began first.
func (n *Node) continueCommands() {
	if len(n.continued) == 0 {
		return
	}
	first := n.continued[0]
	var parts [][]byte
	if !first.client.closed {
		var done bool
		if parts, done = first.next(n.at.Wall); !done {
			return
		}
	}
	n.continued = slices.Delete(n.continued, 0, 1)
	if !first.client.closed {
		n.answerInParts(first.client, first.reply, parts)
		n.releaseParked()
	}
}

// answerInParts gives a parked reply its bytes, without moving them: the first part to itself, the others to replies behind it.
func (n *Node) answerInParts(c *client, reply *parkedReply, parts [][]byte) {
	c.held &^= heldByCommand
	reply.ready = true
	if reply.muted {
		return
	}
	reply.bytes = parts[0]
	at := slices.Index(c.parked, reply) + 1
	for i, part := range parts[1:] {
		c.parked = slices.Insert(c.parked, at+i, &parkedReply{ready: true, bytes: part})
	}
}
