package netsim

import (
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/transport"
)

// sendDatagram draws the fate of a datagram.
func (n *Network) sendDatagram(from *Endpoint, to transport.Address, data []byte) {
	n.counters.Datagrams++
	number := n.directory.find(to)
	if number < 0 {
		n.counters.Undelivered++
		return
	}
	now := n.scheduler.Now()
	target := n.sockets[number].host
	l := n.link(from.host, target)
	if l.loopback {
		n.scheduleDatagram(now+loopbackLatency, from, number, l, data)
		return
	}
	// The same number of draws, whatever the rates are and whether the link is cut: so a fault can be left
	// out of a plan, and the packets that it did not concern keep their fate.
	draws := l.datagrams.At(now)
	lost := draws.Chance(l.now.Loss)
	twice := draws.Chance(l.now.Duplicate)
	overtaken := draws.Chance(l.now.Reorder)
	corrupted := draws.Chance(l.now.Corrupt)
	latency := l.latency(draws)
	details := draws.Uint64() // the seed of what only some datagrams draw
	sent, waited := l.transmit(now, len(data))
	if lost || l.cut || waited > l.now.QueueDelay {
		n.counters.Lost++
		return
	}
	l.free = sent
	arrival := sent + latency
	if !overtaken {
		arrival = max(arrival, l.arrival)
		l.arrival = arrival
	}
	if !overtaken && !corrupted && !twice {
		n.scheduleDatagram(arrival, from, number, l, data)
		return
	}
	o := occurrence{kind: onDatagram, host: target, socket: number, from: from.address, link: l, data: data}
	n.mistreat(arrival, o, random.New(details), overtaken, corrupted, twice)
}

// scheduleDatagram schedules that a datagram arrives at a socket as it was sent.
func (n *Network) scheduleDatagram(at time.Duration, from *Endpoint, to int32, l *link, data []byte) {
	d, o := n.prepare(onDatagram)
	o.host, o.socket = l.to, to
	o.from = from.address
	o.link = l
	o.data = append(o.data, data...)
	n.scheduler.Schedule(at, d)
}

// mistreat schedules a datagram to which something out of the ordinary happens.
func (n *Network) mistreat(arrival time.Duration, o occurrence, source *random.Stream, overtaken, corrupted, twice bool) {
	delay := o.link.now.ReorderDelay
	if overtaken {
		n.counters.Reordered++
		arrival += source.Duration(0, delay)
	}
	d := n.schedule(arrival, o)
	if corrupted {
		n.counters.Corrupted++
		corrupt(n.occurrences[d.number].data, source)
	}
	if twice {
		n.counters.Duplicated++
		n.schedule(arrival+source.Duration(0, delay), o)
	}
}

// corrupt flips one to eight bits, each one once.
func corrupt(data []byte, source *random.Stream) {
	if len(data) == 0 {
		return
	}
	size := 8 * len(data)
	bit := source.IntN(size)
	for range source.Between(1, 8) {
		data[bit/8] ^= 1 << (bit % 8)
		bit = (bit + 1 + source.IntN(size/8)) % size // never once around in seven steps
	}
}

// datagramArrives reports whether a datagram has arrived at an address where somebody listens.
func (n *Network) datagramArrives(d Delivery, o *occurrence) bool {
	switch {
	case o.link.clogged:
		o.link.held = append(o.link.held, d)
		return false
	case o.link.cut:
		n.counters.Lost++
		n.Discard(d)
		return false
	case n.sockets[o.socket].endpoint == nil:
		n.counters.Undelivered++
		n.Discard(d)
		return false
	}
	return true
}

func (n *Network) receiveDatagram(d Delivery, o *occurrence) {
	if endpoint := n.sockets[o.socket].endpoint; endpoint != nil {
		// The receiver may send, which moves the occurrences but leaves this one's buffer alone until Discard.
		endpoint.receiver.Datagram(o.from, o.data)
	} else {
		n.counters.Undelivered++
	}
	n.Discard(d)
}
