package core

import (
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/session"
	"github.com/ember-cluster/ember/core/slots"
)

// windowSize is how many commands are parsed before the first of them is executed. All that can be known of a command
// before it runs is computed for the whole window at once, so that the memory that they will need is on its way.
const windowSize = 64

// execution is the way from a batch's bytes to its replies:
//
//	inputs ──parse, prepare──► window (up to windowSize commands, of several clients) ──execute in order──► replies
type execution struct {
	// reply collects the replies of a Step. Its bytes from unsentFrom on belong to unsentTo and have not been emitted.
	reply      resp.Writer
	unsentFrom int
	unsentTo   *client
	// runs are the inputs of the batch being executed. Invariant: empty between Steps.
	runs []run
	// window has room for windowSize commands. Invariant: whoever fills it executes it, and what is behind its end is zero.
	window []parsed
	// arguments holds the argument slices of the window's commands.
	arguments [][]byte
	// openings are those of requests that came lately.
	openings openings
	context  command.Context
	// muted takes the replies that nobody wants (CLIENT REPLY).
	muted resp.Writer
	stopwatch
	// continued are the commands that are executed in pieces, in the order in which they began.
	continued []continued
	// nextExpiry is when active expiry wants its next round.
	nextExpiry time.Duration
	// expiryOff is set by DEBUG SET-ACTIVE-EXPIRE 0.
	expiryOff bool
	// owned are the slots that this node serves, settled those of them which are not on their way elsewhere.
	owned, settled slots.Set
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

// parse fills the window with the commands of a run, executing it whenever it, or that of their keys, is full.
func (n *Node) parse(index int) {
	c := n.runs[index].client
	known := n.meet(c)
	for !n.runs[index].stopped {
		r := &n.runs[index]
		start := len(n.arguments)
		arguments, size, opening, err := n.next(c, r.buf[r.parsed:])
		if err == nil && size == 0 {
			return
		}
		request := r.buf[r.parsed : r.parsed+size]
		r.parsed += size
		if err == nil {
			n.arguments = arguments
		}
		args := n.arguments[start:len(n.arguments):len(n.arguments)]
		if err == nil && len(args) == 0 {
			continue // a blank line
		}
		n.window = n.window[:len(n.window)+1]
		p := &n.window[len(n.window)-1]
		p.run, p.end, p.args, p.err = index, r.parsed, args, err
		switch {
		case opening != nil:
			p.row = opening.row
			n.prepareKeys(p, opening.keys)
		case err == nil:
			n.prepare(p, request)
		}
		// How much a stranger may send depends on whether this command lets it in.
		full := len(n.window) == windowSize || n.space.WindowFull()
		if full {
			n.options.Marks.Hit(marks.WindowFull)
		}
		if full || !known {
			n.executeWindow()
			known = n.meet(c)
		}
		if err != nil {
			return
		}
	}
}

// next reads the request at the start of a client's input and appends its arguments to those of the window. The opening is nil if
// nothing is known of it.
func (n *Node) next(c *client, input []byte) (arguments [][]byte, size int, opening *knownOpening, err error) {
	if opening = n.openings.find(input); opening != nil {
		if arguments, size = c.parser.AppendLike(&opening.Opening, n.arguments, input); size > 0 {
			return arguments, size, opening, nil
		}
	}
	arguments, size, err = c.parser.AppendNext(n.arguments, input)
	return arguments, size, nil, err
}

// meet reports whether a client has authenticated, and has its input parsed accordingly.
func (n *Node) meet(c *client) bool {
	known := n.settings.MayUse(&c.session)
	c.parser.SetAuthenticated(known)
	return known
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
			// The parser has seen commands that will be parsed again.
			r.client.parser = resp.Parser{Limits: r.client.parser.Limits}
			rest = r.buf[r.executed:]
		}
		if n.overruns(r.client, len(rest)) {
			n.overrun(r.client)
			continue
		}
		n.setPending(r.client, rest)
	}
	clear(n.runs)
	n.runs = n.runs[:0]
}

// executeWindow executes the parsed commands in order, leaving out those of clients that have to wait.
func (n *Node) executeWindow() {
	n.space.Prefetch()
	n.endStretch() // what comes from here on is timed
	for i := range n.window {
		p := &n.window[i]
		r := &n.runs[p.run]
		// A command of another client may have closed this one, or made it wait.
		r.stopped = r.stopped || r.client.held != 0 || r.client.closed
		if r.stopped || n.mayPostpone(r.client) && n.postpone(r.client, p) {
			r.stopped = true
			continue
		}
		n.execute(r.client, p)
		r.executed = p.end
		r.stopped = r.client.held != 0 || r.client.closed
	}
	n.endStretch()
	n.space.EndWindow()
	clear(n.window)
	n.window = n.window[:0]
	clear(n.arguments)
	n.arguments = n.arguments[:0]
	if cap(n.arguments) > maxKeptArguments {
		n.arguments = nil
	}
}

// maxKeptArguments bounds the room for arguments that is kept for the next window.
const maxKeptArguments = 16 << 10

// prepare finds a request's row and keys.
func (n *Node) prepare(p *parsed, request []byte) {
	p.row = command.Resolve(p.args)
	if p.row == nil || !p.row.ArityFits(len(p.args)) {
		p.keys = malformed
		return
	}
	keys, ok := p.row.KeyPositions(p.args)
	if !ok {
		p.keys = malformed
		return
	}
	n.openings.learn(request, p.row, keys)
	n.prepareKeys(p, keys)
}

// prepareKeys finds the slot of a command's keys, and announces them to the keyspace if they may be there.
func (n *Node) prepareKeys(p *parsed, keys command.KeyRange) {
	if keys.Count == 0 {
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
	n.beginCommand(c, p)
	switch err := n.admit(c, p); {
	case err != nil:
		n.refuse(c, p, err)
	case c.session.Transaction.Open && !p.row.Immediate:
		n.enqueue(c, p)
	default:
		if n.options.Observer != nil {
			n.options.Observer.Executed(c.id, c.ordinal)
		}
		n.run(p.row, p.args, p.slot)
	}
	n.endCommand(c, p)
	n.afterCommand(c)
}

// beginCommand prepares the context of a client's command.
func (n *Node) beginCommand(c *client, p *parsed) {
	s := &c.session
	n.current = c
	n.sessions.Begin(s)
	s.UsedWall, s.LastCommand = n.at.Wall, ""
	if p.row != nil {
		s.LastCommand = p.row.Name
	}
	ctx := &n.context
	ctx.Session, ctx.Wall, ctx.Reply = s, n.at.Wall, &n.reply
	ctx.Replica = n.paused != notPaused // a pause also stops what expires
	if s.Replies != session.ReplyOn && s.Muted() && !(p.row != nil && p.row.PushReply) {
		n.muted.Buf, n.muted.Protocol = n.muted.Buf[:0], s.Protocol
		ctx.Reply = &n.muted
	}
}

// run executes one command: the client's own, or one that EXEC has taken from its queue.
func (n *Node) run(row *command.Row, args [][]byte, slot slots.Slot) {
	ctx := &n.context
	ctx.Args, ctx.Row, ctx.Slot = args, row, slot
	start := len(ctx.Reply.Buf)
	n.timed(row, args)
	n.stirred = n.stirred || !row.OnlyKeys()
	n.count(row, start)
	if ctx.Session.Tracking.On && row.Flags.Has(command.ReadOnly) {
		n.remember(row, args)
	}
	if n.sessions.Monitors() > 0 && !row.Flags.Has(command.Admin) {
		n.sessions.Show(command.DescribeCommand(n.at.Wall, ctx.Session, row, args))
	}
}

// endCommand ends what counts for one command only, and sends what had to wait for its end.
func (n *Node) endCommand(c *client, p *parsed) {
	s := &c.session
	if !s.Transaction.Open {
		// What is said ahead of MULTI counts until EXEC.
		s.Asking = s.Asking && p.row == askingRow
		s.Tracking.Caching = s.Tracking.Caching && p.row != nil && strings.HasPrefix(p.row.Name, "client|")
		if len(c.queue) > 0 {
			n.dropQueue(c)
		}
	}
	if s.Replies != session.ReplyOn {
		s.NextReply()
	}
	if p.row == resetRow && !n.settings.MayUse(s) {
		n.yield(c) // what was parsed ahead was not parsed as a stranger's
	}
	n.current = nil
	if len(n.deferred) > 0 {
		n.sendDeferred(c)
	}
	n.sessions.End()
}

// The commands that this file treats in ways of their own: the mark of ASKING outlives it, RESET can make a client a stranger.
var (
	askingRow = command.Lookup([]byte("asking"))
	resetRow  = command.Lookup([]byte("reset"))
)

// afterCommand does what a reply entails: close, or wait until what was sent has left.
func (n *Node) afterCommand(c *client) {
	if len(n.doomed) > 0 {
		n.closeDoomed()
	}
	if c.closed {
		return
	}
	if n.overRetained(c) {
		n.overrun(c)
		return
	}
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
	s := &c.session
	if !n.settings.MayUse(s) && !p.row.Flags.Has(command.NoAuth) {
		return command.AuthenticationRequired()
	}
	if s.Transaction.Open {
		if p.row.Flags.Has(command.NoMulti) {
			return command.NotInTransaction()
		}
		if p.row == execRow {
			p.slot, p.keys = c.queueSlot, c.queueKeys // it goes where all that it will run goes
		}
	}
	if p.keys != keyless && !(p.keys == oneSlot && n.settled.Contains(p.slot) && n.serving) {
		if err := n.redirect(c, p); err != nil {
			return err
		}
	}
	if n.settings.MaxMemory > 0 {
		if err := n.admitMemory(c, p.row); err != nil {
			return err
		}
	}
	if s.Subscribed() || s.Monitor {
		return command.AdmitListener(s, p.row)
	}
	return nil
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
	shardChannel := p.row.Flags.Has(command.PubSub)
	if n.attempt != nil {
		n.counters.Unserved++
		return redirect.ClusterDown
	}
	if !n.serving {
		switch {
		case shardChannel && n.settings.ShardChannelsWhenDown:
		case shardChannel || !n.settings.ReadsWhenDown:
			n.counters.Unserved++
			return redirect.ClusterDown
		case p.row.Flags.Has(command.Write):
			n.counters.Unserved++
			return redirect.ClusterDownReadOnly
		}
	}
	switch {
	case shardChannel:
	case n.migrating.Contains(p.slot):
		return n.serveMigrating(c, p)
	case n.Imports(p.slot) && asks(c, p.row):
		return n.serveImporting(c, p)
	}
	if owner.ID == n.self || shardChannel && n.inShardOf(p.slot) {
		return nil
	}
	return n.elsewhere(c, p, &owner)
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
	if n.mustPark(c) {
		n.enqueueParked(c, &parkedReply{ready: true, bytes: append([]byte(nil), bytes...)})
		n.reply.Buf = n.reply.Buf[:n.unsentFrom]
		return
	}
	n.emitReply(c, bytes[:len(bytes):len(bytes)], len(bytes) >= n.options.Limits.ReplyBurst, cap(n.reply.Buf) > maxKeptArena)
	n.unsentFrom = len(n.reply.Buf)
}

// mustPark reports whether what is said to the client now has to wait.
func (n *Node) mustPark(c *client) bool { return len(c.parked) > 0 || !n.isOpen }

// emitReply sends bytes to a client, and holds its next commands until they have left if drain is set. If they are kept, their
// memory is not used again.
func (n *Node) emitReply(c *client, bytes []byte, drain, kept bool) {
	kind := Reply
	if drain {
		kind = ReplyAndDrain
		c.held |= heldByDrain
	}
	n.emit(Effect{Kind: kind, Client: c.id, Bytes: bytes, Kept: kept})
}
