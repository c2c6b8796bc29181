package gossip

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// benchmarkMachine returns a machine of a group of n in which all have heard of each other.
func benchmarkMachine(n int) *Machine {
	m := New(DefaultConfig(), nodeID(0), 1<<32, random.New(1))
	m.SetMembers(0, nodeIDs(n))
	for s := range m.members.slots {
		m.members.slots[s].incarnation = 1 << 32
	}
	return m
}

func benchmarkReceive(b *testing.B, msg message, rumours int) {
	m := benchmarkMachine(1000)
	msg.incarnation = 1 << 32
	for i := range rumours {
		c := wireClaim{health: Alive, node: nodeID(10 + i), incarnation: 1 << 32}
		msg.claims = c.append(msg.claims)
	}
	payload := msg.append(nil)
	from := nodeID(7)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := m.Receive(0, from, payload, false); err != nil {
			b.Fatal(err)
		}
		m.Take()
	}
}

func BenchmarkReceivePing(b *testing.B) { benchmarkReceive(b, message{kind: ping, sequence: 2}, 0) }
func BenchmarkReceivePing6Rumours(b *testing.B) {
	benchmarkReceive(b, message{kind: ping, sequence: 2}, 6)
}
func BenchmarkReceivePingFullOfRumours(b *testing.B) {
	benchmarkReceive(b, message{kind: ping, sequence: 2}, 48)
}

// BenchmarkReceiveNews is a message whose six rumours are all news, so that they are queued and sent on.
func BenchmarkReceiveNews(b *testing.B) {
	m := benchmarkMachine(1000)
	from := nodeID(7)
	var payload []byte
	b.ReportAllocs()
	for i := range b.N {
		msg := message{kind: ping, sequence: 2, incarnation: 1 << 32}
		payload = msg.append(payload[:0])
		for j := range 6 {
			c := wireClaim{health: Alive, node: nodeID(10 + (6*i+j)%900), incarnation: 1<<32 + uint64(i) + 1}
			payload = c.append(payload)
		}
		if err := m.Receive(0, from, payload, false); err != nil {
			b.Fatal(err)
		}
		m.Take()
	}
}

// BenchmarkAdvance is a whole period of a member whose probe is answered.
func BenchmarkAdvance(b *testing.B) {
	m := benchmarkMachine(1000)
	var payload []byte
	b.ReportAllocs()
	for range b.N {
		now := m.NextDeadline()
		m.Advance(now)
		m.Take()
		if m.probe.stage == direct {
			msg := message{kind: ack, sequence: m.probe.sequence, incarnation: 1 << 32}
			payload = msg.append(payload[:0])
			if err := m.Receive(now, m.members.slots[m.probe.target].id, payload, false); err != nil {
				b.Fatal(err)
			}
			m.Take()
		}
	}
}

// BenchmarkGroup128 is ten seconds of a quiet group, with the event loop of the tests around it.
func BenchmarkGroup128(b *testing.B) { benchmarkGroup(b, 128) }

func BenchmarkGroup1000(b *testing.B) { benchmarkGroup(b, 1000) }

func benchmarkGroup(b *testing.B, n int) {
	g := newGroup(b, n, DefaultConfig(), 1)
	g.run(20 * time.Second)
	g.messages = 0
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		g.run(10 * time.Second)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(g.messages), "ns/message")
}
