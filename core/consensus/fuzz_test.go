package consensus

import (
	"bytes"
	"errors"
	"testing"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// samples runs a group through all that it can do, and returns what was sent and written.
func samples(tb testing.TB) (messages, records [][]byte, hosts []*host) {
	g := newTestGroup(4, 3, smallConfig(), nil)
	g.spoil = func(_, _ int, payload []byte) []byte {
		messages = append(messages, payload)
		return payload
	}
	g.setVoters([]wire.NodeID{nodeID(0), nodeID(1), nodeID(2)})
	g.run(time.Second, nil)
	for i := range 30 {
		if err := g.propose(g.hosts[i%4], proposalID(i), "some item"); err != nil {
			tb.Fatal(err)
		}
	}
	if err := g.hosts[3].machine.ReadIndex(g.now, 1); err != nil {
		tb.Fatal(err)
	}
	g.crash(g.hosts[0])
	g.run(4*time.Second, nil)
	g.restart(g.hosts[0])
	g.setVoters([]wire.NodeID{nodeID(0), nodeID(1), nodeID(3)})
	g.run(8*time.Second, nil)
	if g.failure != nil {
		tb.Fatal(g.failure)
	}
	for _, h := range g.hosts {
		records = append(records, h.synced...)
	}
	return messages, records, g.hosts
}

// seeds adds one sample of each length that occurs: enough to have every kind.
func seeds(f *testing.F, all [][]byte) {
	seen := map[int]bool{}
	for _, sample := range all {
		if !seen[len(sample)] {
			seen[len(sample)] = true
			f.Add(sample)
		}
	}
}

// Whatever decodePacket accepts, append writes again in the same bytes; the rest is refused with a *wire.Error.
func FuzzPacket(f *testing.F) {
	messages, _, _ := samples(f)
	seeds(f, messages)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodePacket(data)
		if err != nil {
			var refusal *wire.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("%v is no wire error", err)
			}
			return
		}
		if again := p.append(nil); !bytes.Equal(again, data) {
			t.Fatalf("%x is written as %x", data, again)
		}
		if Describe(data) == "" {
			t.Fatal("no description")
		}
	})
}

// Records that no machine writes are refused with an error. Those that are accepted make a machine that is in order.
func FuzzRecords(f *testing.F) {
	_, records, _ := samples(f)
	seeds(f, records)
	f.Fuzz(func(t *testing.T, data []byte) {
		first := newDurable(0)
		first.id, first.spent, first.log.hard = 1, 1, &pb.HardState{Term: new(uint64(0)), Vote: new(uint64(0)), Commit: new(uint64(0))}
		for _, log := range [][][]byte{{data}, {first.checkpointRecord(), data}} {
			m, err := New(smallConfig(), 0, nodeID(0), &list{}, newTestGroup(1, 1, smallConfig(), nil).source, log)
			if err != nil {
				continue
			}
			m.Take()
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A message from anywhere, also one that was made by somebody who knows the format, is refused with a typed error or taken;
// a machine never panics of it and is in order afterwards.
func FuzzReceive(f *testing.F) {
	messages, _, _ := samples(f)
	seeds(f, messages)
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, hosts := samples(t)
		for _, h := range hosts {
			for _, from := range hosts {
				err := h.machine.Receive(20*time.Second, from.id, data)
				var bytesError *wire.Error
				var messageError *Error
				if err != nil && !errors.As(err, &bytesError) && !errors.As(err, &messageError) {
					t.Fatalf("%v has no type", err)
				}
				out := h.machine.Take()
				if len(out.Records) > 0 {
					h.machine.Persisted(20*time.Second, out.Records[len(out.Records)-1].Position)
					h.machine.Take()
				}
				if err := h.machine.Check(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
