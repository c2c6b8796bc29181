package netsim

import (
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A Delivery is something that the network will do at a later time. The owner of the event queue keeps it and gives it
// back exactly once: to Deliver, or to Arrive and then to Receive or Discard.
type Delivery struct{ number uint32 }

type occurrenceKind uint8

const (
	onDatagram    occurrenceKind = iota + 1 // a datagram comes to a socket
	onConnect                               // a stream's opening comes to the address that it is for
	onAccept                                // the answer comes back to the opener
	onRead                                  // bytes of a stream, or its end, can be read
	onAcknowledge                           // an acknowledgement comes back, after having been kept away by a cut
	onReset                                 // the news that a stream is broken comes from the other side
	onTimeout                               // a side has heard nothing of its peer for too long
	onClosed                                // a side is told that its stream is closed
)

// An occurrence is what a Delivery stands for.
type occurrence struct {
	kind    occurrenceKind
	side    uint8 // streams: at which end of the connection it happens
	attempt uint8 // streams: retransmissions so far

	host       int32 // where it happens
	socket     int32 // datagrams: where to
	connection int32
	// Invariant: an occurrence whose generation is not its connection's belongs to an earlier one, and means nothing.
	generation uint32
	ticket     uint32 // onRead: of the flow
	next       uint32 // in the list of free ones

	from   transport.Address // datagrams: sender; onConnect: address that the opening is for
	since  time.Duration     // streams: when it was first tried
	link   *link             // on which it travels, nil if it does not
	reason error             // for the receiver's StreamClosed
	data   []byte            // datagrams: the payload, in a buffer that the slot keeps
}

// prepare returns a new occurrence, which the caller fills in and gives to the scheduler. It has nothing but its kind and the slot's
// own buffer, and moves when another one is prepared.
func (n *Network) prepare(kind occurrenceKind) (Delivery, *occurrence) {
	number := n.freeOccurrence
	if number == 0 {
		number = uint32(len(n.occurrences))
		n.occurrences = append(n.occurrences, occurrence{})
	}
	slot := &n.occurrences[number]
	n.freeOccurrence = slot.next
	n.pending++
	buffer := slot.data[:0]
	*slot = occurrence{}
	slot.kind, slot.data = kind, buffer
	return Delivery{number}, slot
}

// schedule keeps an occurrence until it is due. Its data is copied.
func (n *Network) schedule(at time.Duration, o occurrence) Delivery {
	d, slot := n.prepare(o.kind)
	o.data = append(slot.data, o.data...)
	*slot = o
	n.scheduler.Schedule(at, d)
	return d
}

// again schedules an occurrence that could not happen yet once more.
func (n *Network) again(at time.Duration, d Delivery) { n.scheduler.Schedule(at, d) }

// Discard forgets a delivery that will not be received.
func (n *Network) Discard(d Delivery) {
	slot := &n.occurrences[d.number]
	if slot.kind == 0 {
		panic("netsim: a delivery was given back twice")
	}
	slot.kind, slot.next = 0, n.freeOccurrence // the rest of it is cleared when the slot is used again
	n.freeOccurrence = d.number
	n.pending--
}

// Deliver carries out what was scheduled, and has it received at once.
func (n *Network) Deliver(d Delivery) {
	if _, ok := n.Arrive(d); ok {
		n.Receive(d)
	}
}

// Arrive carries out what was scheduled as far as wires and operating systems go. If something has arrived for a process,
// it returns the index of its host, and Receive or Discard must follow, for one host in the order of
// arrival. Otherwise the delivery is done with.
func (n *Network) Arrive(d Delivery) (host int, ok bool) {
	o := &n.occurrences[d.number]
	if o.kind == 0 {
		panic("netsim: a delivery was given back twice")
	}
	host = int(o.host)
	switch {
	case o.kind == onDatagram:
		ok = n.datagramArrives(d, o)
	case n.connections[o.connection].generation != o.generation:
		n.Discard(d)
	default:
		ok = n.streamArrives(d, o)
	}
	return host, ok
}

// Receive hands over to its receiver what has arrived.
func (n *Network) Receive(d Delivery) {
	o := &n.occurrences[d.number]
	switch {
	case o.kind == onDatagram:
		n.receiveDatagram(d, o)
	case n.connections[o.connection].generation != o.generation:
		n.Discard(d)
	default:
		n.receiveStream(d, o)
	}
}
