package transporttest

import (
	"bytes"
	"testing"

	"github.com/ember-cluster/ember/transport"
)

// A datagram is one that arrived.
type datagram struct {
	from transport.Address
	data []byte
}

// A stream is what a Recorder was told about one stream.
type stream struct {
	id      transport.StreamID
	peer    transport.Address
	inbound bool
	opened  bool
	data    []byte
	closed  bool
	reason  error
	// deaf is set when the stream was closed from here: no more data are allowed.
	deaf bool
}

// A Recorder is a Receiver that keeps what it is told, and fails the test when calls come in an order that the
// contract forbids.
type Recorder struct {
	t    *testing.T
	name string
	// echo, if set, sends everything that arrives back over this bus from within the call.
	echo transport.Bus
	// closer, if set, closes a stream over this bus as soon as data arrive, from within the call.
	closer transport.Bus

	datagrams []datagram
	// streams are in the order in which they were first heard of.
	streams []*stream
	// silent is set when no further call is allowed.
	silent bool
}

func newRecorder(t *testing.T, name string) *Recorder {
	return &Recorder{t: t, name: name}
}

// find returns the stream of that id, or nil if it was never heard of.
func (r *Recorder) find(id transport.StreamID) *stream {
	for _, s := range r.streams {
		if s.id == id {
			return s
		}
	}
	return nil
}

// inbound returns the n-th inbound stream, counted from 0, or an empty record if there are not so many yet.
func (r *Recorder) inbound(n int) *stream {
	for _, s := range r.streams {
		if s.inbound {
			if n == 0 {
				return s
			}
			n--
		}
	}
	return &stream{}
}

// got returns the record of a stream, an empty one if it was never heard of.
func (r *Recorder) got(id transport.StreamID) *stream {
	if s := r.find(id); s != nil {
		return s
	}
	return &stream{}
}

func (r *Recorder) check(holds bool, what string, id transport.StreamID) {
	r.t.Helper()
	if r.silent {
		r.t.Errorf("%s: called after Close (stream %d)", r.name, id)
	}
	if !holds {
		r.t.Errorf("%s: stream %d: %s", r.name, id, what)
	}
}

// Datagram implements transport.Receiver.
func (r *Recorder) Datagram(from transport.Address, data []byte) {
	r.check(true, "", 0)
	r.datagrams = append(r.datagrams, datagram{from, bytes.Clone(data)})
	if r.echo != nil {
		r.echo.SendDatagram(from, data)
	}
}

// StreamOpened implements transport.Receiver.
func (r *Recorder) StreamOpened(id transport.StreamID, peer transport.Address, inbound bool) {
	r.check(id != 0, "the id is zero", id)
	r.check(r.find(id) == nil, "opened twice, or after it was closed", id)
	r.streams = append(r.streams, &stream{id: id, peer: peer, inbound: inbound, opened: true})
}

// StreamData implements transport.Receiver.
func (r *Recorder) StreamData(id transport.StreamID, data []byte) {
	s := r.got(id)
	r.check(s.opened && !s.closed, "data outside of its life", id)
	r.check(len(data) > 0, "empty data", id)
	r.check(!s.deaf, "data after CloseStream", id)
	s.data = append(s.data, data...)
	if r.closer != nil {
		r.closer.CloseStream(id)
		s.deaf = true
	}
	if r.echo != nil {
		r.echo.SendStream(id, data)
	}
}

// StreamClosed implements transport.Receiver.
func (r *Recorder) StreamClosed(id transport.StreamID, reason error) {
	s := r.find(id)
	if s == nil { // a failed open
		s = &stream{id: id}
		r.streams = append(r.streams, s)
	}
	r.check(!s.closed, "closed twice", id)
	s.closed, s.reason = true, reason
	if r.echo != nil {
		r.echo.CloseStream(id) // does nothing
	}
}
