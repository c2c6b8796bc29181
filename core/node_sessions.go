package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/session"
	"github.com/ember-cluster/ember/core/slots"
)

// deliveries are messages on their way to clients that did not ask for them just now: those of channels, changes of keys
// that they track, commands that they monitor.
type deliveries struct {
	// deferred are messages for the current client, behind its reply. Empty between commands.
	deferred [][]byte
	// doomed are clients to be closed at the end of the command. Empty between commands.
	doomed []*client
	// fanOut counts the messages of this Step.
	fanOut int
	// yielded are clients that wait for the next Step, since this one has had its share of messages.
	yielded []*client
}

// maxFanOut bounds the messages that clients can make one Step send: who passes it goes on in the next. A Step may pass it by
// what its last command sends, at most one message to each client.
const maxFanOut = 10_000

// Lend implements session.Outbox.
func (n *Node) Lend(message []byte) []byte { return n.lend(message) }

// Push implements session.Outbox. A client that does not read what it is pushed is closed, by the driver, since it cannot be
// made to wait.
func (n *Node) Push(to *session.Session, lent []byte) {
	c := n.byID[to.Connection]
	if c == n.current {
		n.deferred = append(n.deferred, lent)
		return
	}
	n.push(c, lent)
}

func (n *Node) push(c *client, lent []byte) {
	n.fanOut++
	if c == n.unsentTo {
		n.flushReplies() // what it was replied comes first
	}
	if n.mustPark(c) {
		n.enqueueParked(c, &parkedReply{ready: true, bytes: append([]byte(nil), lent...)})
	} else {
		c.unread += len(lent)
		n.emitReply(c, lent, c.unread >= n.options.Limits.ReplyBurst && c.held&heldByDrain == 0, cap(n.lent) > maxKeptArena)
	}
	if c.parkedBytes > n.options.Limits.ParkedPushes+n.options.Limits.ParkedReplies {
		n.counters.OutputOverruns++
		n.doom(c)
	}
}

// sendDeferred sends a client what its own command has made others know, or itself.
func (n *Node) sendDeferred(c *client) {
	for _, lent := range n.deferred {
		n.push(c, lent)
	}
	clear(n.deferred)
	n.deferred = n.deferred[:0]
}

// doom lets a client be closed when the command is over: until then somebody may be walking over the tables that it is in.
func (n *Node) doom(c *client) {
	if !c.doomed {
		c.doomed = true
		n.doomed = append(n.doomed, c)
	}
}

func (n *Node) closeDoomed() {
	for len(n.doomed) > 0 {
		c := n.doomed[0]
		n.doomed = n.doomed[1:]
		if !c.closed {
			n.close(c)
		}
	}
	n.doomed = nil
}

// yield lets a client's next commands wait for the next Step.
func (n *Node) yield(c *client) {
	if c.held&heldByTurn == 0 {
		c.held |= heldByTurn
		n.yielded = append(n.yielded, c)
	}
}

// giveTurns lets those go on who have waited for this Step.
func (n *Node) giveTurns() {
	if n.fanOut >= maxFanOut {
		return
	}
	yielded := n.yielded
	n.yielded = nil
	for _, c := range yielded {
		c.held &^= heldByTurn
		n.resume(c)
	}
}

// Disconnect implements command.Server.
func (n *Node) Disconnect(s *session.Session) { n.doom(n.byID[s.Connection]) }

// Describe implements command.Server.
func (n *Node) Describe(s *session.Session) command.Buffers {
	c := n.byID[s.Connection]
	output := c.parkedBytes
	if n.options.Queued != nil {
		output += n.options.Queued(c.id)
	}
	return command.Buffers{Input: len(c.pending), Output: output}
}

// OutputClass returns which of the limits of client-output-buffer-limit counts for a client. Whoever can be pushed any amount
// without asking for it is like a subscriber.
func (n *Node) OutputClass(id ClientID) command.OutputClass {
	c := n.client(id)
	if c != nil && (c.session.Subscribed() || c.session.Monitor || c.session.Tracking.Broadcast) {
		return command.PubSubOutput
	}
	return command.NormalOutput
}

// overRetained reports whether a client makes the node remember more than it may: what it queues, watches and listens to
// counts as input that has not been executed.
func (n *Node) overRetained(c *client) bool {
	retained := c.session.Retained()
	return retained > 0 && (len(c.pending)+retained > n.queryBuffer() ||
		n.unexecuted+n.queued+n.sessions.Retained() > n.options.Limits.QueryBuffers)
}

// noticeChange tells those who watch or track keys what an effect has changed.
func (n *Node) noticeChange(effect *keyspace.Effect) {
	switch effect.Kind {
	case keyspace.FlushAll:
		n.sessions.Flushed(func(string) bool { return true })
	case keyspace.FlushSlot:
		slot := effect.Slot
		n.sessions.Flushed(func(key string) bool { return slots.Of([]byte(key)) == slot })
	default:
		n.sessions.Changed(effect.Key, effect.Kind == keyspace.Delete)
	}
}

// remember notes the keys that a command has read, for a client that tracks what it reads.
func (n *Node) remember(row *command.Row, args [][]byte) {
	s := n.context.Session
	if !s.Tracking.Remembers() || row.Flags.Has(command.PubSub) {
		return
	}
	keys, _ := row.KeyPositions(args)
	for i := range keys.Count {
		n.sessions.Remember(s, args[keys.First+i*keys.Step])
	}
}

// count counts an execution. Its reply begins at start of the writer, if that has not been taken away meanwhile.
func (n *Node) count(row *command.Row, start int) {
	reply, statistics := n.context.Reply.Buf, n.context.Statistics
	failed := len(reply) > start && reply[start] == '-'
	statistics.Executed(row, failed)
	if failed {
		statistics.Failed(reply[start+1:])
	}
}

// inShardOf reports whether this node is of the shard that serves a slot.
func (n *Node) inShardOf(slot slots.Slot) bool {
	owner, assigned := n.state.Owner(slot)
	own, member := n.state.ShardOf(n.self)
	return assigned && member && owner.ID == own.ID
}

func isRedirect(err error) bool {
	switch err.(type) {
	case redirect.Error, redirect.Moved, redirect.Ask:
		return true
	}
	return false
}
