package scenarios

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
)

const (
	gossipPort = 7946
	// checkInterval is the time between two looks at a machine's invariants, which cost more than the machine does.
	checkInterval = 10 * time.Second
)

// detector is what a member does its failure detection with: a *gossip.Machine, or what a test puts in its place.
type detector interface {
	Receive(now time.Duration, from wire.NodeID, payload []byte, reliable bool) error
	Advance(now time.Duration)
	NextDeadline() time.Duration
	Take() ([]gossip.Send, []gossip.Change)
	Health(id wire.NodeID) gossip.Health
	Check() error
}

// member is the process of one member: a failure detector, and nothing else. Datagrams carry bare payloads, of which
// the address tells the sender; what is to be reliable takes a stream of its own, whose end is the message's.
type member struct {
	trial   *trial
	index   int
	host    *sim.Host
	machine detector
	// sendDatagram and sendStream carry a payload to a member.
	sendDatagram, sendStream func(to netip.AddrPort, payload []byte)
	arriving                 map[uint64]*arrival // streams that peers have opened
	checkAt                  time.Duration
	blocked
}

// arrival is a reliable message of which not everything is here yet.
type arrival struct {
	from    wire.NodeID
	payload []byte
}

// memberProgram is what a member's host runs.
type memberProgram struct {
	trial *trial
	index int
}

// Describe implements sim.Describer.
func (p memberProgram) Describe(_ sim.EventKind, _ uint16, data []byte) string {
	return gossip.Describe(data)
}

// Boot implements sim.Program.
func (p memberProgram) Boot(h *sim.Host) sim.Process {
	t, index := p.trial, p.index
	machine := t.variant.build(t.variant.config, index, t.ids, h.Random("gossip"))
	m := &member{trial: t, index: index, host: h, machine: machine, arriving: map[uint64]*arrival{}}
	bus := h.Listen(gossipPort)
	m.sendDatagram = bus.SendDatagram
	m.sendStream = func(to netip.AddrPort, payload []byte) {
		stream := bus.OpenStream(to)
		bus.SendStream(stream, payload)
		bus.CloseStream(stream)
	}
	t.members[index] = m
	m.settle()
	return m
}

// NextDeadline implements sim.Process.
func (m *member) NextDeadline() time.Duration {
	switch deadline := m.machine.NextDeadline(); {
	case m.until == 0:
		return deadline
	case m.stuck:
		return m.until
	default:
		return min(deadline, m.until)
	}
}

// Handle implements sim.Process.
func (m *member) Handle(e sim.Event) {
	now := m.host.Now()
	m.followAnomaly(now)
	switch e.Kind {
	case sim.EventDatagram:
		m.receive(memberAt(e.From.Addr()), e.Data, false)
	case sim.EventStreamOpened:
		if e.Inbound {
			m.arriving[uint64(e.Stream)] = &arrival{from: memberAt(e.From.Addr())}
		}
	case sim.EventStreamData:
		if a := m.arriving[uint64(e.Stream)]; a != nil {
			a.payload = append(a.payload, e.Data...)
		}
	case sim.EventStreamClosed:
		a := m.arriving[uint64(e.Stream)]
		delete(m.arriving, uint64(e.Stream))
		if a != nil && e.Reason == nil { // else it is this member's own, or one that broke
			m.receive(a.from, a.payload, true)
		}
	default:
		m.advance(now)
	}
}

func (m *member) receive(from wire.NodeID, payload []byte, reliable bool) {
	if m.until > 0 {
		m.inbox.put(letter{peer: from, reliable: reliable}, payload)
		return
	}
	if err := m.machine.Receive(m.host.Now(), from, payload, reliable); err != nil {
		m.trial.violated("%s refuses a message of %v: %v: %s", m.host.Name(), from, err, gossip.Describe(payload))
	}
	m.settle()
}

func (m *member) advance(now time.Duration) {
	if !m.stuck {
		m.machine.Advance(now)
		m.settle()
	}
}

// settle carries out what the machine wants, and looks at its invariants now and then.
func (m *member) settle() {
	sends, changes := m.machine.Take()
	for i := range sends {
		m.send(&sends[i])
	}
	for i := range changes {
		m.trial.changed(m.index, &changes[i])
	}
	if now := m.host.Now(); now >= m.checkAt {
		m.checkAt = now + checkInterval
		m.check()
	}
}

func (m *member) check() {
	if err := m.machine.Check(); err != nil {
		m.trial.violated("%s: %v", m.host.Name(), err)
	}
}

// send sends a message, or keeps it for the end of the anomaly.
func (m *member) send(s *gossip.Send) {
	if m.until > 0 {
		m.outbox.put(letter{peer: s.To, reliable: s.Reliable}, s.Payload)
		m.stuck = m.stuck || isProbe(s.Payload)
		return
	}
	m.transmit(s.To, s.Payload, s.Reliable)
}

// transmit gives a message to the network. It is counted as in production, where it goes in an envelope.
func (m *member) transmit(to wire.NodeID, payload []byte, reliable bool) {
	length := len(payload) + wire.Overhead
	m.trial.sent(length)
	address := memberAddress(memberIndex(to))
	switch {
	case reliable:
		m.sendStream(address, payload)
	case length > wire.MaxDatagram:
		m.trial.violated("%s sends a datagram of %d bytes, at most %d are allowed", m.host.Name(), length, wire.MaxDatagram)
	default:
		m.sendDatagram(address, payload)
	}
}

// Members are numbered from 0. The name, the id and the address of each tell its number.
func memberName(index int) string { return fmt.Sprintf("member-%d", index+1) }

func memberID(index int) wire.NodeID {
	var id wire.NodeID
	binary.BigEndian.PutUint32(id[:], uint32(index)+1) // traces show these bytes of it
	return id
}

func memberIndex(id wire.NodeID) int { return int(binary.BigEndian.Uint32(id[:])) - 1 }

func memberAddress(index int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(index >> 8), byte(index)}), gossipPort)
}

func memberAt(address netip.Addr) wire.NodeID {
	four := address.As4()
	return memberID(int(four[2])<<8 | int(four[3]))
}
