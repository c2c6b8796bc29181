package seal

import (
	"sync"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// Mode says what a bus seals, and whom it takes for a peer. The secret of a cluster that had none is brought in by way of all three:
// while every bus accepts, then while every bus prefers, nothing is lost. A peer's stream that is not sealed is reported only with its
// first bytes, which tell that it is not.
type Mode uint8

const (
	// Require: all is sealed, and nothing else is taken.
	Require Mode = iota
	// Prefer: all that is sent is sealed; what is not sealed is taken as well.
	Prefer
	// Accept: nothing that is sent is sealed; what is sealed is taken as well.
	Accept
)

// Options are what a sealed bus needs.
type Options struct {
	// Mode says what is sealed.
	Mode Mode
	// Ring has the secrets.
	Ring *Ring
	// Random fills a slice with bytes that nobody can guess.
	Random func([]byte)
	// After calls a function once, in another goroutine, when a duration has passed, unless it is cancelled before.
	// Optional: without it no stream's opening ends by time.
	After func(d time.Duration, call func()) (cancel func())
	// HandshakeTimeout is how long a stream's opening may take, from the call of OpenStream on. Default 5 s. Used with After.
	HandshakeTimeout time.Duration
	// MaxHandshakes is how many streams of peers may be in their opening at a time. The oldest one makes room for a newer
	// one. Default 256.
	MaxHandshakes int
}

func (o Options) withDefaults() Options {
	if o.HandshakeTimeout == 0 {
		o.HandshakeTimeout = 5 * time.Second
	}
	if o.MaxHandshakes == 0 {
		o.MaxHandshakes = 256
	}
	if o.After == nil {
		o.After = func(time.Duration, func()) func() { return func() {} }
	}
	return o
}

// maxUnsealed is how many bytes may wait on a stream for its opening.
const maxUnsealed = 2 * transport.MinSendQueue

// Counters count what was refused since the bus was opened, by Kind.
type Counters [Kinds]uint64

// Refused returns the sum.
func (c *Counters) Refused() uint64 {
	sum := uint64(0)
	for _, count := range c {
		sum += count
	}
	return sum
}

// A Bus is a transport.Bus that seals what it sends by another one, and opens what that receives. Its methods may be called
// from several goroutines if those of the other one may.
type Bus struct {
	options  Options
	inner    transport.Bus
	receiver transport.Receiver

	// mutex is never held during a call of the receiver.
	mutex     sync.Mutex
	ring      *Ring
	datagrams *Datagrams
	// name tells this bus's own streams from those of others.
	name    Session
	streams map[transport.StreamID]*link
	// order has the keys of streams, sorted; opening those of inbound ones that are not confirmed, the oldest first.
	order, opening []transport.StreamID
	counters       Counters
	mode           Mode
	// plain counts the datagrams and streams that were taken though they were not sealed.
	plain  uint64
	sealed []byte
}

// Listen puts a sealed bus around the one that open returns. The receiver is called for what was opened only.
func Listen(receiver transport.Receiver, options Options, open func(transport.Receiver) (transport.Bus, error)) (*Bus, error) {
	b := &Bus{
		options: options.withDefaults(), receiver: receiver, ring: options.Ring, mode: options.Mode,
		datagrams: NewDatagrams(options.Ring, options.Random), streams: map[transport.StreamID]*link{},
	}
	options.Random(b.name[:])
	b.mutex.Lock() // what arrives before all is set waits
	defer b.mutex.Unlock()
	inner, err := open(innerReceiver{b})
	if err != nil {
		return nil, err
	}
	b.inner = inner
	return b, nil
}

// LocalAddress implements transport.Bus.
func (b *Bus) LocalAddress() transport.Address { return b.inner.LocalAddress() }

// MaxDatagram implements transport.Bus.
func (b *Bus) MaxDatagram() int { return b.inner.MaxDatagram() - Overhead }

// Counters returns what was refused so far.
func (b *Bus) Counters() Counters {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.counters
}

// Plain returns how many datagrams and streams were taken that were not sealed.
func (b *Bus) Plain() uint64 {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.plain
}

// SetMode changes what is sealed. Streams that are not are closed when all have to be.
func (b *Bus) SetMode(mode Mode) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.mode = mode
	if mode != Require {
		return
	}
	for _, id := range b.order {
		if l := b.streams[id]; l.plain {
			b.close(id, l, refuse(NotSealed)) // it was as it should be until now, so nothing is counted
		}
	}
}

// SetRing changes the secrets that are accepted. Streams under one that is not any more are closed.
func (b *Bus) SetRing(ring *Ring) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.ring = ring
	b.datagrams.SetRing(ring)
	for _, id := range b.order {
		l := b.streams[id]
		if l.stream != nil && !l.stream.SetRing(ring) {
			b.close(id, l, refuse(UnknownSecret)) // nothing wrong has arrived, so nothing is counted
		}
	}
}

// Close implements transport.Bus.
func (b *Bus) Close() error {
	b.mutex.Lock()
	for _, id := range b.order {
		b.streams[id].cancel()
	}
	b.mutex.Unlock()
	return b.inner.Close()
}

// SendDatagram implements transport.Bus.
func (b *Bus) SendDatagram(to transport.Address, data []byte) {
	transport.CheckDatagram(data, b.MaxDatagram())
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.mode != Accept {
		data = b.datagrams.Seal(to, data)
	}
	b.inner.SendDatagram(to, data)
}

// innerReceiver takes what arrives at the bus below. Its calls come one at a time.
type innerReceiver struct{ *Bus }

// Datagram implements transport.Receiver.
func (r innerReceiver) Datagram(from transport.Address, data []byte) {
	if opened := r.openDatagram(from, data); opened.HasData {
		r.receiver.Datagram(from, opened.Data)
	}
}

// openDatagram opens a datagram and sends the answers to it. What it returns stays valid during this call of the inner
// receiver, since nothing else opens datagrams.
func (b *Bus) openDatagram(from transport.Address, data []byte) Opened {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	opened, err := b.datagrams.Open(from, data)
	switch {
	case b.takesPlain(err):
		return Opened{Data: data, HasData: true}
	case err != nil:
		b.count(err)
	}
	for _, answer := range opened.Answers {
		b.inner.SendDatagram(answer.To, answer.Bytes)
	}
	return opened
}

// takesPlain reports whether something is taken that is refused for not being sealed, and counts it then.
func (b *Bus) takesPlain(err error) bool {
	refusal, ok := err.(*Error)
	if !ok || refusal.Kind != NotSealed || b.mode == Require {
		return false
	}
	b.plain++
	return true
}

// count counts a refusal. Called with the mutex held.
func (b *Bus) count(err error) {
	refusal, ok := err.(*Error)
	if !ok {
		panic("seal: an error that is not its own: " + err.Error())
	}
	b.counters[refusal.Kind]++
}
