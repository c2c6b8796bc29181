package netsim

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// sendStream takes bytes that one side sends.
func (n *Network) sendStream(number int32, side int, data []byte) {
	c := &n.connections[number]
	me := &c.ends[side]
	if !me.takes() || len(data) == 0 {
		return
	}
	f := &c.flows[side]
	if f.unread()+len(data) > n.streams.Buffer {
		n.breakStream(number, side, transport.ErrTooSlow)
		return
	}
	if c.ends[1-side].state == endClosed {
		// Nobody reads it. If the other side closed in order, the end of its flow is on its way here.
		if c.vanished && !n.hosts[c.ends[1-side].host].silent {
			n.scheduleCrossingBack(number, side)
		}
		return
	}
	f.buffer = append(f.buffer, data...)
	if me.state == endOpen {
		n.transmit(number, side, len(data))
	}
}

// scheduleCrossingBack has a side that sends to a peer that does not know it reset by the peer's operating system.
func (n *Network) scheduleCrossingBack(number int32, side int) {
	c := &n.connections[number]
	there := n.link(c.ends[side].host, c.ends[1-side].host)
	at := there.segment(n.scheduler.Now(), 0)
	n.scheduleCrossing(at, onReset, number, side)
}

// transmit puts the last bytes of a flow's buffer under way.
func (n *Network) transmit(number int32, side int, length int) {
	c := &n.connections[number]
	l := n.link(c.ends[side].host, c.ends[1-side].host)
	now := n.scheduler.Now()
	f := &c.flows[side]
	for length > 0 {
		size := min(length, maxSegment)
		f.send(l.segment(now, size), size, false)
		length -= size
	}
	n.arm(number, side)
}

// closeStream closes one side in order.
func (n *Network) closeStream(number int32, side int) {
	me := &n.connections[number].ends[side]
	switch me.state {
	case endOpening: // the bytes still go out, if the stream opens; then it ends
		me.state = endClosing
	case endOpen:
		me.state = endClosing
		n.finish(number, side)
		n.scheduleEnd(n.scheduler.Now(), onClosed, number, side, nil)
	}
}

// finish lets the end follow a flow's last byte.
func (n *Network) finish(number int32, side int) {
	c := &n.connections[number]
	f := &c.flows[side]
	if c.ends[1-side].gone() {
		return
	}
	l := n.link(c.ends[side].host, c.ends[1-side].host)
	f.send(l.segment(n.scheduler.Now(), 0), 0, true)
	n.arm(number, side)
}

// established begins an opener's flow, with what its process has sent meanwhile.
func (n *Network) established(number int32) {
	c := &n.connections[number]
	if length := c.flows[opener].unread(); length > 0 {
		n.transmit(number, opener, length)
	}
	if c.ends[opener].state == endClosing {
		n.finish(number, opener)
	} else {
		c.ends[opener].state = endOpen
	}
	n.arm(number, acceptor)
}

// breakStream ends a stream from one side: that side is told at once, and the other when the reset arrives.
// What is under way is lost.
func (n *Network) breakStream(number int32, side int, reason error) {
	n.tellBroken(number, side, reason)
	c := &n.connections[number]
	if c.ends[1-side].state != endIdle && c.ends[1-side].state != endClosed {
		n.scheduleCrossing(n.scheduler.Now(), onReset, number, 1-side)
	}
}

// tellBroken marks one side as broken and schedules that its process hears of it.
func (n *Network) tellBroken(number int32, side int, reason error) {
	if n.markBroken(number, side) {
		n.scheduleEnd(n.scheduler.Now(), onClosed, number, side, reason)
	}
}

// markBroken reports whether a side was alive and its process must now be told.
func (n *Network) markBroken(number int32, side int) bool {
	me := &n.connections[number].ends[side]
	if !me.takes() {
		return false
	}
	n.counters.Resets++
	me.state = endBroken
	return true
}

// ResetStreams breaks every stream between two hosts at once, as a middlebox would. Both sides are told.
func (n *Network) ResetStreams(a, b netip.Addr) {
	first, second := n.host(a).index, n.host(b).index
	for number := range n.connections {
		ends := &n.connections[number].ends
		if ends[opener].gone() && ends[acceptor].gone() {
			continue
		}
		if x, y := ends[opener].host, ends[acceptor].host; x == first && y == second || x == second && y == first {
			n.tellBroken(int32(number), opener, transport.ErrReset)
			n.tellBroken(int32(number), acceptor, transport.ErrReset)
		}
	}
}

// abandonStreams takes a crashed host's sides away. Peers get a reset, or nothing if the crash was silent.
func (n *Network) abandonStreams(host int32, silent bool) {
	for i := range n.connections {
		for side := range 2 {
			c := &n.connections[i]
			if c.ends[side].state == endIdle || c.ends[side].host != host {
				continue
			}
			// An operating system without power does not even send what was closed in order.
			if alive := !c.ends[side].gone(); alive || silent {
				n.abandon(int32(i), side, silent)
			}
		}
	}
}

func (n *Network) abandon(number int32, side int, silent bool) {
	c := &n.connections[number]
	c.ends[side].state, c.ends[side].endpoint = endClosed, nil
	c.vanished = true
	c.flows[side].orphan(n.scheduler.Now() + n.streams.RetransmitAfter)
	if other := &c.ends[1-side]; !other.gone() {
		if silent {
			n.scheduleEnd(n.scheduler.Now()+n.streams.ResetAfter, onTimeout, number, 1-side, transport.ErrTimeout)
		} else {
			n.scheduleCrossing(n.scheduler.Now(), onReset, number, 1-side)
		}
	}
	n.free(number)
}

// leaveStreams closes all streams of an endpoint that is being closed; it is told nothing.
func (n *Network) leaveStreams(e *Endpoint) {
	for i := range n.connections {
		for side := range 2 {
			if me := &n.connections[i].ends[side]; me.endpoint == e {
				n.leave(int32(i), side)
			}
		}
	}
}

func (n *Network) leave(number int32, side int) {
	c := &n.connections[number]
	switch c.ends[side].state {
	case endOpening:
		// If the other side was opened already, it must hear of the end.
		if c.ends[1-side].takes() {
			n.scheduleCrossing(n.scheduler.Now(), onReset, number, 1-side)
		}
	case endOpen:
		n.finish(number, side)
	}
	c.ends[side].state, c.ends[side].endpoint = endClosed, nil
	n.free(number)
}

// backoff returns how long to wait before a packet is sent again.
func (n *Network) backoff(attempts uint8) time.Duration {
	return n.streams.RetransmitAfter << min(attempts, maxBackoff)
}
