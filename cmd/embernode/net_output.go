package main

import (
	"sync/atomic"
	"time"

	"github.com/ember-cluster/ember/core"
)

// output is what is on its way to one client. It belongs to the loop.
type output struct {
	// dirty says that the connection is among the driver's dirty ones.
	dirty bool
	// lent is what was sent since the last flush, if it was sent at once. It is the node's memory; kept says that the node does not
	// use it again.
	lent []byte
	kept bool
	// queue is what was sent beyond that, or since the writer began. Invariant: of lent and queue one is empty.
	queue outputQueue
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

func (o *output) init(c *netConnection) {
	o.writeOnce = func(fd uintptr) bool {
		n, state := writeSocket(fd, c.attempt)
		c.taken, c.failed = n, state == socketEnded
		return true
	}
}

// add queues bytes that are lent until the next flush, or for ever.
func (o *output) add(bytes []byte, kept bool) {
	if !o.writing && o.lent == nil && o.queue.size == 0 {
		o.lent, o.kept = bytes, kept
		return
	}
	o.keep()
	o.queue.add(bytes, kept)
}

// keep makes what is lent the connection's own.
func (o *output) keep() {
	if o.lent != nil {
		o.queue.add(o.lent, o.kept)
		o.lent = nil
	}
}

// queued is how many bytes have not left.
func (o *output) queued() int { return len(o.lent) + o.queue.size + int(o.unwritten.Load()) }

// queued implements clientDriver.
func (d *netDriver) queued(client core.ClientID) int {
	if c := d.connections[client]; c != nil {
		return c.queued()
	}
	return 0
}

// send implements clientDriver.
func (d *netDriver) send(client core.ClientID, bytes []byte, kept bool) {
	c := d.connections[client]
	if c == nil || c.broken {
		return // gone, and the node will be told so
	}
	c.add(bytes, kept)
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

// write writes what the socket takes at once and leaves the rest to a writer, if there isn't one that will go on with it anyway.
func (d *netDriver) write(c *netConnection) {
	if c.writing {
		return
	}
	data := c.lent
	if data == nil {
		data = c.queue.first()
	}
	if len(data) == 0 {
		return
	}
	c.attempt = data
	err := c.raw.Write(c.writeOnce)
	c.attempt = nil
	if err != nil || c.failed {
		d.lose(c)
		return
	}
	if c.lent == nil {
		c.queue.took(c.taken)
	} else if c.lent = c.lent[c.taken:]; len(c.lent) == 0 {
		c.lent = nil
	}
	c.keep()
	if c.queue.size > 0 {
		d.startWriter(c)
	}
}

// writeStep is how much a writer writes before it tells how much is left.
const writeStep = 256 << 10

// startWriter waits in a goroutine until the client has taken what is queued.
func (d *netDriver) startWriter(c *netConnection) {
	c.writing = true
	c.unwritten.Store(int64(c.queue.size))
	chunks := c.queue.take()
	d.writing++
	d.ended.Go(func() {
		err := c.writeChunks(chunks)
		d.mutex.Lock()
		defer d.mutex.Unlock()
		c.writeError = err
		d.arrived.written = append(d.arrived.written, c)
		d.rouse()
	})
}

// writeChunks writes all of the chunks, and lets go each one that has left.
func (c *netConnection) writeChunks(chunks [][]byte) error {
	for i, chunk := range chunks {
		chunks[i] = nil
		for len(chunk) > 0 {
			n, err := c.socket.Write(chunk[:min(len(chunk), writeStep)])
			if err != nil {
				return err
			}
			chunk = chunk[n:]
			c.unwritten.Add(-int64(n))
		}
	}
	return nil
}

// written goes on where a writer has ended.
func (d *netDriver) written(c *netConnection) {
	d.writing--
	c.writing, c.active = false, d.now
	c.unwritten.Store(0)
	switch {
	case c.writeError != nil:
		d.lose(c)
	case c.queue.size > 0:
		d.startWriter(c)
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
	c.lent = nil
	c.queue.clear()
	d.lost = append(d.lost, c)
}
