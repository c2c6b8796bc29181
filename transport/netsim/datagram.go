package netsim

import (
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
	o := occurrence{kind: onDatagram, host: target, socket: number, from: from.address, link: l, data: data}
	if l.loopback {
		n.schedule(now+loopbackLatency, o)
		return
	}
	// The same number of draws, whatever the rates are and whether the link is cut: so a fault can be left
	// out of a plan, and the packets that it did not concern keep their fate.
	lost := l.stream.Chance(l.now.Loss)
	twice := l.stream.Chance(l.now.Duplicate)
	overtaken := l.stream.Chance(l.now.Reorder)
	corrupted := l.stream.Chance(l.now.Corrupt)
	latency := l.latency()
	sent, waited := l.transmit(now, len(data))
	if lost || l.cut || waited > l.now.QueueDelay {
		n.counters.Lost++
		return
	}
	l.free = sent
	arrival := sent + latency
	if overtaken {
		n.counters.Reordered++
		arrival += l.stream.Duration(0, l.now.ReorderDelay)
	} else {
		arrival = max(arrival, l.arrival)
		l.arrival = arrival
	}
	d := n.schedule(arrival, o)
	if corrupted {
		n.counters.Corrupted++
		corrupt(n.occurrences[d.number].data, l.stream)
	}
	if twice {
		n.counters.Duplicated++
		n.schedule(arrival+l.stream.Duration(0, l.now.ReorderDelay), o)
	}
}

// corrupt flips one to eight bits.
func corrupt(data []byte, stream *random.Stream) {
	if len(data) == 0 {
		return
	}
	for range stream.Between(1, 8) {
		bit := stream.IntN(8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
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
