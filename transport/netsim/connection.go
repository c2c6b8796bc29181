package netsim

import (
	"math"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// opener and acceptor are the two sides of a connection.
const (
	opener   = 0
	acceptor = 1
)

const (
	// firstEphemeral is the first port that a host opens streams from, as on Linux.
	firstEphemeral = 32768
	lastEphemeral  = 60999
	// closedStream is what opening a stream on a closed endpoint returns: an id that no stream ever has.
	closedStream transport.StreamID = math.MaxUint64
)

// An endState is what the operating system of one side knows of a connection.
//
//	idle ──onConnect──► open (acceptor)
//	opening ──onAccept──► open (opener)
//	opening, open ──CloseStream──► closing ──onClosed──► closed
//	opening, open ──onReset, onTimeout, end of the flow──► broken ──StreamClosed──► closed
type endState uint8

const (
	endIdle    endState = iota // the acceptor's, before the opening arrives
	endOpening                 // the opener's, before the answer arrives
	endOpen
	endClosing // its process has closed it, and is told nothing more than that it is closed
	endBroken  // its process is still to be told
	endClosed
)

// An end is one side of a connection.
type end struct {
	state    endState
	host     int32
	endpoint *Endpoint         // nil while idle, and once closed
	peer     transport.Address // as this side knows it
	// announced is set once the process was told that the stream is open.
	announced bool
}

// gone reports whether nothing will be reported to this side any more.
func (e *end) gone() bool { return e.state == endClosed || e.state == endIdle }

// takes reports whether the process wants to hear of data.
func (e *end) takes() bool { return e.state == endOpen || e.state == endOpening }

// A connection is a stream: both ends of it, and the bytes under way.
type connection struct {
	// generation counts the connections that had this number. A stream's id contains it, so that ids are never used twice.
	generation uint32
	ends       [2]end
	flows      [2]flow // flows[side] carries what ends[side] sends
	// vanished is set when one side has gone without a word, so that the other may have to find out.
	vanished bool
	next     int32 // in the list of free ones
}

// used reports whether the number stands for a connection at all.
func (c *connection) used() bool { return c.ends[opener].state != endIdle }

func streamID(number int32, generation uint32, side int) transport.StreamID {
	return transport.StreamID(uint64(generation)<<32 | uint64(number)<<1 | uint64(side))
}

// PeerStream returns the id by which the other end of a stream knows it.
func PeerStream(id transport.StreamID) transport.StreamID { return id ^ 1 }

// find returns the connection and the side that a stream id of this endpoint means.
func (n *Network) find(e *Endpoint, id transport.StreamID) (number int32, side int, ok bool) {
	index := uint64(id) & math.MaxUint32 >> 1
	if index >= uint64(len(n.connections)) {
		return 0, 0, false
	}
	c, side := &n.connections[index], int(id&1)
	ok = c.generation == uint32(id>>32) && c.ends[side].endpoint == e
	return int32(index), side, ok
}

// openStream begins a connection.
func (n *Network) openStream(e *Endpoint, to transport.Address) transport.StreamID {
	n.counters.Streams++
	number := n.newConnection()
	c := &n.connections[number]
	source := n.hosts[e.host]
	if source.ephemeral++; source.ephemeral > lastEphemeral {
		source.ephemeral = firstEphemeral
	}
	target := n.directory.find(netip.AddrPortFrom(to.Addr(), 0))
	c.ends[opener] = end{state: endOpening, host: e.host, endpoint: e, peer: to}
	from := netip.AddrPortFrom(e.address.Addr(), source.ephemeral)
	c.ends[acceptor] = end{state: endIdle, host: target, peer: from}
	now := n.scheduler.Now()
	if target < 0 {
		// No such machine: nothing comes back.
		n.scheduleEnd(now+n.streams.ConnectTimeout, onTimeout, number, opener, transport.ErrTimeout)
	} else {
		n.scheduleCrossing(now, onConnect, number, acceptor)
	}
	return streamID(number, c.generation, opener)
}

func (n *Network) newConnection() int32 {
	number := n.freeConnection
	if number < 0 {
		n.connections = append(n.connections, connection{generation: 1})
		return int32(len(n.connections) - 1)
	}
	n.freeConnection = n.connections[number].next
	return number
}

// free gives a connection's number back once nobody can be told anything about it.
func (n *Network) free(number int32) {
	c := &n.connections[number]
	if !c.used() || !c.ends[opener].gone() || !c.ends[acceptor].gone() {
		return
	}
	c.generation++ // whatever is still under way for it means nothing now
	c.ends = [2]end{}
	c.flows[opener].reset()
	c.flows[acceptor].reset()
	c.vanished = false
	c.next = n.freeConnection
	n.freeConnection = number
}

// scheduleCrossing sends a packet of the connection itself to a side.
func (n *Network) scheduleCrossing(now time.Duration, kind occurrenceKind, number int32, side int) {
	c := &n.connections[number]
	l := n.link(c.ends[1-side].host, c.ends[side].host)
	at := l.segment(now, 0)
	n.schedule(at, occurrence{
		kind: kind, side: uint8(side), host: c.ends[side].host, connection: number,
		generation: c.generation, since: now, link: l,
	})
}

// scheduleEnd schedules something that happens at one side without having crossed a link.
func (n *Network) scheduleEnd(at time.Duration, kind occurrenceKind, number int32, side int, reason error) {
	c := &n.connections[number]
	n.schedule(at, occurrence{
		kind: kind, side: uint8(side), host: c.ends[side].host, connection: number,
		generation: c.generation, reason: reason,
	})
}
