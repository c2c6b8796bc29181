package sim

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/transport"
)

// echo sends back every datagram that it gets.
type echo struct{ bus transport.Bus }

func (e *echo) Handle(event Event) {
	if event.Kind == EventDatagram {
		e.bus.SendDatagram(event.From, event.Data)
	}
}

func (e *echo) NextDeadline() time.Duration { return Never }

// echoWorld is pairs of hosts that send a small datagram back and forth, each pair several at once.
func echoWorld(seed uint64, pairs, outstanding int, config Config) *World {
	config.Seed = seed
	w := New(config)
	for range pairs {
		target := netip.AddrPortFrom(w.AddHost(name(w), ProgramFunc(func(h *Host) Process {
			return &echo{h.Listen(1)}
		}), HostOptions{}).Address(), 1)
		w.AddHost(name(w), ProgramFunc(func(h *Host) Process {
			e := &echo{h.Listen(1)}
			for i := range outstanding {
				e.bus.SendDatagram(target, append([]byte("a small datagram of 32 bytes: "), byte(i), 'x'))
			}
			return e
		}), HostOptions{})
	}
	return w
}

func name(w *World) string {
	return "n" + string(rune('a'+len(w.Hosts())/26)) + string(rune('a'+len(w.Hosts())%26))
}

func benchmarkEcho(b *testing.B, pairs, outstanding int, config Config) {
	w := echoWorld(1, pairs, outstanding, config)
	w.Run(100 * time.Millisecond)
	before := w.Events()
	b.ReportAllocs()
	b.ResetTimer()
	w.RunUntil(time.Hour, func() bool { return w.Events()-before >= uint64(b.N) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	if w.Failure() != nil {
		b.Fatal(w.Failure())
	}
}

func BenchmarkEcho2Hosts(b *testing.B)          { benchmarkEcho(b, 1, 8, Config{}) }
func BenchmarkEcho10Hosts(b *testing.B)         { benchmarkEcho(b, 5, 20, Config{}) }
func BenchmarkEcho100Hosts(b *testing.B)        { benchmarkEcho(b, 50, 20, Config{}) }
func BenchmarkEcho10HostsNoWindow(b *testing.B) { benchmarkEcho(b, 5, 20, Config{Window: -1}) }

func benchmarkQueue(b *testing.B, pending int) {
	var q queue
	draws := random.New(1)
	for range pending {
		q.push(itemTimer, item{at: int64(draws.Uint64N(1_000_000))})
	}
	b.ReportAllocs()
	for b.Loop() {
		it := q.pop()
		it.at += int64(draws.Uint64N(1_000_000))
		q.push(itemTimer, it)
	}
}

func BenchmarkQueue100(b *testing.B)    { benchmarkQueue(b, 100) }
func BenchmarkQueue1000(b *testing.B)   { benchmarkQueue(b, 1000) }
func BenchmarkQueue100000(b *testing.B) { benchmarkQueue(b, 100_000) }
