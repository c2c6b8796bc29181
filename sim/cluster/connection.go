package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// connection is a client's stream to one node.
type connection struct {
	// name is what the client has called the connection in HELLO, unique in the run, so that what a node did can be
	// told by connection and ordinal.
	name    string
	log     *connectionLog
	address transport.Address
	stream  transport.StreamID
	// own is set for a connection that transactions have to themselves, one at a time, held while one has it.
	own, held bool
	// sent counts the commands on it.
	sent uint64
	// waiting are those without a reply, oldest first.
	waiting []waiter
	// buffer is the beginning of a reply whose end has not arrived, and parser what has been seen of it.
	buffer []byte
	parser resp.ValueParser
}

// waiter is a command that waits for its reply. Task is nil for those whose reply nobody needs: HELLO and ASKING.
type waiter struct {
	task     *task
	deadline time.Duration
}

// connectionTo returns the connection to a node that all commands share, a new one if there is none.
func (c *client) connectionTo(address transport.Address) *connection {
	for _, conn := range c.connections {
		if conn.address == address && !conn.own {
			return conn
		}
	}
	return c.open(address)
}

// connectionOfItsOwn returns a connection to a node that nobody else uses now.
func (c *client) connectionOfItsOwn(address transport.Address) *connection {
	for _, conn := range c.connections {
		if conn.address == address && conn.own && !conn.held {
			return conn
		}
	}
	conn := c.open(address)
	conn.own = true
	return conn
}

func (c *client) open(address transport.Address) *connection {
	c.opened++
	conn := &connection{
		name: fmt.Sprintf("%s/%d", c.host.Name(), c.opened), address: address, stream: c.bus.OpenStream(address),
	}
	conn.log = c.cluster.history.log(conn.name)
	conn.log.to = address
	c.connections = append(c.connections, conn)
	protocol := "23"[c.number%2:][:1] // both protocols are spoken
	conn.write(c, c.encode("HELLO", protocol, "SETNAME", conn.name), nil)
	return conn
}

func (c *client) byStream(stream transport.StreamID) *connection {
	for _, conn := range c.connections {
		if conn.stream == stream {
			return conn
		}
	}
	return nil
}

// write sends one encoded command.
func (conn *connection) write(c *client, encoded []byte, t *task) {
	conn.expect(c, t)
	c.bus.SendStream(conn.stream, encoded)
}

// expect counts one command as sent.
func (conn *connection) expect(c *client, t *task) {
	conn.sent++
	deadline := c.host.Now() + replyTimeout
	if c.awaited == 0 { // else another one was sent before
		c.deadline, c.stale = deadline, false
	}
	c.awaited++
	conn.waiting = append(conn.waiting, waiter{task: t, deadline: deadline})
}

// data takes whole replies off a connection.
func (c *client) data(stream transport.StreamID, data []byte) {
	conn := c.byStream(stream)
	if conn == nil {
		return // given up meanwhile
	}
	rest := data
	if len(conn.buffer) > 0 {
		conn.buffer = append(conn.buffer, data...)
		rest = conn.buffer
	}
	for len(rest) > 0 {
		reply, size, err := conn.parser.Next(rest)
		if err != nil || len(conn.waiting) == 0 {
			c.cluster.World.Fail(sim.Violation, "reply", fmt.Sprintf("%v sent what is no reply, or one too many: %q (%v)", conn.address, rest, err))
			return
		}
		if size == 0 {
			break
		}
		rest = rest[size:]
		next := conn.waiting[0].task
		c.awaited--
		c.stale = c.stale || conn.waiting[0].deadline == c.deadline
		if len(conn.waiting) == 1 {
			conn.waiting = conn.waiting[:0]
		} else {
			conn.waiting = append(conn.waiting[:0], conn.waiting[1:]...) // few, and no new array
		}
		if next != nil {
			c.reply = reply
			c.answered(conn, next, &c.reply)
		}
	}
	conn.buffer = append(conn.buffer[:0], rest...)
}

// drop forgets a connection, and what was under way on it.
func (c *client) drop(conn *connection) {
	c.connections = slices.DeleteFunc(c.connections, func(other *connection) bool { return other == conn })
	c.awaited -= len(conn.waiting)
	c.stale = true
	var last *task // the commands of a transaction wait one behind the other
	for _, w := range conn.waiting {
		if w.task != nil && w.task != last {
			last = w.task
			c.lost(w.task)
		}
	}
}
