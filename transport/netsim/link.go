package netsim

import (
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// A link is the way from one host to another.
type link struct {
	from, to  int32
	loopback  bool
	datagrams *random.Moments // "net/from→to": what datagrams draw
	streams   *random.Moments // "net/from→to/streams": what streams draw

	profile Profile // while nothing is wrong
	own     bool    // the profile is this link's own (SetLink)
	now     Profile // with all conditions
	cut     bool
	clogged bool
	held    []Delivery // what arrived while it was clogged, in order

	free    time.Duration // when the link has sent all that it was given; matters if it has a bandwidth
	arrival time.Duration // of the latest datagram that was sent in order
}

// link returns the link between two hosts, a new one if it was never used.
func (n *Network) link(from, to int32) *link {
	h := n.hosts[from]
	if int(to) < len(h.links) && h.links[to] != nil {
		return h.links[to]
	}
	for len(h.links) <= int(to) {
		h.links = append(h.links, nil)
	}
	l := &link{from: from, to: to, loopback: from == to}
	name := "net/" + h.address.String() + "→" + n.hosts[to].address.String()
	l.datagrams, l.streams = random.DeriveMoments(n.seed, name), random.DeriveMoments(n.seed, name+"/streams")
	h.links[to] = l
	n.settle(l, n.profile)
	return l
}

// transmit returns when a packet has left the link's sender, and how long it waited to.
func (l *link) transmit(now time.Duration, size int) (sent, waited time.Duration) {
	if l.now.Bandwidth <= 0 {
		return now, 0
	}
	begin := max(now, l.free)
	took := int64(size+packetHeader) * int64(time.Second) / l.now.Bandwidth
	return begin + time.Duration(took), begin - now
}

// latency draws how long a packet travels.
func (l *link) latency(source *random.Stream) time.Duration {
	if l.loopback {
		return loopbackLatency
	}
	return l.now.Latency + source.Exponential(l.now.Jitter)
}

// segment draws when a segment of a stream arrives that is sent now, if it is not lost.
func (l *link) segment(now time.Duration, size int) time.Duration {
	if l.loopback {
		return now + l.latency(l.streams.At(now))
	}
	l.free, _ = l.transmit(now, size)
	return l.free + l.latency(l.streams.At(now))
}

// loses draws whether a segment of a stream that should arrive now is lost instead.
func (l *link) loses(now time.Duration) bool {
	// A segment with flipped bits fails TCP's checksum: it is lost too.
	return l.cut || !l.loopback && l.streams.At(now).Chance(l.now.Loss+l.now.Corrupt)
}
