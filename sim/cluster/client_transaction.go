package cluster

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// maxRounds is how often a client tries a transaction whose watched keys have changed.
const maxRounds = 3

// transaction is a task of several commands. One that watches keys has a connection to itself, since what is watched is the
// connection's: WATCH and a read, then, when the read has been answered, all from MULTI on.
//
//	ahead: WATCH, read ──answered──► block: MULTI, commands, EXEC ──► a reply ──► finished; tried anew if a key had changed
//	  └─────── lost, refused ──► again          └── refused, moved ──► again        lost ──► unknown
type transaction struct {
	ahead, block pipeline
	round        int // of tries whose watched keys had changed
	// isAhead says which of the two has been sent, missing how many of its replies are still to come.
	isAhead bool
	missing int
	// conn is the connection that it has to itself.
	conn   *connection
	asking bool
	// torn says that it watches keys and has several. Where a slot is on its way, ASK says where one command has its keys, and not where
	// the others have theirs: such a transaction waits until the slot has arrived.
	torn bool
	// read is what the client has read ahead.
	read linearizability.Reply
	// refusal is the first error that says that a command was not even queued, for it has to go elsewhere or wait.
	refusal []byte
}

// pipeline is some commands that are sent at once.
type pipeline struct {
	encoded []byte
	ends    []int // of the commands
}

func (p *pipeline) add(args ...string) {
	p.encoded = resp.AppendCommand(p.encoded, args...)
	p.ends = append(p.ends, len(p.encoded))
}

// newTransaction returns the task of a transaction.
func (c *client) newTransaction(args []string) (*task, error) {
	split, err := linearizability.SplitTransaction(args)
	if err != nil {
		return nil, err
	}
	x := &transaction{}
	t := c.taskOf(args)
	t.transaction, t.op.readOnly = x, true
	runs := !split.Discarded
	add := func(p *pipeline, args []string) {
		row := c.note(t, args)
		switch {
		case row == nil || !row.ArityFits(len(args)):
			runs = false
		case !row.Flags.Has(command.ReadOnly):
			t.op.readOnly = false
		}
		p.add(args...)
	}
	if split.Watch != nil {
		x.ahead.add(split.Watch...)
		add(&x.ahead, split.Read)
	}
	end := "EXEC"
	if split.Discarded {
		end = "DISCARD"
	}
	x.block.encoded = make([]byte, 0, 64*(2+len(split.Commands)))
	x.block.ends = make([]int, 0, 2+len(split.Commands))
	x.block.add("MULTI")
	for _, args := range split.Commands {
		add(&x.block, args)
	}
	x.block.add(end)
	t.op.readOnly = t.op.readOnly || !runs
	x.torn = split.Watch != nil && severalKeys(split)
	return t, nil
}

// severalKeys reports whether the keys of a transaction that watches some are not all the same.
func severalKeys(t linearizability.Transaction) bool {
	first := t.Watch[1]
	other := func(key string) bool { return key != first }
	return slices.ContainsFunc(t.Watch[1:], other) || slices.ContainsFunc(t.Commands, func(args []string) bool {
		row := rowOf(args)
		if row == nil {
			return false
		}
		keys, _ := row.KeysAmong(len(args))
		for i := range keys.Count {
			if other(args[keys.First+i*keys.Step]) {
				return true
			}
		}
		return false
	})
}

// note notes the keys of a transaction's command, and the slot of the first. It returns the command's row.
func (c *client) note(t *task, args []string) *command.Row {
	row := rowOf(args)
	if row == nil {
		return nil
	}
	if keys, ok := row.KeysAmong(len(args)); ok && keys.Count > 0 {
		slot, _ := c.cluster.history.touch(args, keys)
		if !t.keyed {
			t.slot, t.keyed = slot, true
		}
	}
	return row
}

// sendTransaction begins a transaction, from the start.
func (c *client) sendTransaction(t *task) {
	x := t.transaction
	x.isAhead, x.asking, x.refusal = x.ahead.ends != nil, t.asking, nil
	target := c.target(t)
	t.target, t.asking = transport.Address{}, false
	if !x.isAhead {
		c.sendPart(c.connectionTo(target), t, &x.block)
		return
	}
	x.conn = c.connectionOfItsOwn(target)
	x.conn.held = true
	c.sendPart(x.conn, t, &x.ahead)
}

// sendPart sends what comes ahead of MULTI, or all from it on. ASKING counts for one command, and for a transaction as a whole.
// What is sent is cut somewhere, so that other clients' commands can come in between. Now and then the client thinks about the last
// part for a while, on a connection that it has to itself.
func (c *client) sendPart(conn *connection, t *task, p *pipeline) {
	x := t.transaction
	x.missing = len(p.ends)
	draw := c.random.At(c.cluster.World.Now())
	cut, thinks := draw.IntN(len(p.ends)), x.conn != nil && !x.isAhead && draw.Chance(random.Million/40)
	start := 0
	for i, end := range p.ends {
		ask := x.asking && (x.isAhead || i == 0)
		if ask {
			conn.write(c, askingCommand, nil)
		}
		conn.expect(c, t)
		switch last := i == len(p.ends)-1; {
		case last && thinks:
			c.unsent = append(c.unsent, unsent{c.host.Now() + draw.Exponential(300*time.Millisecond), conn, p.encoded[start:end]})
		case ask || i == cut || last:
			c.bus.SendStream(conn.stream, p.encoded[start:end])
			start = end
		}
	}
	t.op.attempted(Attempt{
		At: c.cluster.World.Now(), log: conn.log, Ordinal: conn.sent, Ahead: x.isAhead,
	})
}

// unsent is what goes out on a connection at a later time, if the connection is there still.
type unsent struct {
	at   time.Duration
	conn *connection
	data []byte
}

// sendUnsent sends what is due.
func (c *client) sendUnsent() {
	now := c.host.Now()
	c.unsent = slices.DeleteFunc(c.unsent, func(u unsent) bool {
		if u.at > now {
			return false
		}
		if slices.Contains(c.connections, u.conn) {
			c.bus.SendStream(u.conn.stream, u.data)
		}
		return true
	})
}

var askingCommand = resp.AppendCommand(nil, "ASKING")

// transactionReply handles the reply to one command of a transaction.
func (c *client) transactionReply(conn *connection, t *task, reply *resp.Value) {
	x := t.transaction
	x.missing--
	reason, refused := refusalOf(reply)
	if refused && x.refusal == nil {
		x.refusal = bytes.Clone(reason)
	}
	switch {
	case x.missing > 0:
		c.checkQueued(conn, t, reply)
	case x.isAhead:
		c.readAhead(conn, t, reply, refused)
	default:
		c.ended(conn, t, reply, refused)
	}
}

// refusalOf returns the reason of a reply that says that a command was not executed, for it has to go elsewhere or wait.
func refusalOf(reply *resp.Value) (reason []byte, ok bool) {
	if reply.Kind != resp.KindError {
		return nil, false
	}
	// EXEC that is refused itself says so with the reason behind it.
	reason = bytes.TrimPrefix(reply.Str, []byte("EXECABORT Transaction discarded because of: "))
	return reason, isRefusal(reason)
}

// checkQueued checks the replies to all but the last command: MULTI and WATCH say OK, and what is queued says so, unless it is an
// error.
func (c *client) checkQueued(conn *connection, t *task, reply *resp.Value) {
	x := t.transaction
	want := "QUEUED"
	if x.isAhead || x.missing == len(x.block.ends)-1 {
		want = "OK"
	}
	if reply.Kind != resp.KindError && !(reply.Kind == resp.KindSimple && string(reply.Str) == want) {
		c.cluster.World.Fail(sim.Violation, "transaction reply",
			fmt.Sprintf("%v answers %v to a command of %q, not %s", conn.address, reply, t.op.Args, want))
	}
}

// readAhead goes on with MULTI, unless a key has to be looked for elsewhere.
func (c *client) readAhead(conn *connection, t *task, reply *resp.Value, refused bool) {
	x := t.transaction
	if x.refusal != nil {
		attempt := t.lastAttempt()
		attempt.Harmless, attempt.Refusal = refused, string(x.refusal)
		conn.write(c, c.encode("UNWATCH"), nil)
		x.release()
		c.againTransaction(conn, t)
		return
	}
	x.read = c.cluster.history.replies.model(reply)
	x.isAhead = false
	c.sendPart(conn, t, &x.block)
}

// ended handles the reply to EXEC or DISCARD.
func (c *client) ended(conn *connection, t *task, reply *resp.Value, refused bool) {
	x := t.transaction
	x.release()
	attempt := t.lastAttempt()
	attempt.Harmless = refused
	attempt.Idle = !refused && reply.Kind != resp.KindArray
	attempt.Refusal = string(x.refusal)
	if x.refusal != nil {
		if reply.Kind == resp.KindArray {
			c.cluster.World.Fail(sim.Violation, "transaction reply",
				fmt.Sprintf("%v ran %q, of which it had refused a part", conn.address, t.op.Args))
		}
		c.againTransaction(conn, t)
		return
	}
	end, args := c.cluster.history.replies.model(reply), t.op.Args
	if x.ahead.ends == nil {
		c.finishWith(t, end)
		return
	}
	c.finishWith(t, linearizability.Reply{Kind: linearizability.Array, Items: []linearizability.Reply{x.read, end}})
	if end.Kind == linearizability.Nil && x.round < maxRounds {
		next := c.newTask(args)
		next.transaction.round = x.round + 1
		c.queue.pushFirst(next)
	}
}

// againTransaction sends a refused transaction once more.
func (c *client) againTransaction(conn *connection, t *task) {
	if to, ok := redirect.Parse(t.transaction.refusal); ok && to.Kind == redirect.KindAsk && t.transaction.torn {
		c.laterUpTo(t, maxSplit)
		return
	}
	c.again(conn, t, t.transaction.refusal)
}

// release gives up the connection that the transaction had to itself.
func (x *transaction) release() {
	if x.conn != nil {
		x.conn.held, x.conn = false, nil
	}
}
