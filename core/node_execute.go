package core

import (
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
)

// windowSize is how many commands are parsed before the first of them is executed. All that can be known of a command
// before it runs is computed for the whole window at once, so that the memory that they will need is on its way.
const windowSize = 32

// execution is the way from a batch's bytes to its replies:
//
//	inputs ──parse──► window (up to windowSize commands, of several clients) ──prepare──► execute in order ──► replies
type execution struct {
	// reply collects the replies of a Step. Its bytes from unsentFrom on belong to unsentTo and have not been emitted.
	reply      resp.Writer
	unsentFrom int
	unsentTo   *client
	// runs are the inputs of the batch being executed. Invariant: empty between Steps.
	runs   []run
	window []parsed
	// arguments holds the argument slices of the window's commands.
	arguments [][]byte
	context   command.Context
	// nextExpiry is when active expiry wants its next round.
	nextExpiry time.Duration
	// owned are the slots that this node serves.
	owned slots.Set
}

// run is the input of one client, part of it executed, part of it parsed, the rest to come.
type run struct {
	client *client
	buf    []byte
	// Invariant: executed <= parsed <= len(buf), both at the start of a command.
	executed, parsed int
	// stopped is set when the client has to wait, or is gone, though more of its commands may be parsed.
	stopped bool
}

// parsed is one command, or the error in its framing.
type parsed struct {
	run  int
	end  int // offset behind the command in the run's buf
	args [][]byte
	err  error
	row  *command.Row
	slot slots.Slot
	// keys says what the command's keys are.
	keys keyState
}

// keyState says what was found in looking for a command's keys.
type keyState uint8

const (
	keyless   keyState = iota // the command has no keys
	oneSlot                   // all keys are in one slot
	crossSlot                 // not all keys are in the slot of the first
	malformed                 // unknown command, wrong arity, or arguments in which keys cannot be found
)

// receive executes a client's input as far as it goes and keeps the rest.
func (n *Node) receive(c *client, input []byte) {
	if c.run >= 0 {
		n.finishRuns() // its input before this one
		if c.closed {
			return
		}
	}
	if c.held != 0 {
		n.keep(c, input)
		return
	}
	buf := input
	if len(c.pending) > 0 {
		if !n.keep(c, input) {
			return
		}
		buf = c.pending
	}
	c.run = len(n.runs)
	n.runs = append(n.runs, run{client: c, buf: buf})
	n.parse(c.run)
}

// parse fills the window with the commands of a run, executing it whenever it is full.
func (n *Node) parse(index int) {
	c := n.runs[index].client
	for !n.runs[index].stopped {
		r := &n.runs[index]
		args, size, err := c.parser.Next(r.buf[r.parsed:])
		if err == nil && size == 0 {
			return
		}
		r.parsed += size
		if err == nil && len(args) == 0 {
			continue // a blank line
		}
		start := len(n.arguments)
		n.arguments = append(n.arguments, args...)
		n.window = append(n.window, parsed{run: index, end: r.parsed, args: n.arguments[start:len(n.arguments):len(n.arguments)], err: err})
		if err != nil {
			return
		}
		// The arguments of an inline command lie in the parser, until it parses the next one.
		inline := r.buf[r.parsed-size] != '*'
		if inline || len(n.window) == windowSize {
			n.executeWindow()
		}
	}
}

// finishRuns executes what is parsed and keeps every run's rest for its client.
func (n *Node) finishRuns() {
	n.executeWindow()
	for i := range n.runs {
		r := &n.runs[i]
		r.client.run = -1
		if r.client.closed {
			continue
		}
		rest := r.buf[r.parsed:]
		if r.stopped {
			r.client.parser = resp.Parser{} // it has seen commands that will be parsed again
			rest = r.buf[r.executed:]
		}
		if len(rest) > n.options.Limits.QueryBuffer {
			n.counters.QueryBufferOverruns++
			n.close(r.client)
			continue
		}
		n.setPending(r.client, rest)
	}
	clear(n.runs)
	n.runs = n.runs[:0]
}

// executeWindow executes the parsed commands in order, leaving out those of clients that have to wait.
func (n *Node) executeWindow() {
	for i := range n.window {
		n.prepare(&n.window[i])
	}
	n.space.Prefetch()
	for i := range n.window {
		p := &n.window[i]
		r := &n.runs[p.run]
		if r.stopped {
			continue
		}
		n.execute(r.client, p)
		r.executed = p.end
		r.stopped = r.client.held != 0 || r.client.closed
	}
	n.space.EndWindow()
	clear(n.window)
	n.window = n.window[:0]
	clear(n.arguments)
	n.arguments = n.arguments[:0]
}

// prepare finds a command's row and the slot of its keys, and announces the keys to the keyspace if they may be there.
func (n *Node) prepare(p *parsed) {
	if p.err != nil {
		return
	}
	p.row = command.Resolve(p.args)
	if p.row == nil || !p.row.ArityFits(len(p.args)) {
		p.keys = malformed
		return
	}
	keys, ok := p.row.KeyPositions(p.args)
	switch {
	case !ok:
		p.keys = malformed
		return
	case keys.Count == 0:
		return
	}
	p.slot, p.keys = slots.Of(p.args[keys.First]), oneSlot
	for i := 1; i < keys.Count; i++ {
		if slots.Of(p.args[keys.First+i*keys.Step]) != p.slot {
			p.keys = crossSlot
			return
		}
	}
	if n.owned.Contains(p.slot) {
		for i := range keys.Count {
			n.space.Expect(p.slot, p.args[keys.First+i*keys.Step])
		}
	}
}

// execute runs one command and writes its reply, or an error in its place.
func (n *Node) execute(c *client, p *parsed) {
	n.writeRepliesTo(c)
	if p.err != nil {
		n.counters.ProtocolErrors++
		n.reply.Error(p.err.Error())
		c.session.CloseAfterReply = true
		n.afterCommand(c)
		return
	}
	c.ordinal++
	n.counters.Commands++
	n.current = c
	ctx := &n.context
	ctx.Args, ctx.Row, ctx.Slot, ctx.Session, ctx.Wall = p.args, p.row, p.slot, &c.session, n.at.Wall
	asking := c.session.Asking
	if err := n.admit(c, p); err != nil {
		n.reply.Error(err.Error())
	} else {
		if n.options.Observer != nil {
			n.options.Observer.Executed(c.id, c.ordinal)
		}
		p.row.Run(ctx)
	}
	// ASKING counts for the next command only, so it ends with any command that did not set it just now.
	if asking {
		c.session.Asking = false
	}
	n.current = nil
	n.afterCommand(c)
}

// afterCommand does what a reply entails: close, or wait until what was sent has left.
func (n *Node) afterCommand(c *client) {
	if c.session.CloseAfterReply {
		n.flushReplies()
		if len(c.parked) == 0 {
			n.close(c)
		} else {
			c.held |= heldByParked // the last replies are still to come, but no further command
		}
		return
	}
	if len(n.reply.Buf)-n.unsentFrom >= n.options.Limits.ReplyBurst {
		n.flushReplies()
	}
}

// admit checks what Redis checks before it runs a command, in the same order: the command itself, then that its keys
// are in one slot which somebody serves, then who does. See getNodeByQuery in Redis and the cluster specification,
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/.
func (n *Node) admit(c *client, p *parsed) error {
	if p.keys == malformed {
		return command.Refusal(p.args, p.row)
	}
	if p.keys == keyless {
		return nil
	}
	if p.keys == oneSlot && n.owned.Contains(p.slot) && n.serving {
		return nil
	}
	return n.redirect(c, p)
}

// redirect finds why a keyed command cannot be executed here, or nil if it can.
func (n *Node) redirect(c *client, p *parsed) error {
	owner, assigned := n.state.PrimaryOf(p.slot)
	if !assigned {
		n.counters.Unserved++
		return redirect.SlotNotServed
	}
	if p.keys == crossSlot {
		return redirect.CrossSlot
	}
	if !n.serving {
		switch {
		case !n.options.AllowReadsWhenDown:
			n.counters.Unserved++
			return redirect.ClusterDown
		case p.row.Flags.Has(command.Write):
			n.counters.Unserved++
			return redirect.ClusterDownReadOnly
		}
	}
	if owner.ID == n.self {
		return nil
	}
	n.counters.Redirects++
	return redirect.Moved{Slot: uint16(p.slot), Endpoint: n.view.EndpointOf(&owner), Port: owner.ClientPort}
}

// writeRepliesTo makes the writer's next bytes the client's, in its protocol.
func (n *Node) writeRepliesTo(c *client) {
	if n.unsentTo != c {
		n.flushReplies()
		n.unsentTo = c
	}
	n.reply.Protocol = c.session.Protocol
}

// flushReplies emits the replies that have been written, or parks them if they may not leave yet.
func (n *Node) flushReplies() {
	bytes := n.reply.Buf[n.unsentFrom:]
	if len(bytes) == 0 {
		return
	}
	c := n.unsentTo
	if len(c.parked) > 0 || !n.opened() {
		n.enqueueParked(c, &parkedReply{ready: true, bytes: append([]byte(nil), bytes...)})
		n.reply.Buf = n.reply.Buf[:n.unsentFrom]
		return
	}
	kind := Reply
	if len(bytes) >= n.options.Limits.ReplyBurst {
		kind = ReplyAndDrain
		c.held |= heldByDrain
	}
	n.emit(Effect{Kind: kind, Client: c.id, Bytes: bytes[:len(bytes):len(bytes)]})
	n.unsentFrom = len(n.reply.Buf)
}
