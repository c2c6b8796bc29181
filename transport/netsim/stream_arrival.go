package netsim

import (
	"time"

	"github.com/ember-cluster/ember/transport"
)

// streamArrives carries out an occurrence of a connection as far as the operating system goes. It reports whether
// the process of the side has something to receive.
func (n *Network) streamArrives(d Delivery, o *occurrence) bool {
	if o.link != nil && o.link.clogged && o.kind != onRead {
		o.link.held = append(o.link.held, d)
		return false
	}
	if o.kind == onRead {
		return n.bytesArrive(d, o)
	}
	lost := o.link != nil && o.link.loses(n.scheduler.Now())
	switch o.kind {
	case onConnect:
		return n.connectArrives(d, o, lost)
	case onAccept:
		return n.acceptArrives(d, o, lost)
	case onAcknowledge:
		n.acknowledgeArrives(d, o, lost)
		return false
	case onReset:
		return n.resetArrives(d, o, lost)
	case onTimeout:
		return n.timeoutArrives(d, o)
	}
	return true // onClosed
}

// connectArrives brings an opening to the address that it is for.
func (n *Network) connectArrives(d Delivery, o *occurrence, lost bool) bool {
	number := o.connection
	c := &n.connections[number]
	if c.ends[opener].state == endBroken {
		n.Discard(d)
		return false
	}
	if lost || n.hosts[o.host].silent {
		return n.tryAgain(d, o)
	}
	var endpoint *Endpoint
	if socket := n.directory.find(c.ends[opener].peer); socket >= 0 {
		endpoint = n.sockets[socket].endpoint
	}
	if endpoint == nil {
		back := n.link(o.host, c.ends[opener].host)
		at := back.segment(n.scheduler.Now(), 0)
		n.Discard(d)
		n.refuse(number, at, back)
		return false
	}
	c.ends[acceptor].state, c.ends[acceptor].endpoint = endOpen, endpoint
	n.scheduleCrossing(n.scheduler.Now(), onAccept, number, opener)
	return true
}

// refuse sends the news that nobody listens back to the opener.
func (n *Network) refuse(number int32, at time.Duration, back *link) {
	c := &n.connections[number]
	n.schedule(at, occurrence{
		kind: onReset, side: opener, host: c.ends[opener].host, connection: number,
		generation: c.generation, link: back, reason: transport.ErrRefused,
	})
}

// acceptArrives brings the answer back to the opener.
func (n *Network) acceptArrives(d Delivery, o *occurrence, lost bool) bool {
	number := o.connection
	me := &n.connections[number].ends[opener]
	if lost && !me.gone() && me.state != endBroken {
		return n.tryAgain(d, o)
	}
	switch me.state {
	case endOpening:
		n.established(number)
		return true
	case endClosing: // its process has closed it meanwhile: what it has sent goes out, and it is told
		n.established(number)
		n.scheduleEnd(n.scheduler.Now(), onClosed, number, opener, nil)
	}
	n.Discard(d)
	return false
}

// tryAgain sends a lost packet of the handshake once more, or gives the opening up.
func (n *Network) tryAgain(d Delivery, o *occurrence) bool {
	now := n.scheduler.Now()
	if now-o.since < n.streams.ConnectTimeout {
		wait := n.backoff(o.attempt)
		o.attempt++
		n.again(now+wait, d)
		return false
	}
	number := o.connection
	n.Discard(d)
	if n.connections[number].ends[opener].state == endClosing {
		n.scheduleEnd(now, onClosed, number, opener, transport.ErrTimeout)
	}
	n.breakStream(number, opener, transport.ErrTimeout)
	return false
}

// bytesArrive admits what is due on a flow, and reports whether there is something to read.
func (n *Network) bytesArrive(d Delivery, o *occurrence) bool {
	number, side, l := o.connection, int(o.side), o.link
	c := &n.connections[number]
	f := &c.flows[1-side]
	switch {
	case o.ticket != f.ticket:
		n.Discard(d)
		return false
	case c.ends[side].state == endOpening: // the answer to the opening is late; established arms the flow again
		f.armed = false
		n.Discard(d)
		return false
	case !c.ends[side].takes(): // nobody reads any more
		f.reset()
		n.Discard(d)
		return false
	}
	lost := false
	if !l.clogged {
		lost = f.admit(n.scheduler.Now(), l)
	}
	if lost && !n.retransmit(f, l) {
		n.Discard(d)
		f.armed = false
		n.breakStream(number, 1-side, transport.ErrTimeout)
		return false
	}
	switch {
	case f.readable():
		n.acknowledge(number, side)
		return true
	case l.clogged:
		l.held = append(l.held, d)
	case lost:
		n.again(f.segments[f.first].arrives, d)
	default: // what was on its way is not coming any more
		f.armed = false
		n.Discard(d)
		n.arm(number, 1-side)
	}
	return false
}

// retransmit puts the lost segment at the head of a flow under way again. It reports false if its sender gives up.
func (n *Network) retransmit(f *flow, l *link) bool {
	now := n.scheduler.Now()
	if f.attempts == 0 {
		f.stalled = now
	}
	if now-f.stalled >= n.streams.ResetAfter || f.orphaned {
		return false
	}
	wait := n.backoff(f.attempts)
	if f.attempts == 0 && len(f.segments)-f.first > fastRetransmit {
		wait = min(wait, 2*l.latency(l.streams.At(now)))
	}
	f.attempts++
	f.segments[f.first].arrives = now + wait
	return true
}

// acknowledge looks after the case that bytes arrive, but acknowledgements do not come back: then their sender gives up.
func (n *Network) acknowledge(number int32, side int) {
	c := &n.connections[number]
	f := &c.flows[1-side]
	back := n.link(c.ends[side].host, c.ends[1-side].host)
	if !back.cut || f.unacknowledged {
		return
	}
	f.unacknowledged = true
	now := n.scheduler.Now()
	n.schedule(now+n.backoff(0), occurrence{
		kind: onAcknowledge, side: uint8(1 - side), host: c.ends[1-side].host, connection: number,
		generation: c.generation, link: back, since: now,
	})
}

func (n *Network) acknowledgeArrives(d Delivery, o *occurrence, lost bool) {
	number, side := o.connection, int(o.side)
	now := n.scheduler.Now()
	if lost && now-o.since < n.streams.ResetAfter {
		o.attempt++
		n.again(now+n.backoff(o.attempt), d)
		return
	}
	n.connections[number].flows[side].unacknowledged = false
	n.Discard(d)
	if lost {
		n.breakStream(number, side, transport.ErrTimeout)
	}
}

// resetArrives brings the news that the other side has broken the stream.
func (n *Network) resetArrives(d Delivery, o *occurrence, lost bool) bool {
	number, side := o.connection, int(o.side)
	if lost {
		// A reset is not repeated. This side finds out by itself, at last.
		n.scheduleEnd(n.scheduler.Now()+n.streams.ResetAfter, onTimeout, number, side, transport.ErrTimeout)
		n.Discard(d)
		return false
	}
	if o.reason == nil {
		o.reason = transport.ErrReset
	}
	return n.timeoutArrives(d, o)
}

// timeoutArrives ends the stream for a side.
func (n *Network) timeoutArrives(d Delivery, o *occurrence) bool {
	me := &n.connections[o.connection].ends[o.side]
	if me.state == endClosing && !me.announced {
		return true // closed while it was opening, which has failed: the process is still to be told
	}
	if n.markBroken(o.connection, int(o.side)) {
		return true
	}
	n.Discard(d)
	return false
}
