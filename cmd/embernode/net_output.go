package main

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/ember-cluster/ember/core"
)

// output is what is on its way to one client. It belongs to the loop.
type output struct {
	// dirty says that the connection is among the driver's dirty ones.
	dirty bool
	// lent is what was sent since the last flush, if it was sent at once. It is the node's memory.
	lent []byte
	// queue is what was sent beyond that, or since the writer began.
	queue []byte
	// writing says that there is a writer; unwritten is how many bytes it has.
	writing   bool
	unwritten atomic.Int64
	// writeError is what the last writer has ended with.
	writeError error
	// slowed is the loop's copy of netConnection.throttled.
	slowed bool
	// broken says that nothing can be sent any more.
	broken bool
	// reportDrained is set if the node wants to know when nothing is queued.
	reportDrained bool
	backlog

	// writeOnce is what RawConn.Write calls: it writes attempt as far as the socket takes it, with the outcome in taken and
	// failed. It is made once, for an attempt in itself allocates nothing.
	writeOnce func(fd uintptr) bool
	attempt   []byte
	taken     int
	failed    bool
}

// maxKeptQueue bounds the memory that a connection keeps for what will be sent to it.
const maxKeptQueue = 16 << 10

func (o *output) init(c *netConnection) {
	o.writeOnce = func(fd uintptr) bool {
		n, state := writeSocket(fd, c.attempt)
		c.taken, c.failed = n, state == socketEnded
		return true
	}
}

// add queues bytes that are lent until the next flush.
func (o *output) add(bytes []byte) {
	if !o.writing && o.lent == nil && len(o.queue) == 0 {
		o.lent = bytes
		return
	}
	o.queue = append(o.queue, o.lent...)
	o.queue = append(o.queue, bytes...)
	o.lent = nil
}

// queued is how many bytes have not left.
func (o *output) queued() int { return len(o.lent) + len(o.queue) + int(o.unwritten.Load()) }

// queued implements clientDriver.
func (d *netDriver) queued(client core.ClientID) int {
	if c := d.connections[client]; c != nil {
		return c.queued()
	}
	return 0
}

// send implements clientDriver.
func (d *netDriver) send(client core.ClientID, bytes []byte) {
	c := d.connections[client]
	if c == nil || c.broken {
		return // gone, and the node will be told so
	}
	c.add(bytes)
	d.touch(c)
}

func (d *netDriver) touch(c *netConnection) {
	if !c.dirty {
		c.dirty = true
		d.dirty = append(d.dirty, c)
	}
}

// reportDrained implements clientDriver.
func (d *netDriver) reportDrained(client core.ClientID) {
	if c := d.connections[client]; c != nil {
		c.reportDrained = true
		d.touch(c)
	}
}

// finish implements clientDriver.
func (d *netDriver) finish(client core.ClientID) {
	c := d.connections[client]
	if c == nil {
		return
	}
	c.finishing = true
	d.touch(c)
	d.mutex.Lock()
	defer d.mutex.Unlock()
	c.stop()
}

// flush implements clientDriver.
func (d *netDriver) flush() {
	for _, c := range d.dirty {
		c.dirty = false
		d.write(c)
		d.settle(c)
	}
	clear(d.dirty)
	d.dirty = d.dirty[:0]
}

// write writes what the socket takes and leaves the rest to a writer, if there isn't one that will go on with it anyway.
func (d *netDriver) write(c *netConnection) {
	data := c.lent
	if len(c.queue) > 0 {
		data = c.queue
	}
	if c.writing || len(data) == 0 {
		return
	}
	c.attempt = data
	err := c.raw.Write(c.writeOnce)
	c.attempt = nil
	switch {
	case err != nil || c.failed:
		d.lose(c)
	case c.taken == len(data):
		c.lent = nil
		c.queue = c.queue[:0]
		if cap(c.queue) > maxKeptQueue {
			c.queue = nil
		}
	default:
		rest := data[c.taken:]
		if len(c.queue) == 0 {
			rest = bytes.Clone(rest)
		}
		c.lent, c.queue = nil, nil
		d.startWriter(c, rest)
	}
}

// writeStep is how much a writer writes before it tells how much is left.
const writeStep = 256 << 10

// startWriter waits in a goroutine until the client has taken the bytes.
func (d *netDriver) startWriter(c *netConnection, rest []byte) {
	c.writing = true
	c.unwritten.Store(int64(len(rest)))
	d.writing++
	d.ended.Go(func() {
		var err error
		for len(rest) > 0 && err == nil {
			var n int
			n, err = c.socket.Write(rest[:min(len(rest), writeStep)])
			rest = rest[n:]
			c.unwritten.Add(-int64(n))
		}
		d.mutex.Lock()
		defer d.mutex.Unlock()
		c.writeError = err
		d.arrived.written = append(d.arrived.written, c)
		d.rouse()
	})
}

// written goes on where a writer has ended.
func (d *netDriver) written(c *netConnection) {
	d.writing--
	c.writing, c.active = false, d.now
	c.unwritten.Store(0)
	switch {
	case c.writeError != nil:
		d.lose(c)
	case len(c.queue) > 0:
		queue := c.queue
		c.queue = nil
		d.startWriter(c, queue)
	}
	d.settle(c)
}

// settle draws the consequences of how much is queued for a client.
func (d *netDriver) settle(c *netConnection) {
	queued := c.queued()
	if (queued > 0 || c.beyondSoft) && !c.broken && !c.released {
		overrun, again := c.judge(&d.options, c.id, queued)
		d.checkAt(again)
		if overrun {
			d.log.Warn("client closed: it does not read what it is sent", "remote", c.from.String(), "queued_bytes", queued)
			d.lose(c)
		}
	}
	// A client whose commands the node holds back must not fill the node with more of them.
	d.throttle(c, c.writing && (c.reportDrained || queued > d.options.throttle))
	if c.writing && !c.broken {
		if c.finishing {
			c.socket.SetWriteDeadline(time.Now().Add(lastReplyTime)) // an error shows when writing
		}
		return
	}
	if c.reportDrained {
		c.reportDrained = false
		d.drained = append(d.drained, c)
	}
	if c.finishing && !c.released {
		d.forget(c)
		c.release(!c.broken)
	}
}

// throttle keeps the client from sending more while it does not read, or lets it go on.
func (d *netDriver) throttle(c *netConnection, on bool) {
	if c.slowed == on {
		return
	}
	c.slowed = on
	d.mutex.Lock()
	defer d.mutex.Unlock()
	c.throttled = on
	if !on && c.chunks < maxChunks {
		c.awake()
	}
}

// lose gives a connection up that nothing can be sent to.
func (d *netDriver) lose(c *netConnection) {
	c.broken = true
	c.lent, c.queue = nil, nil
	d.lost = append(d.lost, c)
}
