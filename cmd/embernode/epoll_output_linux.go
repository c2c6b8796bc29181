package main

import (
	"github.com/ember-cluster/ember/core"
)

// epollOutput is what is on its way to one client.
type epollOutput struct {
	// dirty says that the connection is among the driver's dirty ones.
	dirty bool
	// lent is what was sent since the last flush, if it was sent at once. It is the node's memory; kept says that the node does not
	// use it again.
	lent []byte
	kept bool
	// queue is what was sent beyond that, or was not taken by the socket. Invariant: of lent and queue one is empty.
	queue outputQueue
	// blocked says that the socket takes no more until the poller reports that it does.
	blocked bool
	// slowed says that nothing is to be read, since too much is queued for the client to read.
	slowed bool
	// broken says that nothing can be sent any more.
	broken bool
	// reportDrained is set if the node wants to know when nothing is queued.
	reportDrained bool
	backlog
}

// queued implements clientDriver.
func (d *epollDriver) queued(client core.ClientID) int {
	if c := d.connection(client); c != nil {
		return c.queued()
	}
	return 0
}

// add queues bytes that are lent until the next flush, or for ever.
func (o *epollOutput) add(bytes []byte, kept bool) {
	if o.lent == nil && o.queue.size == 0 {
		o.lent, o.kept = bytes, kept
		return
	}
	o.keep()
	o.queue.add(bytes, kept)
}

// keep makes what is lent the connection's own.
func (o *epollOutput) keep() {
	if o.lent != nil {
		o.queue.add(o.lent, o.kept)
		o.lent = nil
	}
}

// queued is how many bytes have not left.
func (o *epollOutput) queued() int { return len(o.lent) + o.queue.size }

// drop gives up what has not left.
func (o *epollOutput) drop() {
	o.lent = nil
	o.queue.clear()
}

// send implements clientDriver.
func (d *epollDriver) send(client core.ClientID, bytes []byte, kept bool) {
	c := d.connection(client)
	if c == nil || c.broken || len(bytes) == 0 {
		return // gone, and the node will be told so
	}
	c.add(bytes, kept)
	d.touch(c)
}

// connection returns the one that the node calls so, or nil: it may be lost already.
func (d *epollDriver) connection(client core.ClientID) *epollConnection {
	if c := d.connections[client]; c != nil && !c.lingering {
		return c
	}
	return nil
}

func (d *epollDriver) touch(c *epollConnection) {
	if !c.dirty {
		c.dirty = true
		d.dirty = append(d.dirty, c)
	}
}

// reportDrained implements clientDriver.
func (d *epollDriver) reportDrained(client core.ClientID) {
	if c := d.connection(client); c != nil {
		c.reportDrained = true
		d.touch(c)
	}
}

// finish implements clientDriver.
func (d *epollDriver) finish(client core.ClientID) {
	if c := d.connection(client); c != nil {
		c.finishing = true
		d.touch(c)
	}
}

// flush implements clientDriver.
func (d *epollDriver) flush() {
	for _, c := range d.dirty {
		c.dirty = false
		if c.blocked {
			c.keep()
		} else {
			d.write(c)
		}
		d.settle(c)
	}
	d.dirty = d.dirty[:0]
}

// write writes what the socket takes, and keeps the rest.
func (d *epollDriver) write(c *epollConnection) {
	d.unblock(c)
	if c.lent != nil {
		n, ok := d.attempt(c, c.lent)
		if !ok {
			return
		}
		c.lent = c.lent[n:]
		if len(c.lent) == 0 {
			c.lent = nil
		}
		c.keep()
	}
	for !c.blocked && c.queue.size > 0 {
		n, ok := d.attempt(c, c.queue.first())
		if !ok {
			return
		}
		c.queue.took(n)
	}
}

// attempt writes once. It reports false if the connection is lost.
func (d *epollDriver) attempt(c *epollConnection, data []byte) (n int, ok bool) {
	n, state := transmit(c.socket, data)
	if state == socketEnded {
		d.lose(c)
		return 0, false
	}
	c.active = d.now
	if n < len(data) {
		c.blocked = true
		d.blocked++
	}
	return n, true
}

func (d *epollDriver) unblock(c *epollConnection) {
	if c.blocked {
		c.blocked = false
		d.blocked--
	}
}

// settle draws the consequences of how much is queued for a client.
func (d *epollDriver) settle(c *epollConnection) {
	if c.closed || c.lingering {
		return
	}
	queued := c.queued()
	if (queued > 0 || c.beyondSoft) && !c.broken {
		overrun, again := c.judge(&d.options, c.id, queued)
		d.checkAt(again)
		if overrun {
			d.log.Warn("client closed: it does not read what it is sent", "remote", c.from.String(), "queued_bytes", queued)
			d.lose(c)
		}
	}
	// A client whose commands the node holds back must not fill the node with more of them.
	slow := c.blocked && (c.reportDrained || queued > d.options.throttle)
	if c.slowed && !slow && c.readable {
		d.enqueue(c)
	}
	c.slowed = slow
	if c.blocked {
		if c.finishing && c.until == 0 {
			d.depart(c, lastReplyTime)
		}
		return
	}
	if c.reportDrained {
		c.reportDrained = false
		d.drained = append(d.drained, c)
	}
	if c.finishing {
		d.release(c)
	}
}

// lose gives a connection up that nothing can be sent to.
func (d *epollDriver) lose(c *epollConnection) {
	c.broken = true
	d.unblock(c)
	c.drop()
	d.lost = append(d.lost, c)
}
