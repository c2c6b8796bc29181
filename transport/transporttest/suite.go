package transporttest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/ember-cluster/ember/transport"
)

// Run runs the contract suite, each test on a network of its own.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, p *pair)
	}{
		{"datagrams arrive whole, from their sender's address", testDatagram},
		{"the largest datagram arrives", testLargestDatagram},
		{"a datagram that is too long panics", testOversizedDatagram},
		{"a datagram to nowhere is lost without a trace", testDatagramToNowhere},
		{"a receiver may call the bus", testEcho},
		{"a stream opens on both sides", testStreamOpens},
		{"a stream carries bytes in order, both ways", testStreamBytes},
		{"slices may be used again", testSlicesAreCopied},
		{"streams do not mix", testStreamsDoNotMix},
		{"the opener closes, the bytes arrive first", testOpenerCloses},
		{"the acceptor closes, the bytes arrive first", testAcceptorCloses},
		{"a closed stream brings no more data", testCloseWhileReceiving},
		{"both sides close", testBothClose},
		{"a stream to nowhere is refused, once", testRefused},
		{"a stream is closed before it is open", testCloseWhileOpening},
		{"closed and unknown streams are ignored", testUnknownStreams},
		{"a closed bus is silent, its peers are told", testBusClose},
		{"a bus closes with streams opening", testBusCloseWhileOpening},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newPair(t, newHarness(t))) })
	}
}

// A pair is two buses that can reach each other.
type pair struct {
	Harness
	left, right       transport.Bus
	atLeft, atRight   *Recorder
	leftAddr, rightAt transport.Address
}

func newPair(t *testing.T, h Harness) *pair {
	p := &pair{Harness: h, atLeft: newRecorder(t, "left"), atRight: newRecorder(t, "right")}
	p.left, p.right = h.NewBus(p.atLeft), h.NewBus(p.atRight)
	p.leftAddr, p.rightAt = p.left.LocalAddress(), p.right.LocalAddress()
	if p.leftAddr == p.rightAt {
		t.Fatalf("both buses are at %v", p.leftAddr)
	}
	return p
}

// settle lets a stream be opened, used and closed from a third bus to both sides, so that whatever else was on its
// way to them has had its chance to arrive and to break a rule that a Recorder watches.
func (p *pair) settle(t *testing.T) {
	t.Helper()
	atThird := newRecorder(t, "third")
	third := p.NewBus(atThird)
	for _, to := range []transport.Address{p.leftAddr, p.rightAt} {
		id := third.OpenStream(to)
		third.CloseStream(id)
		p.Run(func() bool { return atThird.got(id).closed })
	}
}

// open opens a stream from left to right, as the n-th one, and waits until both sides know it.
func (p *pair) open(n int) (left, right transport.StreamID) {
	left = p.left.OpenStream(p.rightAt)
	p.Run(func() bool { return p.atLeft.got(left).opened && p.atRight.inbound(n).opened })
	return left, p.atRight.inbound(n).id
}

// pattern returns n bytes that show a loss, a repetition and an exchange.
func pattern(n, seed int) []byte {
	data := make([]byte, n)
	state := uint32(seed)*2654435761 + 1
	for i := range data {
		state = state*1664525 + 1013904223
		data[i] = byte(state >> 24)
	}
	return data
}

func testDatagram(t *testing.T, p *pair) {
	p.left.SendDatagram(p.rightAt, []byte("ping"))
	p.Run(func() bool { return len(p.atRight.datagrams) == 1 })
	got := p.atRight.datagrams[0]
	if string(got.data) != "ping" || got.from != p.leftAddr {
		t.Errorf("right got %q from %v, want \"ping\" from %v", got.data, got.from, p.leftAddr)
	}
	p.right.SendDatagram(got.from, []byte("ack"))
	p.Run(func() bool { return len(p.atLeft.datagrams) == 1 })
	if got := p.atLeft.datagrams[0]; string(got.data) != "ack" || got.from != p.rightAt {
		t.Errorf("left got %q from %v, want \"ack\" from %v", got.data, got.from, p.rightAt)
	}
}

func testLargestDatagram(t *testing.T, p *pair) {
	want := pattern(p.left.MaxDatagram(), 1)
	p.left.SendDatagram(p.rightAt, want)
	p.Run(func() bool { return len(p.atRight.datagrams) == 1 })
	if !bytes.Equal(p.atRight.datagrams[0].data, want) {
		t.Error("the datagram arrived changed")
	}
}

func testOversizedDatagram(t *testing.T, p *pair) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	p.left.SendDatagram(p.rightAt, make([]byte, p.left.MaxDatagram()+1))
}

func testDatagramToNowhere(t *testing.T, p *pair) {
	for range 3 {
		p.left.SendDatagram(p.Unreachable(), []byte("anyone?"))
	}
	testDatagram(t, p)
}

func testEcho(t *testing.T, p *pair) {
	p.Run(func() bool { // with the calls held back
		p.atRight.echo = p.right
		return true
	})
	p.left.SendDatagram(p.rightAt, []byte("again"))
	id := p.left.OpenStream(p.rightAt)
	p.left.SendStream(id, []byte("and again"))
	p.Run(func() bool { return len(p.atLeft.datagrams) == 1 && len(p.atLeft.got(id).data) == len("and again") })
	if got := p.atLeft.datagrams[0].data; string(got) != "again" {
		t.Errorf("datagram echoed as %q", got)
	}
	if got := p.atLeft.got(id).data; string(got) != "and again" {
		t.Errorf("stream echoed as %q", got)
	}
	p.left.CloseStream(id)
	p.Run(func() bool { return p.atLeft.got(id).closed && p.atRight.inbound(0).closed })
}

func testStreamOpens(t *testing.T, p *pair) {
	left, right := p.open(0)
	opener, acceptor := p.atLeft.got(left), p.atRight.got(right)
	if opener.inbound || opener.peer != p.rightAt {
		t.Errorf("the opener was told of %+v, want an outbound stream to %v", *opener, p.rightAt)
	}
	if !acceptor.inbound || acceptor.peer.Addr() != p.leftAddr.Addr() {
		t.Errorf("the acceptor was told of %+v, want an inbound stream from %v", *acceptor, p.leftAddr.Addr())
	}
}

func testStreamBytes(t *testing.T, p *pair) {
	left, right := p.open(0)
	there, back := pattern(1<<20, 2), pattern(300_000, 3)
	for rest, n := there, 1; len(rest) > 0; n = n*3 + 1 {
		n = min(n, len(rest))
		p.left.SendStream(left, rest[:n])
		rest = rest[n:]
	}
	p.right.SendStream(right, back)
	p.Run(func() bool {
		return len(p.atRight.got(right).data) >= len(there) && len(p.atLeft.got(left).data) >= len(back)
	})
	if !bytes.Equal(p.atRight.got(right).data, there) || !bytes.Equal(p.atLeft.got(left).data, back) {
		t.Error("the bytes arrived changed")
	}
}

func testSlicesAreCopied(t *testing.T, p *pair) {
	data := []byte("mine")
	id := p.left.OpenStream(p.rightAt)
	p.left.SendStream(id, data)
	p.left.SendDatagram(p.rightAt, data)
	copy(data, "xxxx")
	p.Run(func() bool { return len(p.atRight.datagrams) == 1 && len(p.atRight.inbound(0).data) == 4 })
	if got := p.atRight.datagrams[0].data; string(got) != "mine" {
		t.Errorf("datagram arrived as %q", got)
	}
	if got := p.atRight.inbound(0).data; string(got) != "mine" {
		t.Errorf("stream arrived as %q", got)
	}
}

func testStreamsDoNotMix(t *testing.T, p *pair) {
	const streams, rounds = 8, 20
	var ids [streams]transport.StreamID
	for i := range ids {
		ids[i] = p.left.OpenStream(p.rightAt)
		for _, other := range ids[:i] {
			if ids[i] == other || ids[i] == 0 {
				t.Fatalf("stream id %d was given out before, or is zero", ids[i])
			}
		}
	}
	for round := range rounds {
		for i, id := range ids {
			p.left.SendStream(id, fmt.Appendf(nil, "%d:%d ", i, round))
		}
	}
	for _, id := range ids {
		p.left.CloseStream(id)
	}
	p.Run(func() bool {
		n := 0
		for _, s := range p.atRight.streams {
			if s.closed {
				n++
			}
		}
		return n == streams
	})
	seen := map[string]bool{}
	for _, s := range p.atRight.streams {
		seen[string(s.data)] = true
	}
	for i := range ids {
		var want []byte
		for round := range rounds {
			want = fmt.Appendf(want, "%d:%d ", i, round)
		}
		if !seen[string(want)] {
			t.Errorf("no stream arrived with just the bytes of stream %d", i)
		}
	}
}

func testOpenerCloses(t *testing.T, p *pair) {
	want := pattern(200_000, 4)
	left := p.left.OpenStream(p.rightAt)
	p.left.SendStream(left, want)
	p.left.CloseStream(left)
	p.Run(func() bool { return p.atLeft.got(left).closed && p.atRight.inbound(0).closed })
	p.settle(t)
	if s := p.atRight.inbound(0); !bytes.Equal(s.data, want) || s.reason != nil {
		t.Errorf("the acceptor got %d bytes of %d and the reason %v, want all and none", len(s.data), len(want), s.reason)
	}
	if s := p.atLeft.got(left); s.reason != nil {
		t.Errorf("the opener was told %v", s.reason)
	}
}

func testAcceptorCloses(t *testing.T, p *pair) {
	left, right := p.open(0)
	want := pattern(200_000, 5)
	p.right.SendStream(right, want)
	p.right.CloseStream(right)
	p.Run(func() bool { return p.atLeft.got(left).closed && p.atRight.got(right).closed })
	p.settle(t)
	if s := p.atLeft.got(left); !bytes.Equal(s.data, want) || s.reason != nil {
		t.Errorf("the opener got %d bytes of %d and the reason %v, want all and none", len(s.data), len(want), s.reason)
	}
	if s := p.atRight.got(right); s.reason != nil {
		t.Errorf("the acceptor was told %v", s.reason)
	}
}

func testCloseWhileReceiving(t *testing.T, p *pair) {
	left, right := p.open(0)
	p.Run(func() bool { // with the calls held back
		p.atLeft.closer = p.left
		return true
	})
	p.right.SendStream(right, pattern(1<<20, 6))
	p.Run(func() bool { return p.atLeft.got(left).closed && p.atRight.got(right).closed })
	p.settle(t)
}

func testBothClose(t *testing.T, p *pair) {
	left, right := p.open(0)
	p.left.CloseStream(left)
	p.right.CloseStream(right)
	p.Run(func() bool { return p.atLeft.got(left).closed && p.atRight.got(right).closed })
	p.settle(t)
}

func testRefused(t *testing.T, p *pair) {
	id := p.left.OpenStream(p.Unreachable())
	p.left.SendStream(id, []byte("anyone?"))
	p.Run(func() bool { return p.atLeft.got(id).closed })
	p.settle(t)
	if s := p.atLeft.got(id); s.opened || !errors.Is(s.reason, transport.ErrRefused) {
		t.Errorf("told %+v, want a refused stream that was never open", *s)
	}
}

func testCloseWhileOpening(t *testing.T, p *pair) {
	for _, to := range []transport.Address{p.rightAt, p.Unreachable()} {
		id := p.left.OpenStream(to)
		p.left.CloseStream(id)
		p.Run(func() bool { return p.atLeft.got(id).closed })
	}
	p.settle(t)
}

func testUnknownStreams(t *testing.T, p *pair) {
	left, right := p.open(0)
	p.left.CloseStream(left)
	p.Run(func() bool { return p.atLeft.got(left).closed && p.atRight.got(right).closed })
	for _, id := range []transport.StreamID{0, left, 1 << 60} {
		p.left.SendStream(id, []byte("lost"))
		p.left.CloseStream(id)
	}
	p.settle(t)
	if n := len(p.atLeft.got(left).data) + len(p.atRight.got(right).data); n != 0 {
		t.Errorf("%d bytes arrived on a closed stream", n)
	}
}

func testBusClose(t *testing.T, p *pair) {
	_, right := p.open(0)
	if err := p.left.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	p.Run(func() bool {
		p.atLeft.silent = true // set with the calls held back, after Close has returned
		return p.atRight.got(right).closed
	})
	if err := p.left.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	p.left.SendDatagram(p.rightAt, []byte("late"))
	id := p.left.OpenStream(p.rightAt)
	p.left.SendStream(id, []byte("late"))
	p.left.CloseStream(id)
	p.right.SendDatagram(p.leftAddr, []byte("nobody there"))
	refused := p.right.OpenStream(p.leftAddr)
	p.Run(func() bool { return p.atRight.got(refused).closed })
	if s := p.atRight.got(refused); s.opened || s.reason == nil {
		t.Errorf("a stream to a closed bus: %+v, want a failed open", *s)
	}
	if len(p.atRight.datagrams) != 0 {
		t.Error("a closed bus sent a datagram")
	}
}

func testBusCloseWhileOpening(t *testing.T, p *pair) {
	for range 5 {
		p.left.SendStream(p.left.OpenStream(p.rightAt), []byte("soon gone"))
		p.left.OpenStream(p.Unreachable())
	}
	if err := p.left.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	p.Run(func() bool {
		p.atLeft.silent = true
		for _, s := range p.atRight.streams {
			if !s.closed {
				return false
			}
		}
		return true
	})
}
