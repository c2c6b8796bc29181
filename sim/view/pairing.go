package view

import (
	"hash/fnv"
	"slices"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/netsim"
)

// pairing finds the record in which something was sent that another record receives. Streams are exact: bytes arrive in
// order, so their positions tell. Datagrams can be lost, doubled, overtaken and damaged, so they are told by their bytes.
type pairing struct {
	datagrams map[link][]datagram // sent and not forgotten, oldest first
	flows     map[transport.StreamID]*flow
	opens     map[transport.StreamID]int // the record in which an end of a stream was opened
	closes    map[transport.StreamID]int // the record in which an end of a stream was closed
}

// link is a way of datagrams.
type link struct {
	from, to int // hosts
	port     uint16
}

type datagram struct {
	record   int
	hash     uint64
	length   int
	received bool
}

// flow is what an end of a stream has sent.
type flow struct {
	writes   []write // not yet wholly read, oldest first
	sent     int     // bytes
	received int     // bytes that the other end has read
}

type write struct {
	record int
	end    int // bytes of the flow up to the end of this write
}

// maxRemembered is how many datagrams of a link are remembered. One that arrives after so many later ones has no sender.
const maxRemembered = 256

func newPairing() pairing {
	return pairing{
		datagrams: map[link][]datagram{}, flows: map[transport.StreamID]*flow{},
		opens: map[transport.StreamID]int{}, closes: map[transport.StreamID]int{},
	}
}

// add takes the next record, and adds the messages that it receives to the recorder's.
func (p *pairing) add(r *Recorder, number int, record *sim.Record) {
	switch record.Action {
	case sim.ActionSend:
		p.sent(link{r.index(record.Host), r.peer(record), record.Peer.Port()}, number, record.Data)
	case sim.Action(sim.EventDatagram):
		way := link{r.peer(record), r.index(record.Host), record.Port}
		if from, ok := p.received(way, record.Data); ok {
			r.addMessage(from, number)
		}
	case sim.ActionOpen:
		p.opens[record.Stream] = number
	case sim.Action(sim.EventStreamOpened):
		p.opens[record.Stream] = number
		r.addMessageOf(p.opens, netsim.PeerStream(record.Stream), number)
	case sim.ActionWrite:
		f := p.flow(record.Stream)
		f.sent += record.Length
		f.writes = append(f.writes, write{number, f.sent})
	case sim.Action(sim.EventStreamData):
		p.flow(netsim.PeerStream(record.Stream)).read(r, number, record.Length)
	case sim.ActionClose:
		p.closes[record.Stream] = number
	case sim.Action(sim.EventStreamClosed):
		r.addMessageOf(p.closes, netsim.PeerStream(record.Stream), number)
		p.ended(record.Stream)
	}
}

func (r *Recorder) addMessage(from, to int) {
	r.chunk.Messages.From = append(r.chunk.Messages.From, from)
	r.chunk.Messages.To = append(r.chunk.Messages.To, to)
}

func (r *Recorder) addMessageOf(senders map[transport.StreamID]int, stream transport.StreamID, to int) {
	if from, ok := senders[stream]; ok {
		r.addMessage(from, to)
	}
}

// ended lets go of what an end of a stream will not receive any more. The other end may still have bytes to read.
func (p *pairing) ended(stream transport.StreamID) {
	delete(p.flows, netsim.PeerStream(stream))
	delete(p.closes, netsim.PeerStream(stream))
}

func (p *pairing) flow(stream transport.StreamID) *flow {
	f := p.flows[stream]
	if f == nil {
		f = &flow{}
		p.flows[stream] = f
	}
	return f
}

// read joins all writes of which something was read with the record that has read it.
func (f *flow) read(r *Recorder, number, length int) {
	f.received += length
	for len(f.writes) > 0 {
		first := f.writes[0]
		r.addMessage(first.record, number)
		if first.end > f.received {
			return
		}
		f.writes = f.writes[1:]
		if first.end == f.received {
			return
		}
	}
}

func (p *pairing) sent(way link, number int, data []byte) {
	list := p.datagrams[way]
	if len(list) == maxRemembered {
		list = slices.Delete(list, 0, maxRemembered/4)
	}
	p.datagrams[way] = append(list, datagram{record: number, hash: hashOf(data), length: len(data)})
}

// received finds the sender of a datagram: the oldest one with the same bytes that has not arrived, else one that has arrived
// and was doubled, else the oldest of the same length, whose bytes were damaged.
func (p *pairing) received(way link, data []byte) (record int, ok bool) {
	list, hash := p.datagrams[way], hashOf(data)
	for _, fits := range []func(d *datagram) bool{
		func(d *datagram) bool { return d.hash == hash && !d.received },
		func(d *datagram) bool { return d.hash == hash },
		func(d *datagram) bool { return d.length == len(data) && !d.received },
	} {
		for i := range list {
			if d := &list[i]; fits(d) {
				d.received = true
				return d.record, true
			}
		}
	}
	return 0, false
}

func hashOf(data []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(data) // never fails
	return h.Sum64()
}
