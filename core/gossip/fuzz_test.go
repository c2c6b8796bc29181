package gossip

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

var seedMessages = []string{
	"ping #2 incarnation=0",
	"ping #2 incarnation=0 version=7 suspect(a,0,by c) dead(d,0) left(e,3)",
	"ack #2 incarnation=9 alive(b,9)",
	"nack #4 incarnation=0",
	"ping-req #70 target=c incarnation=1",
	"gossip incarnation=0 dead(a,4611686018427387904) alive(b,9223372036854775807)",
	"state incarnation=0 suspect(b,0,by b) suspect(b,0,by c) suspect(b,0,by d) dead(c,1) dead(d,0)",
	"state-reply incarnation=0 dead(a,0) alive(c,5)",
}

// FuzzReceive hands hostile bytes to a busy machine, time passing in between, and checks it after each.
func FuzzReceive(f *testing.F) {
	for i, text := range seedMessages {
		f.Add(byte(i), uint16(i*300), parseMessage(f, text), parseMessage(f, seedMessages[(i+3)%len(seedMessages)]))
	}
	f.Fuzz(func(t *testing.T, from byte, wait uint16, first, second []byte) {
		config := DefaultConfig()
		if from&8 != 0 {
			config = config.With(SWIM)
		}
		m := New(config, nodeID(0), 1, random.New(1))
		m.sequence, m.relays.first = 0, 1
		m.SetMembers(0, nodeIDs(6))
		now := time.Duration(0)
		for round, payload := range [][]byte{first, second, first} {
			before := m.dump()
			err := m.Receive(now, nodeID(int(from)%8), payload, from&16 != 0)
			checkOutcome(t, m, err, before)
			for end := now + time.Duration(wait)*time.Millisecond; m.NextDeadline() <= end; {
				now = m.NextDeadline()
				m.Advance(now)
				checkOutcome(t, m, nil, "")
			}
			from += byte(round)
		}
	})
}

func checkOutcome(t *testing.T, m *Machine, err error, before string) {
	t.Helper()
	mustCheck(t, m)
	if err != nil {
		var damage *wire.Error
		var refusal *Error
		if !errors.As(err, &damage) && !errors.As(err, &refusal) {
			t.Fatalf("an untyped error: %v", err)
		}
		if m.dump() != before {
			t.Fatalf("%v changed the machine", err)
		}
		return
	}
	sends, _ := m.Take()
	for _, s := range sends {
		limit := m.config.MaxPayload
		if s.Reliable {
			limit = m.config.MaxStatePayload
		}
		if _, err := decode(s.Payload); err != nil || len(s.Payload) > limit || m.Health(s.To) == Unknown || s.To == nodeID(0) {
			t.Fatalf("it sends %x to %v: %v", s.Payload, s.To, err)
		}
	}
}

// FuzzDecode shows that a message has one encoding only: what can be read is what would be written.
func FuzzDecode(f *testing.F) {
	for _, text := range seedMessages {
		f.Add(parseMessage(f, text))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		msg, err := decode(payload)
		if err != nil {
			return
		}
		again := message{kind: msg.kind, sequence: msg.sequence, incarnation: msg.incarnation, version: msg.version, target: msg.target}
		for _, c := range claimsOf(msg) {
			again.claims = c.append(again.claims)
		}
		if written := again.append(nil); !bytes.Equal(written, payload) {
			t.Fatalf("%x is written as %x", payload, written)
		}
		if Describe(payload) == "" {
			t.Fatal("no description")
		}
	})
}
