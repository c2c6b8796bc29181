package netsim

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A line is a scheduler for one thing at a time, so that only the network's own work is measured.
type line struct {
	time    time.Duration
	waiting []Delivery
}

func (l *line) Now() time.Duration { return l.time }

func (l *line) Schedule(at time.Duration, d Delivery) {
	l.time = at
	l.waiting = append(l.waiting, d)
}

// discard is a receiver that wants nothing.
type discard struct{}

func (discard) Datagram(transport.Address, []byte)                       {}
func (discard) StreamOpened(transport.StreamID, transport.Address, bool) {}
func (discard) StreamData(transport.StreamID, []byte)                    {}
func (discard) StreamClosed(transport.StreamID, error)                   {}

func (l *line) deliver(n *Network) {
	for len(l.waiting) > 0 {
		d := l.waiting[0]
		l.waiting = l.waiting[:copy(l.waiting, l.waiting[1:])]
		n.Deliver(d)
	}
}

func BenchmarkDatagram(b *testing.B) {
	l := &line{}
	n := New(l, 1)
	bus := n.Attach(at(1), discard{})
	n.Attach(at(2), discard{})
	data := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		bus.SendDatagram(at(2), data)
		l.deliver(n)
	}
}

func BenchmarkStream(b *testing.B) {
	l := &line{}
	n := New(l, 1)
	bus := n.Attach(at(1), discard{})
	n.Attach(at(2), discard{})
	id := bus.OpenStream(at(2))
	l.deliver(n)
	data := make([]byte, 1024)
	b.ReportAllocs()
	b.SetBytes(1024)
	for b.Loop() {
		bus.SendStream(id, data)
		l.deliver(n)
	}
}
