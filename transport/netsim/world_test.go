package netsim

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/transporttest"
)

// A world is a Scheduler and the hosts of one test. Its queue is a plain list, searched for the earliest.
type world struct {
	t       testing.TB
	time    time.Duration
	queue   []scheduled
	network *Network
}

type scheduled struct {
	at       time.Duration
	delivery Delivery
}

func newWorld(t testing.TB, seed uint64) *world {
	w := &world{t: t}
	w.network = New(w, seed)
	return w
}

func (w *world) Now() time.Duration { return w.time }

func (w *world) Schedule(at time.Duration, d Delivery) {
	if at < w.time {
		w.t.Fatalf("scheduled at %v, before now, %v", at, w.time)
	}
	w.queue = append(w.queue, scheduled{at, d})
}

// step delivers the earliest delivery, of equally early ones the first scheduled, and reports whether there was one.
func (w *world) step(limit time.Duration) bool {
	first := -1
	for i, s := range w.queue {
		if first < 0 || s.at < w.queue[first].at {
			first = i
		}
	}
	if first < 0 || w.queue[first].at > limit {
		w.time = max(w.time, min(limit, w.time+time.Hour))
		return false
	}
	s := w.queue[first]
	w.queue = append(w.queue[:first], w.queue[first+1:]...)
	w.time = s.at
	w.network.Deliver(s.delivery)
	return true
}

// run lets everything happen that is due within the given time.
func (w *world) run(d time.Duration) {
	for limit := w.time + d; w.step(limit); {
	}
}

// ip returns the address of host number i, and at its one port.
func ip(i int) netip.Addr        { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}) }
func at(i int) transport.Address { return netip.AddrPortFrom(ip(i), 7000) }
func ips(numbers ...int) []netip.Addr {
	var addresses []netip.Addr
	for _, i := range numbers {
		addresses = append(addresses, ip(i))
	}
	return addresses
}

// A peer is a receiver that keeps what it gets.
type peer struct {
	*Endpoint
	world     *world
	datagrams []string
	times     []time.Duration // of the datagrams
	opened    []transport.StreamID
	data      map[transport.StreamID][]byte
	reads     int
	closed    map[transport.StreamID][]error
	closedAt  time.Duration
	onData    func(id transport.StreamID, data []byte)
}

// attach makes host number i listen at its one port.
func (w *world) attach(i int) *peer {
	p := &peer{world: w, data: map[transport.StreamID][]byte{}, closed: map[transport.StreamID][]error{}}
	p.Endpoint = w.network.Attach(at(i), p)
	return p
}

func (p *peer) Datagram(from transport.Address, data []byte) {
	p.datagrams = append(p.datagrams, string(data))
	p.times = append(p.times, p.world.time)
}

func (p *peer) StreamOpened(id transport.StreamID, from transport.Address, inbound bool) {
	p.opened = append(p.opened, id)
}

func (p *peer) StreamData(id transport.StreamID, data []byte) {
	if !slices.Contains(p.opened, id) || len(p.closed[id]) > 0 || len(data) == 0 {
		p.world.t.Errorf("%d bytes of stream %x, opened %x, closed %v", len(data), id, p.opened, p.closed[id])
	}
	p.reads++
	p.data[id] = append(p.data[id], data...)
	if p.onData != nil {
		p.onData(id, data)
	}
}

func (p *peer) StreamClosed(id transport.StreamID, reason error) {
	p.closed[id] = append(p.closed[id], reason)
	p.closedAt = p.world.time
}

// open opens a stream to host number i and returns the ids at both ends.
func (p *peer) open(other *peer) (here, there transport.StreamID) {
	p.world.t.Helper()
	before := len(other.opened)
	here = p.OpenStream(other.LocalAddress())
	p.world.run(100 * time.Millisecond)
	if len(other.opened) != before+1 {
		p.world.t.Fatal("the stream was not opened")
	}
	return here, other.opened[before]
}

// quiet is a link without any randomness.
var quiet = Profile{Latency: time.Millisecond}

// plain reads everything that is there.
func plain() StreamProfile {
	p := DefaultStreamProfile()
	p.Split, p.Join = 0, 0
	return p
}

// harness runs the contract suite.
type harness struct {
	*world
	attached int
}

func (h *harness) NewBus(r transport.Receiver) transport.Bus {
	h.attached++
	return h.network.Attach(at(h.attached), r)
}

func (h *harness) Run(until func() bool) {
	h.t.Helper()
	for !until() {
		if !h.step(time.Hour) {
			h.t.Fatal("nothing is left to happen")
		}
	}
}

func (h *harness) Unreachable() transport.Address { return netip.AddrPortFrom(ip(1), 9) }

func TestContract(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Harness {
		return &harness{world: newWorld(t, 1)}
	})
}

// poorLinks are slow, thin and jittery, and their reads are split and joined all the time.
func poorLinks(w *world) {
	w.network.SetProfile(Profile{
		Latency: time.Millisecond, Jitter: 20 * time.Millisecond, Bandwidth: 10 << 20, QueueDelay: time.Minute,
	})
	streams := DefaultStreamProfile()
	streams.Split, streams.Join = 800_000, 500_000
	w.network.SetStreams(streams)
}

// The contract also holds on poor links.
func TestContractOnPoorLinks(t *testing.T) {
	for seed := range uint64(20) {
		transporttest.Run(t, func(t *testing.T) transporttest.Harness {
			w := newWorld(t, seed)
			poorLinks(w)
			return &harness{world: w}
		})
	}
}

func expect(t *testing.T, got *peer, want ...string) {
	t.Helper()
	if len(got.datagrams) != len(want) {
		t.Fatalf("%d datagrams arrived: %q, want %q", len(got.datagrams), got.datagrams, want)
	}
	for i := range want {
		if got.datagrams[i] != want[i] {
			t.Fatalf("arrived: %q, want %q", got.datagrams, want)
		}
	}
	got.datagrams, got.times = nil, nil
}

func pattern(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		b.WriteByte(byte(i * i >> 3))
	}
	return b.Bytes()
}
