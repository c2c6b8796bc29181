package udp_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/seal"
	"github.com/ember-cluster/ember/transport/transporttest"
	"github.com/ember-cluster/ember/transport/udp"
)

// sealedHarness seals what goes over the loopback interface.
type sealedHarness struct {
	*harness
	options seal.Options
}

func newSealedHarness(t *testing.T, address string) *sealedHarness {
	return &sealedHarness{newHarness(t, address), seal.Options{
		Ring:   ring(t, "first-secret-of-this-test"),
		Random: func(b []byte) { rand.Read(b) },
		After: func(d time.Duration, call func()) func() {
			timer := time.AfterFunc(d, call)
			return func() { timer.Stop() }
		},
	}}
}

func ring(t *testing.T, text string) *seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (h *sealedHarness) NewBus(receiver transport.Receiver) transport.Bus { return h.listen(receiver) }

func (h *sealedHarness) listen(receiver transport.Receiver) *seal.Bus {
	h.t.Helper()
	bus, err := seal.Listen(locked{h.harness, receiver}, h.options, func(inner transport.Receiver) (transport.Bus, error) {
		return udp.Listen(netip.AddrPortFrom(h.address, 0), inner, h.harness.options)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return bus
}

func TestSealedContract(t *testing.T) {
	for _, address := range loopbacks() {
		t.Run(address, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transporttest.Harness { return newSealedHarness(t, address) })
		})
	}
}

// awaitRefusals waits until a bus has refused so many for a reason.
func awaitRefusals(bus *seal.Bus, kind seal.Kind, count uint64) {
	for bus.Counters()[kind] < count {
		runtime.Gosched()
	}
}

// TestStrangers has all that listens behind the seal hear nothing of those who do not know the secret.
func TestStrangers(t *testing.T) {
	h := newSealedHarness(t, "127.0.0.1")
	var got log
	bus := h.listen(&got)

	other := newSealedHarness(t, "127.0.0.1")
	other.options.Ring = ring(t, "secret-of-another-cluster")
	var told log
	foreign := other.listen(&told)
	plain := newHarness(t, "127.0.0.1")
	var plainTold log
	unsealed := plain.listen(&plainTold)

	foreign.SendDatagram(bus.LocalAddress(), []byte("x"))
	refusedID := foreign.OpenStream(bus.LocalAddress())
	foreign.SendStream(refusedID, []byte("x"))
	unsealed.SendDatagram(bus.LocalAddress(), []byte("EMBR, unsealed"))
	unsealed.SendStream(unsealed.OpenStream(bus.LocalAddress()), []byte("EMBR, unsealed"))
	awaitRefusals(bus, seal.UnknownSecret, 2)
	awaitRefusals(bus, seal.NotSealed, 2)
	other.Run(func() bool { return len(told.closed) == 1 })
	plain.Run(func() bool { return len(plainTold.closed) == 1 })
	if reason := told.reasons[0]; !errors.Is(reason, transport.ErrRefused) || len(told.opened) > 0 {
		t.Errorf("the stranger's stream was opened %v and closed for %v", told.opened, reason)
	}
	h.Run(func() bool { return true })
	if len(got.datagrams)+len(got.opened)+len(got.closed) > 0 {
		t.Errorf("the receiver was told of %+v", got)
	}
}

// A stream on which nothing is said is closed after a time, and before it if many wait.
func TestSilentStrangers(t *testing.T) {
	h := newSealedHarness(t, "127.0.0.1")
	h.options.MaxHandshakes = 2
	h.options.HandshakeTimeout = 50 * time.Millisecond
	bus := h.listen(&log{})
	for range 2 {
		silent, err := net.Dial("tcp", bus.LocalAddress().String())
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		if _, err := io.Copy(io.Discard, silent); err != nil {
			t.Errorf("closed with %v", err)
		}
	}
	awaitRefusals(bus, seal.HandshakeTimeout, 2)

	h.options.HandshakeTimeout = time.Hour
	bus = h.listen(&log{})
	for range 5 {
		silent, err := net.Dial("tcp", bus.LocalAddress().String())
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
	}
	awaitRefusals(bus, seal.HandshakesTooMany, 3)
	var told log
	peer := h.listen(&told) // finds its place
	peer.OpenStream(bus.LocalAddress())
	h.Run(func() bool { return len(told.opened) == 1 })
}

// A peer that takes a stream and never says a word: the opener's ends, whether it was closed before or not.
func TestSilentAcceptor(t *testing.T) {
	h := newSealedHarness(t, "127.0.0.1")
	h.options.HandshakeTimeout = 30 * time.Millisecond
	h.harness.options.CloseTimeout = 30 * time.Millisecond
	var got log
	bus := h.listen(&got)
	peer, _ := silentPeer(t)
	bus.SendStream(bus.OpenStream(peer), []byte("x"))
	closed := bus.OpenStream(peer)
	bus.SendStream(closed, []byte("x"))
	bus.CloseStream(closed)
	h.Run(func() bool { return len(got.closed) == 2 })
	for _, reason := range got.reasons {
		if !errors.Is(reason, transport.ErrTimeout) {
			t.Errorf("closed for %v", reason)
		}
	}
}

// relay passes a stream on until it has seen so many bytes from the opener, then ends both sides in order.
func relay(t *testing.T, to transport.Address, limit int64) (at transport.Address) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		opener, err := listener.Accept()
		if err != nil {
			return
		}
		defer opener.Close()
		acceptor, err := net.Dial("tcp", to.String())
		if err != nil {
			return
		}
		defer acceptor.Close()
		go func() { _, _ = io.Copy(opener, acceptor) }() // ends with the connections
		_, _ = io.CopyN(acceptor, opener, limit)
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return address(t, listener.Addr())
}

// TestCutStream ends a stream in order at the level of TCP, in the midst of it: that is no end in order.
func TestCutStream(t *testing.T) {
	h := newSealedHarness(t, "127.0.0.1")
	var atOpener, atAcceptor log
	bus, peer := h.listen(&atOpener), h.listen(&atAcceptor)
	id := bus.OpenStream(relay(t, peer.LocalAddress(), 100_000))
	bus.SendStream(id, make([]byte, 200_000))
	h.Run(func() bool { return len(atOpener.closed) == 1 && len(atAcceptor.closed) == 1 })
	for _, reason := range []error{atOpener.reasons[0], atAcceptor.reasons[0]} {
		if !errors.Is(reason, transport.ErrReset) {
			t.Errorf("closed for %v", reason)
		}
	}
	if atAcceptor.bytes == 0 || atAcceptor.bytes >= 100_000 {
		t.Errorf("%d bytes arrived of 100000 with their seals", atAcceptor.bytes)
	}
	if peer.Counters()[seal.Truncated] != 1 {
		t.Errorf("counted as %v", peer.Counters())
	}
}

// TestRotationClosesStreams: a stream lives as long as its secret.
func TestRotationClosesStreams(t *testing.T) {
	h := newSealedHarness(t, "127.0.0.1")
	var atLeft, atRight log
	left, right := h.listen(&atLeft), h.listen(&atRight)
	left.OpenStream(right.LocalAddress())
	h.Run(func() bool { return len(atLeft.opened) == 1 && len(atRight.opened) == 1 })
	old, next := "first-secret-of-this-test", "second-secret-of-this-test"
	for _, secrets := range []string{old + " " + next, next + " " + old} {
		left.SetRing(ring(t, secrets))
		right.SetRing(ring(t, secrets))
		left.SendDatagram(right.LocalAddress(), []byte("x"))
		seen := 0
		h.Run(func() bool { seen = len(atRight.datagrams); return seen > 0 })
		atRight.datagrams = nil
	}
	h.Run(func() bool { return true })
	if len(atLeft.closed) > 0 {
		t.Fatalf("closed for %v", atLeft.reasons)
	}
	right.SetRing(ring(t, next))
	h.Run(func() bool { return len(atLeft.closed) == 1 && len(atRight.closed) == 1 })
	if !errors.Is(atRight.reasons[0], transport.ErrReset) {
		t.Errorf("closed for %v", atRight.reasons[0])
	}
}

// TestModes brings a secret in: buses of neighbouring steps hear each other, those of others do not.
func TestModes(t *testing.T) {
	const plain = seal.Mode(255) // a bus without a secret
	for _, test := range []struct {
		left, right seal.Mode
		heard       bool
	}{
		{plain, seal.Accept, true}, {seal.Accept, plain, true}, {seal.Accept, seal.Accept, true},
		{seal.Accept, seal.Prefer, true}, {seal.Prefer, seal.Accept, true}, {seal.Prefer, seal.Prefer, true},
		{seal.Prefer, seal.Require, true}, {seal.Require, seal.Prefer, true},
		{seal.Accept, seal.Require, false}, {plain, seal.Require, false},
	} {
		h := newSealedHarness(t, "127.0.0.1")
		var atLeft, atRight log
		listen := func(mode seal.Mode, l *log) transport.Bus {
			if mode == plain {
				return h.harness.listen(l)
			}
			h.options.Mode = mode
			return h.listen(l)
		}
		left, right := listen(test.left, &atLeft), listen(test.right, &atRight)
		left.SendDatagram(right.LocalAddress(), []byte("hello"))
		id := left.OpenStream(right.LocalAddress())
		left.SendStream(id, make([]byte, 100_000))
		if !test.heard {
			awaitRefusals(right.(*seal.Bus), seal.NotSealed, 2)
			h.Run(func() bool { return len(atLeft.closed) == 1 })
			if len(atRight.datagrams)+len(atRight.opened) > 0 {
				t.Errorf("%d to %d: heard %+v", test.left, test.right, atRight)
			}
			continue
		}
		h.Run(func() bool { return atRight.bytes == 100_000 && len(atRight.datagrams) == 1 })
		right.SendStream(atRight.opened[0], make([]byte, 1000))
		h.Run(func() bool { return atLeft.bytes == 1000 })
		left.CloseStream(id)
		h.Run(func() bool { return len(atLeft.closed) == 1 && len(atRight.closed) == 1 })
		if atLeft.reasons[0] != nil || atRight.reasons[0] != nil {
			t.Errorf("%d to %d: closed for %v and %v", test.left, test.right, atLeft.reasons[0], atRight.reasons[0])
		}
	}
}

// TestRequiringClosesPlainStreams: what is not sealed does not outlive the last step.
func TestRequiringClosesPlainStreams(t *testing.T) {
	h := newSealedHarness(t, "127.0.0.1")
	h.options.Mode = seal.Accept
	var atLeft, atRight log
	left, right := h.listen(&atLeft), h.listen(&atRight)
	left.SendStream(left.OpenStream(right.LocalAddress()), []byte("x"))
	h.Run(func() bool { return atRight.bytes == 1 })
	right.SetMode(seal.Prefer)
	right.SetMode(seal.Require)
	h.Run(func() bool { return len(atLeft.closed) == 1 && len(atRight.closed) == 1 })
	if !errors.Is(atRight.reasons[0], transport.ErrReset) || right.Plain() != 1 {
		t.Errorf("closed for %v, %d taken", atRight.reasons[0], right.Plain())
	}
}

// BenchmarkDatagram measures one datagram and its answer, plain and sealed.
func BenchmarkDatagram(b *testing.B) {
	for _, sealed := range []bool{false, true} {
		b.Run(fmt.Sprintf("sealed=%v", sealed), func(b *testing.B) {
			listen := func(r transport.Receiver) (transport.Bus, error) {
				return udp.Listen(netip.MustParseAddrPort("127.0.0.1:0"), r, udp.Options{})
			}
			newBus := func(r transport.Receiver) transport.Bus {
				if !sealed {
					bus, _ := listen(r)
					return bus
				}
				secrets, _ := seal.ParseRing("secret-of-this-benchmark")
				bus, _ := seal.Listen(r, seal.Options{Ring: secrets, Random: func(p []byte) { rand.Read(p) }}, listen)
				return bus
			}
			var there, back answering
			left, right := newBus(&back), newBus(&there)
			defer left.Close()
			defer right.Close()
			there.bus.Store(&right)
			back.arrived = make(chan struct{})
			data := make([]byte, 200)
			for b.Loop() {
				left.SendDatagram(right.LocalAddress(), data)
				<-back.arrived
			}
		})
	}
}

// answering sends datagrams back, or tells of them.
type answering struct {
	log
	bus     atomic.Pointer[transport.Bus]
	arrived chan struct{}
}

func (a *answering) Datagram(from transport.Address, data []byte) {
	if bus := a.bus.Load(); bus != nil {
		(*bus).SendDatagram(from, data)
	} else {
		a.arrived <- struct{}{}
	}
}
