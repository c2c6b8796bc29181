package core

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/wire"
)

// streamTable holds the open streams of the bus, few compared with the messages on them.
type streamTable struct {
	// open is sorted by id, so that whatever walks over it has one order.
	open []*busStream
	// lastOpened is the number of the newest stream that this node has opened.
	lastOpened StreamID
}

// busStream is one stream between this node and a peer.
type busStream struct {
	id StreamID
	// peer is who is at the other end: known at once for a stream that this node opens, and from the first message on
	// for one that came in.
	peer wire.NodeID
	// partial is the beginning of a message whose end has not arrived. Invariant: shorter than a largest message.
	partial []byte
	// remote is the other end as the driver has told it, of a stream that came in.
	remote netip.AddrPort
	// active is when the last message came or went.
	active time.Duration
	// createdWall is when it was opened, in Unix milliseconds.
	createdWall int64
}

func (t *streamTable) find(id StreamID) (int, bool) {
	return slices.BinarySearchFunc(t.open, id, func(s *busStream, id StreamID) int { return cmp.Compare(s.id, id) })
}

func (t *streamTable) get(id StreamID) *busStream {
	if i, ok := t.find(id); ok {
		return t.open[i]
	}
	return nil
}

func (t *streamTable) add(s *busStream) {
	i, taken := t.find(s.id)
	if taken {
		panic("core: a stream number is used twice")
	}
	t.open = slices.Insert(t.open, i, s)
}

func (t *streamTable) remove(id StreamID) {
	if i, ok := t.find(id); ok {
		t.open = slices.Delete(t.open, i, i+1)
	}
}

// toPeer returns a stream to the peer, whoever opened it, or nil.
func (t *streamTable) toPeer(peer wire.NodeID) *busStream {
	for _, s := range t.open {
		if s.peer == peer {
			return s
		}
	}
	return nil
}

func (n *Node) streamOpened(e *StreamOpened) {
	if e.Stream&InboundStream == 0 {
		panic("core: an incoming stream lacks the mark of one")
	}
	if len(n.streams.open) >= n.options.Limits.Streams {
		n.counters.Bus.StreamsRefused++
		n.emit(Effect{Kind: CloseStream, Stream: e.Stream})
		return
	}
	n.streams.add(&busStream{id: e.Stream, remote: e.Peer, active: n.at.Now, createdWall: n.at.Wall})
	n.scheduleSweep()
}

func (n *Node) streamClosed(e *StreamClosed) { n.streams.remove(e.Stream) }

// closeStream ends a stream from this side.
func (n *Node) closeStream(s *busStream) {
	n.streams.remove(s.id)
	n.emit(Effect{Kind: CloseStream, Stream: s.id})
}

// streamData takes whole messages off a stream. A stream with a bad message cannot be trusted to find the next one, and
// a peer that sends what is not for this node is not a peer, so either ends the stream.
func (n *Node) streamData(e *StreamData) {
	s := n.streams.get(e.Stream)
	if s == nil {
		n.options.Marks.Hit(marks.StreamClosedMeanwhile)
		return // closed by this node while the bytes were on their way
	}
	buffer := e.Bytes
	if len(s.partial) > 0 {
		n.options.Marks.Hit(marks.FramePartial)
		s.partial = append(s.partial, e.Bytes...)
		buffer = s.partial
	}
	for {
		envelope, size, err := wire.Open(buffer, wire.MaxFrame-wire.Overhead)
		if err != nil {
			n.countDamage(err)
			n.closeStream(s)
			return
		}
		if size == 0 {
			break
		}
		n.counters.Bus.FramesReceived++
		if !n.frame(s, &envelope) {
			n.closeStream(s)
			return
		}
		buffer = buffer[size:]
	}
	s.partial = append(s.partial[:0], buffer...)
}

// frame handles one message of a stream and reports whether the stream may stay.
func (n *Node) frame(s *busStream, envelope *wire.Envelope) bool {
	if !s.peer.IsZero() && s.peer != envelope.Sender {
		n.counters.Bus.Strangers++
		return false
	}
	// The answer goes back on this stream, so the peer must be known before the message is handled.
	s.peer = envelope.Sender
	s.active = n.at.Now
	if !n.message(envelope, s.remote, true) {
		return false
	}
	if n.gossip != nil {
		n.takeGossip()
	}
	return true
}

// sendReliably sends a message on a stream to a member, opening one if there is none.
func (n *Node) sendReliably(to wire.NodeID, kind wire.Kind, payload []byte) {
	n.sendSealed(to, n.seal(kind, payload))
}

// sendSealed is sendReliably for a message in its envelope, which may be sent to several members. A node that is not open says nothing.
func (n *Node) sendSealed(to wire.NodeID, sealed []byte) {
	if !n.isOpen {
		return
	}
	s := n.streams.toPeer(to)
	if s == nil {
		if s = n.openStream(to); s == nil {
			return
		}
	}
	n.options.Marks.HitIf(s.id&InboundStream != 0, marks.StreamShared)
	n.emit(Effect{Kind: SendStream, Stream: s.id, Bytes: sealed})
	n.counters.Bus.FramesSent++
	s.active = n.at.Now
}

// openStream begins a stream to a member, or returns nil if its address is unknown or there are too many streams.
func (n *Node) openStream(to wire.NodeID) *busStream {
	if address, ok := n.busAddress(to); ok {
		return n.openStreamTo(to, address)
	}
	return nil
}

// openStreamTo is openStream to an address; the peer is zero if it is not known who is there.
func (n *Node) openStreamTo(to wire.NodeID, address netip.AddrPort) *busStream {
	if len(n.streams.open) >= n.options.Limits.Streams {
		n.counters.Bus.StreamsRefused++
		return nil
	}
	n.streams.lastOpened++
	s := &busStream{id: n.streams.lastOpened, peer: to, active: n.at.Now, createdWall: n.at.Wall}
	n.streams.add(s)
	n.emit(Effect{Kind: OpenStream, Stream: s.id, To: address})
	n.scheduleSweep()
	return s
}

func (n *Node) scheduleSweep() {
	n.nextStreamSweep = min(n.nextStreamSweep, n.at.Now+n.options.Limits.StreamIdle)
}

// sweepStreams closes the streams that have been silent for too long: also those whose peer never said who it is, and
// those that never opened.
func (n *Node) sweepStreams() {
	idle := n.options.Limits.StreamIdle
	n.nextStreamSweep = Never
	for _, s := range slices.Clone(n.streams.open) {
		if end := s.active + idle; end <= n.at.Now {
			n.options.Marks.Hit(marks.StreamIdle)
			n.closeStream(s)
		} else {
			n.nextStreamSweep = min(n.nextStreamSweep, end)
		}
	}
}
