package cluster

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// How a client behaves, after the defaults of go-redis where those are bounded.
const (
	maxRedirects = 5               // in a row, before an operation is given up
	maxRetries   = 8               // of what was surely not executed, before an operation is given up
	maxSplit     = 2               // of what has keys on both sides of a slot's way, which may take until somebody deletes them
	replyTimeout = 3 * time.Second // from sending to the reply
	retryBackoff = 50 * time.Millisecond
)

// client is a cluster-aware client on a host of its own. It speaks RESP bytes on simulated streams, keeps a slot cache,
// follows MOVED and ASK, and repeats what surely had no effect. It never repeats a write whose outcome it does not know.
type client struct {
	cluster *Cluster
	number  int
	host    *sim.Host
	random  *random.Moments
	bus     transport.Bus
	cache   slotCache
	// depth is how many operations it has under way at once; those on one connection are pipelined.
	depth       int
	underWay    int
	queue       taskQueue
	retries     []retry
	unsent      []unsent
	connections []*connection
	opened      int  // connections so far, to name them
	refreshing  bool // a CLUSTER SLOTS is under way
	// reply is the one that is being handled.
	reply resp.Value
	// awaited is how many replies are still to come, on all connections. The first of them is overdue at deadline, if that is not stale.
	awaited  int
	deadline time.Duration
	stale    bool
	// due is scratch of expire.
	due []*task
	// finished are tasks that are done with, whose memory others may take.
	finished []*task
	// encoded is scratch of encode.
	encoded []byte
	// half and zeros are memory of halfOf.
	half, zeros []byte
}

// bootClient is the program of a client's host.
func (c *Cluster) bootClient(index int) sim.Program {
	return program{func(h *sim.Host) sim.Process {
		settings := c.Config.Clients[index]
		p := &client{
			cluster: c, number: settings.Number, host: h, random: h.Moments("client"), bus: h.Listen(1), depth: settings.Depth,
		}
		if c.slots == nil && c.state != nil {
			c.slots = slotsOf(c.state)
		}
		p.cache.fill(settings.Cache, c.slots, c.members)
		c.clients[index] = p
		return p
	}}
}

// Handle implements sim.Process.
func (c *client) Handle(e sim.Event) {
	switch e.Kind {
	case sim.EventInput:
		c.told(e.Args)
	case sim.EventStreamData:
		c.data(e.Stream, e.Data)
	case sim.EventStreamClosed:
		if conn := c.byStream(e.Stream); conn != nil {
			c.drop(conn)
		}
	case sim.EventDeadline:
		c.expire()
	}
	c.work()
}

// told takes an input: an instruction, or an operation.
func (c *client) told(args []string) {
	if args[0] == halfCommand {
		size, _ := strconv.Atoi(args[1]) // as validatePlan has found
		c.sendHalf(size)
		return
	}
	c.queue.push(c.newTask(args))
}

// NextDeadline implements sim.Process: the first reply that is overdue, or the first retry.
func (c *client) NextDeadline() time.Duration {
	deadline := sim.Never
	if c.awaited > 0 {
		deadline = c.replyDeadline()
	}
	for i := range c.retries {
		deadline = min(deadline, c.retries[i].at)
	}
	for i := range c.unsent {
		deadline = min(deadline, c.unsent[i].at)
	}
	return deadline
}

// replyDeadline returns when the first of the replies that are still to come is overdue.
func (c *client) replyDeadline() time.Duration {
	if c.stale {
		c.deadline, c.stale = sim.Never, false
		for _, conn := range c.connections {
			if len(conn.waiting) > 0 {
				c.deadline = min(c.deadline, conn.waiting[0].deadline)
			}
		}
	}
	return c.deadline
}

// Idle reports whether the client has nothing left to do.
func (c *client) idle() bool { return c.underWay == 0 && c.queue.len() == 0 }

// work begins queued operations as long as there is room.
func (c *client) work() {
	for c.underWay < c.depth && c.queue.len() > 0 {
		t := c.queue.pop()
		if !c.cluster.answerable(t) {
			continue
		}
		c.underWay++
		c.cluster.history.start(t, c.cluster.World.Now())
		c.send(t)
	}
}

// send puts a task on the connection to whom it concerns.
func (c *client) send(t *task) {
	switch {
	case t.transaction != nil:
		c.sendTransaction(t)
		return
	case t.scan != nil:
		c.sendScan(t)
		return
	}
	conn := c.connectionTo(c.target(t))
	if t.asking {
		conn.write(c, askingCommand, nil)
	}
	t.target, t.asking = transport.Address{}, false
	if t.op == nil {
		conn.write(c, slotsCommand, t)
		return
	}
	conn.write(c, c.encode(t.op.Args...), t)
	t.op.attempted(Attempt{
		At: c.cluster.World.Now(), log: conn.log, Ordinal: conn.sent,
	})
}

// target is where a task goes next: where a redirect said, else to the owner as cached, else anywhere.
func (c *client) target(t *task) transport.Address {
	if t.target.IsValid() {
		return t.target
	}
	if t.keyed {
		if owner, ok := c.cache.owner(t.slot); ok {
			return owner
		}
	}
	return c.cluster.members[c.random.At(c.cluster.World.Now()).IntN(len(c.cluster.members))]
}

// answered handles the reply to a task.
func (c *client) answered(conn *connection, t *task, reply *resp.Value) {
	if t.scan != nil {
		c.scanned(t, reply)
		return
	}
	if t.op == nil {
		c.refreshing = false
		if !c.cache.load(reply, conn.address) && reply.Kind != resp.KindError {
			c.cluster.World.Fail(sim.Violation, "cluster slots", fmt.Sprintf("CLUSTER SLOTS on %v is not what clients understand: %v", conn.address, reply))
			return
		}
		c.cluster.checkView(&c.cache, conn.address, reply.Kind)
		return
	}
	if t.transaction != nil {
		c.transactionReply(conn, t, reply)
		return
	}
	if reply.Kind == resp.KindError && isRefusal(reply.Str) {
		t.harmless(reply.Str)
		c.again(conn, t, reply.Str)
		return
	}
	if t.op.crossSlot {
		if reply.Kind == resp.KindError && bytes.HasPrefix(reply.Str, []byte("CROSSSLOT ")) {
			t.harmless(reply.Str)
			c.finishWith(t, c.cluster.history.replies.model(reply))
			return
		}
		c.cluster.World.Fail(sim.Violation, "cross slot", fmt.Sprintf("%q has keys in several slots, and %v answers %v", t.op.Args, conn.address, reply))
		return
	}
	c.finishWith(t, c.cluster.history.replies.model(reply))
}

// isRefusal reports whether an error says that nothing was executed, since the command has to go elsewhere or wait.
func isRefusal(text []byte) bool {
	if _, ok := redirect.Parse(text); ok {
		return true
	}
	code, _, _ := bytes.Cut(text, []byte(" "))
	return string(code) == "CLUSTERDOWN" || string(code) == "TRYAGAIN" || string(code) == "LOADING"
}

// again sends a refused task once more: where a redirect points, or later.
func (c *client) again(conn *connection, t *task, refusal []byte) {
	to, redirected := redirect.Parse(refusal)
	switch {
	case redirected:
		c.follow(conn, t, to)
	case bytes.HasPrefix(refusal, []byte("TRYAGAIN ")):
		if c.cluster.calm() { // nobody brings the keys together any more
			c.finish(t, Refused)
		} else {
			c.laterUpTo(t, maxSplit)
		}
	default:
		c.later(t)
	}
}

func (t *task) lastAttempt() *Attempt { return &t.op.Attempts[len(t.op.Attempts)-1] }

// harmless notes that a node has answered the latest attempt with an error instead of executing it.
func (t *task) harmless(refusal []byte) {
	attempt := t.lastAttempt()
	attempt.Harmless, attempt.Refusal = true, string(refusal)
}

// follow goes where a redirect points.
func (c *client) follow(conn *connection, t *task, to redirect.Redirect) {
	address := conn.address
	if to.Endpoint != "" {
		host, err := netip.ParseAddr(to.Endpoint)
		if err != nil {
			c.cluster.World.Fail(sim.Violation, "redirect", fmt.Sprintf("%v redirects to %q, which is no address", conn.address, to.Endpoint))
			return
		}
		address = netip.AddrPortFrom(host, to.Port)
	}
	if to.Kind == redirect.KindMoved && address == conn.address {
		c.cluster.World.Fail(sim.Violation, "redirect", fmt.Sprintf("%v redirects %q to itself", address, t.op.Args))
		return
	}
	t.redirects++
	if t.redirects > maxRedirects {
		t.redirects = 0
		c.later(t)
		return
	}
	if to.Kind == redirect.KindAsk {
		c.cluster.history.asked++
		t.target, t.asking = address, true
	} else {
		c.cluster.history.moved++
		t.target = address
		c.cache.set(slots.Slot(to.Slot), address)
		c.refresh(address)
	}
	c.send(t)
}

// refresh asks a node for all slots, unless such a question is under way.
func (c *client) refresh(address transport.Address) {
	if c.refreshing {
		return
	}
	c.refreshing = true
	c.send(&task{target: address})
}

var slotsCommand = resp.AppendCommand(nil, "CLUSTER", "SLOTS")

// later sends a task again after a while, or gives it up.
func (c *client) later(t *task) { c.laterUpTo(t, maxRetries) }

// laterUpTo sends a task again after a while, unless it has been sent that often.
func (c *client) laterUpTo(t *task, retries int) {
	t.retries++
	if t.retries > retries {
		c.finish(t, Refused)
		return
	}
	c.retryLater(t)
}

// retryLater sends a task again after a while, the longer the more often that was so.
func (c *client) retryLater(t *task) {
	wait := c.random.At(c.cluster.World.Now()).Duration(retryBackoff/2, retryBackoff) << min(t.retries, 5)
	c.retries = append(c.retries, retry{at: c.host.Now() + wait, task: t})
}

// lost handles a task whose reply will never come.
func (c *client) lost(t *task) {
	switch {
	case t.scan != nil:
		c.scanLost(t)
	case t.op == nil:
		c.refreshing = false
	case t.op.readOnly || t.transaction != nil && t.transaction.isAhead:
		c.later(t)
	default:
		c.finish(t, Unknown)
	}
}

// finishWith ends the task of an operation that was answered.
func (c *client) finishWith(t *task, reply linearizability.Reply) {
	t.op.Reply = reply
	c.finish(t, Answered)
}

// finish ends the task of an operation. Nothing may hold the task afterwards.
func (c *client) finish(t *task, outcome Outcome) {
	if t.op.Outcome != Pending {
		panic(fmt.Sprintf("cluster: operation %d finishes twice", t.op.ID))
	}
	t.op.Outcome, t.op.Return = outcome, c.cluster.World.Now()
	c.underWay--
	c.finished = append(c.finished, t)
}

// expire drops the connections with overdue replies and sends what is due again.
func (c *client) expire() {
	c.sendUnsent()
	now := c.host.Now()
	for _, conn := range slices.Clone(c.connections) {
		if len(conn.waiting) > 0 && conn.waiting[0].deadline <= now {
			c.bus.CloseStream(conn.stream)
			c.drop(conn)
		}
	}
	c.due = c.due[:0]
	c.retries = slices.DeleteFunc(c.retries, func(r retry) bool {
		if r.at > now {
			return false
		}
		c.due = append(c.due, r.task)
		return true
	})
	for _, t := range c.due {
		c.send(t)
	}
}
