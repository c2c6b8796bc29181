package main

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/ember-cluster/ember/core"
)

// epollConnection is the connection of one client.
//
//	         leave (end of input, error, idle, lost)        nothing queued             the client's end, or lingerTime
//	known ──────────────► leaving ── end of round ─► finishing ──────────────► lingering ──────────────► closed
//	  └──────────────── finish (the node's wish) ───────▲   └── nobody to talk to, or lastReplyTime ────────▲
type epollConnection struct {
	socket int
	// id is how the node calls the connection, and the poller too. It is somebody else's only after the connection is closed.
	id   core.ClientID
	from origin

	// readable says that there may be something to read; hungUp that nothing will follow it, so that reading has to go
	// on to the end: no further edge will tell.
	readable, hungUp bool
	// inLine says that the connection is in the driver's line.
	inLine bool
	// ended says that the client will send nothing more.
	ended bool
	// active is when something was last read or written, if the driver closes idle clients.
	active time.Duration

	epollOutput

	// leaving says that the node is being told that the connection is closed; finishing that the node has closed it or knows
	// it closed, so that it is to be closed once nothing is queued; lingering that it waits for the client's own close.
	leaving, finishing, lingering, closed bool
	// until is when a departing connection is closed. 0 if it is not departing.
	until time.Duration
}

// known reports whether the connection is one that the node has been told of, and neither side has closed.
func (c *epollConnection) known() bool { return !c.finishing && !c.closed }

// open gives a socket its number, and tells the node of it.
func (d *epollDriver) open(socket int, from origin) error {
	id := core.ClientID(len(d.connections))
	if n := len(d.free); n > 0 {
		id = d.free[n-1]
	}
	if err := d.poll.watchClient(socket, id); err != nil {
		return err
	}
	if n := len(d.free); n > 0 {
		d.free = d.free[:n-1]
	} else {
		d.connections = append(d.connections, nil)
	}
	d.connections[id] = &epollConnection{socket: socket, id: id, from: from, active: d.now}
	d.connected++
	d.round.opened = append(d.round.opened, from.opened(id))
	return nil
}

// enqueue puts a connection into the line, if it may read.
func (d *epollDriver) enqueue(c *epollConnection) {
	if !c.inLine && !c.closed {
		c.inLine = true
		d.line = append(d.line, c)
	}
}

// read reads from each connection in the line once, as long as there is space.
func (d *epollDriver) read() {
	space, waiting := d.space, len(d.line)
	served := 0
	for served < waiting && len(space) >= minSpace {
		c := d.line[served]
		served++
		c.inLine = false
		space = space[d.readOne(c, space[:min(len(space), maxRead)]):]
	}
	rest := copy(d.line, d.line[served:])
	clear(d.line[rest:])
	d.line = d.line[:rest]
}

// readOne reads once from a connection, and returns how many bytes of the buffer the round needs.
func (d *epollDriver) readOne(c *epollConnection, buffer []byte) int {
	if c.closed || c.slowed || c.finishing && !c.lingering {
		return 0 // settle puts it into the line again when its time has come
	}
	n, state := receive(c.socket, buffer)
	if state == socketReady && n < len(buffer) && c.hungUp {
		// The end is next. It has to be known in this round: the replies may block the reading in the next one.
		var more int
		more, state = receive(c.socket, buffer[n:])
		n += more
	}
	// A read that does not fill the buffer has taken all there was. What comes now is a new edge.
	c.readable = state == socketReady && (n == len(buffer) || c.hungUp)
	if c.readable {
		d.enqueue(c)
	}
	if n > 0 && c.known() && !c.leaving {
		c.active = d.now
		d.round.batch.Inputs = append(d.round.batch.Inputs, core.ClientInput{Client: c.id, Bytes: buffer[:n]})
	} else {
		n = 0
	}
	if state == socketEnded {
		d.endInput(c)
	}
	return n
}

// endInput notes that the client will send nothing more.
func (d *epollDriver) endInput(c *epollConnection) {
	c.ended = true
	if c.lingering {
		d.close(c)
		return
	}
	d.leave(c)
}

// release closes a connection that nothing is queued for. If the client may still be sending it is given the time to notice:
// closing a socket with unread input resets the connection, and the client could lose the reply that tells why.
func (d *epollDriver) release(c *epollConnection) {
	if c.ended || c.broken {
		d.close(c)
		return
	}
	c.lingering, c.slowed = true, false
	_ = unix.Shutdown(c.socket, unix.SHUT_WR) // an error means that there is nothing to linger for, which shows when reading
	d.depart(c, lingerTime)
	d.enqueue(c)
}

// depart sees to it that the connection is closed after that time.
func (d *epollDriver) depart(c *epollConnection, after time.Duration) {
	if c.until == 0 {
		d.departing = append(d.departing, c)
	}
	c.until = d.options.clock() + after
	d.checkAt(c.until)
}

// close ends a connection at once.
func (d *epollDriver) close(c *epollConnection) {
	if c.closed {
		return
	}
	_ = unix.Close(c.socket) // whatever is lost by this was given up before
	c.closed = true
	d.unblock(c)
	c.drop()
	d.connections[c.id] = nil
	d.free = append(d.free, c.id)
	d.connected--
}
