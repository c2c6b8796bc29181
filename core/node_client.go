package core

import (
	"fmt"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/session"
)

// clients is the node's side of its connections.
type clients struct {
	// byID is indexed by ClientID; nil where there is no client.
	byID []*client
	// connected counts the entries of byID that are not nil.
	connected int
	// lastSession is the number of the newest client in CLIENT ID, which is never reused.
	lastSession int64
	// unexecuted is the sum of all clients' pending input, in bytes; promised is what of it there is room for beyond that.
	unexecuted, promised int
	// waiting are the clients with parked replies, in the order in which they began to wait.
	waiting []*client
	// current is the client whose command is being executed.
	current *client
	// sessions are the clients' sessions and the tables between them.
	sessions *session.Registry
	// queued is the sum of all clients' queues, in bytes.
	queued int
	deliveries
	pause
}

// client is one connection.
type client struct {
	id      ClientID
	session session.Session
	parser  resp.Parser
	// pending is input that has not been executed: an incomplete command, or whatever arrived while held.
	pending []byte
	// promised is how much of the room in pending waits for a large argument, in bytes.
	promised int
	// ordinal counts the commands executed on this connection.
	ordinal uint64
	held    hold
	closed  bool
	// hasWaited says that its next command need not wait for a mark any more.
	hasWaited bool
	// parked are replies that wait, oldest first. While there are any, every later reply waits behind them, so that a
	// connection's replies keep the order of its commands.
	parked      []*parkedReply
	parkedBytes int
	// run is the index of the client's open run in execution.runs, or -1.
	run int
	// unread is what was pushed to the client since everything had left, in bytes.
	unread int
	// doomed says that the client is among those to be closed at the end of the command.
	doomed bool
	transaction
	unsettled
}

// hold is the set of reasons for which a client's next commands must wait.
type hold uint8

const (
	heldByProposal hold = 1 << iota // its configuration change is undecided
	heldByDrain                     // it has been sent a burst that has not left yet
	heldByParked                    // its parked replies fill their bound
	heldByPause                     // CLIENT PAUSE
	heldByCommand                   // its command is executed in pieces
	heldByTurn                      // it has published so much that others come first
	heldByMark                      // it was sent here for a slot whose mark has not come yet
)

// parkedReply is a reply, or several in a row, that may not leave yet.
type parkedReply struct {
	// ready says that bytes are complete. It is false while a proposal is undecided.
	ready bool
	bytes []byte
	// muted says that nobody wants the reply that is still to come (CLIENT REPLY).
	muted bool
}

func (n *Node) clientOpened(e *ClientOpened) {
	for int(e.Client) >= len(n.byID) {
		n.byID = append(n.byID, nil)
	}
	if n.byID[e.Client] != nil {
		panic(fmt.Sprintf("core: client %d is open already", e.Client))
	}
	n.lastSession++
	n.connected++
	n.counters.Connections++
	c := &client{id: e.Client, run: -1}
	c.session = session.Session{
		ID: n.lastSession, Connection: uint32(e.Client), Protocol: 2, CreatedWall: n.at.Wall, UsedWall: n.at.Wall,
		Authenticated: n.settings.RequirePass == "", TLS: e.TLS,
	}
	c.parser.Limits.MaxBulk = n.maxBulk()
	if e.Path != "" {
		c.session.Address, c.session.LocalAddress, c.session.Unix = e.Path+":0", e.Path+":0", true
	}
	if e.Remote.IsValid() {
		c.session.Address = e.Remote.String()
	}
	if e.Local.IsValid() {
		c.session.LocalAddress = e.Local.String()
	}
	n.byID[e.Client] = c
	n.sessions.Open(&c.session)
}

func (n *Node) clientClosed(e *ClientClosed) {
	if c := n.client(e.Client); c != nil {
		if e.Overrun {
			n.counters.OutputOverruns++
		}
		n.forget(c)
	}
}

// client returns an open client, or nil: a driver may have read input before it carried out a CloseClient.
func (n *Node) client(id ClientID) *client {
	if int(id) >= len(n.byID) || n.byID[id] == nil {
		n.options.Marks.Hit(marks.UnknownClient)
		return nil
	}
	return n.byID[id]
}

// forget drops all that the node holds for a client. A proposal that it made goes on without it.
func (n *Node) forget(c *client) {
	c.closed = true
	n.unexecuted -= len(c.pending)
	n.promise(c, 0)
	c.pending, c.parked = nil, nil
	n.sessions.Close(&c.session)
	n.dropQueue(c)
	n.byID[c.id] = nil
	n.connected--
}

// close ends a connection after the replies that it has been sent.
func (n *Node) close(c *client) {
	n.flushReplies()
	n.emit(Effect{Kind: CloseClient, Client: c.id})
	n.forget(c)
}

func (n *Node) clientBatch(batch *ClientBatch) {
	for i := range batch.Inputs {
		input := &batch.Inputs[i]
		if c := n.client(input.Client); c != nil {
			n.receive(c, input.Bytes)
		}
	}
	n.finishRuns()
}

func (n *Node) clientDrained(e *ClientDrained) {
	if c := n.client(e.Client); c != nil {
		c.held &^= heldByDrain
		c.unread = 0
		n.resume(c)
	}
}

// resume executes what arrived while the client was held.
func (n *Node) resume(c *client) {
	if c.held != 0 || c.closed || len(c.pending) == 0 {
		return
	}
	n.options.Marks.Hit(marks.HeldClientResumed)
	n.receive(c, nil)
	n.finishRuns()
}

// keep stores input that cannot be executed yet, unless that passes a bound: then the client is closed without a word, as
// Redis does it. It reports whether the client is still there.
func (n *Node) keep(c *client, input []byte) bool {
	if n.overruns(c, len(c.pending)+len(input)) {
		n.overrun(c)
		return false
	}
	n.reserve(c, len(input))
	c.pending = append(c.pending, input...)
	n.unexecuted += len(input)
	return true
}

// overruns reports whether so much unexecuted input of one client is more than the node may hold, for it or for all.
func (n *Node) overruns(c *client, pending int) bool {
	return pending > n.queryBuffer() || n.unexecuted-len(c.pending)+pending > n.options.Limits.QueryBuffers
}

// overrun closes a client that makes the node hold too much.
func (n *Node) overrun(c *client) {
	n.options.Marks.Hit(marks.QueryBufferOverrun)
	n.counters.QueryBufferOverruns++
	n.close(c)
}

// reserve prepares for more input. A large argument is given its room at once as long as all that is promised to clients, and
// has not arrived, fits into what they may make the node hold. Beyond that a buffer doubles until it fits: it is never larger than
// twice what has arrived, whatever length was announced.
func (n *Node) reserve(c *client, more int) {
	needs := c.parser.Needs()
	if needs >= largeArgument && more > cap(c.pending)-len(c.pending) {
		room := max(more, needs)
		if n.unexecuted+n.promised+room > n.options.Limits.QueryBuffers {
			room = max(more, min(needs, len(c.pending)+more))
		}
		grown := make([]byte, len(c.pending), len(c.pending)+room)
		copy(grown, c.pending)
		c.pending = grown
		n.promise(c, room)
	}
	n.promise(c, max(0, c.promised-more))
}

// promise notes how much room a client has been given for input that has not arrived.
func (n *Node) promise(c *client, room int) {
	n.promised += room - c.promised
	c.promised = room
}

// largeArgument is an argument for which the room is measured out.
const largeArgument = 64 << 10

// setPending replaces a client's unexecuted input by rest, which may be the end of the same memory.
func (n *Node) setPending(c *client, rest []byte) {
	n.unexecuted += len(rest) - len(c.pending)
	switch {
	case len(rest) == 0 && cap(c.pending) > maxKeptPending:
		c.pending = nil
	case len(rest) > 0 && len(c.pending) > 0 && &rest[0] == &c.pending[0]:
		n.options.Marks.Hit(marks.IncompleteInputKept)
		// Nothing of it was executed: a value of 512 MiB that comes in pieces must not be moved at each of them.
		c.pending = rest
		return
	default:
		c.pending = append(c.pending[:0], rest...)
	}
	n.promise(c, 0)
}

// maxKeptPending bounds the input buffer that an idle client keeps.
const maxKeptPending = 16 << 10

// park adds a reply of the client that is not known yet. What the client has been replied so far in this Step stays ahead.
func (n *Node) park(c *client) *parkedReply {
	n.flushReplies()
	reply := &parkedReply{muted: c.session.Muted()}
	n.enqueueParked(c, reply)
	return reply
}

func (n *Node) enqueueParked(c *client, reply *parkedReply) {
	n.options.Marks.Hit(marks.ReplyParked)
	if len(c.parked) == 0 {
		n.waiting = append(n.waiting, c)
	}
	c.parked = append(c.parked, reply)
	c.parkedBytes += len(reply.bytes)
	if c.parkedBytes > n.options.Limits.ParkedReplies {
		c.held |= heldByParked
	}
}

// releaseParked sends the replies that need to wait no longer, and lets their clients go on.
func (n *Node) releaseParked() {
	waiting := n.waiting
	n.waiting = nil
	for _, c := range waiting {
		if c.closed {
			continue
		}
		n.sendParked(c)
		if len(c.parked) > 0 {
			n.waiting = append(n.waiting, c)
		}
	}
	// Executing may park again, so it comes after the list is whole.
	for _, c := range waiting {
		n.resume(c)
	}
}

// sendParked sends the head of a client's parked replies, as far as it is ready.
func (n *Node) sendParked(c *client) {
	if !n.isOpen {
		return
	}
	for len(c.parked) > 0 && c.parked[0].ready {
		n.options.Marks.Hit(marks.ParkedReplySent)
		reply := c.parked[0]
		c.parked = c.parked[1:]
		n.emit(Effect{Kind: Reply, Client: c.id, Bytes: reply.bytes})
	}
	if len(c.parked) == 0 {
		c.parked, c.parkedBytes = nil, 0
		c.held &^= heldByParked
	}
	if len(c.parked) == 0 && c.session.CloseAfterReply {
		n.close(c)
	}
}
