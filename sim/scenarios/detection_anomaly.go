package scenarios

import (
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/wire"
)

// blocked is what an anomaly does to a member: it blocks immediately before it sends and after it receives any message.
//
// The measured implementation has a loop of its own for the probes, which waits in the first ping that it sends, one
// for gossip, and timers for suspicions. So until the machine has composed the ping of a probe, its deadlines are met
// in time and what it composes waits; then they wait too, until the end. A probe that was begun meanwhile has failed
// by then, for its time is over before its answer can be read; and a suspicion runs out though the refutation is
// there, unread:
//
//	          anomaly begins                      sends a ping of its own probe
//	running ─────────────────► blocked ─────────────────────────────────────► stuck
//	   ▲                          │                                              │
//	   └── outbox, timers, inbox ─┴──────────────── anomaly ends ────────────────┘
type blocked struct {
	// until is when the anomaly ends, 0 if there is none.
	until time.Duration
	// stuck is set when the failure detector's loop waits in a send.
	stuck  bool
	outbox mail // composed and not sent
	inbox  mail // received and not acted on
}

// mail is messages that wait, in order.
type mail struct {
	letters []letter
	bytes   []byte // the payloads, one after another
}

type letter struct {
	peer     wire.NodeID
	reliable bool
	length   int
}

func (m *mail) put(l letter, payload []byte) {
	l.length = len(payload)
	m.letters = append(m.letters, l)
	m.bytes = append(m.bytes, payload...)
}

// empty takes all messages out, and keeps the memory. They may not be put in again meanwhile.
func (m *mail) empty(take func(l letter, payload []byte)) {
	at := 0
	for _, l := range m.letters {
		take(l, m.bytes[at:at+l.length])
		at += l.length
	}
	m.letters, m.bytes = m.letters[:0], m.bytes[:0]
}

// followAnomaly lets an anomaly end and the next one begin, if it is time. At the end of each there is a deadline, so
// it is not missed.
func (m *member) followAnomaly(now time.Duration) {
	if !m.trial.isAnomalous[m.index] {
		return
	}
	if m.until > 0 && now >= m.until {
		m.unblock(now)
	}
	if m.until > 0 {
		return
	}
	if m.until = m.trial.anomalyAt(now); m.until > 0 && m.host.Tracing() {
		m.host.Tracef("blocks until %v", m.until)
	}
}

// unblock lets everything happen that the anomaly has kept. First come the timers, which needed no message, and then
// what was received.
func (m *member) unblock(now time.Duration) {
	m.until, m.stuck = 0, false
	m.outbox.empty(func(l letter, payload []byte) { m.transmit(l.peer, payload, l.reliable) })
	m.advance(now)
	m.inbox.empty(func(l letter, payload []byte) { m.receive(l.peer, payload, l.reliable) })
}

// isProbe reports whether a payload is a ping of the machine's own probe.
func isProbe(payload []byte) bool { return strings.HasPrefix(gossip.Describe(payload), "ping #") }
