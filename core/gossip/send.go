package gossip

import "github.com/ember-cluster/ember/core/wire"

// Send is a message to carry to a member.
type Send struct {
	To      wire.NodeID
	Payload []byte // at most Config.MaxPayload bytes, or MaxStatePayload if Reliable
	// Reliable asks for a stream instead of a datagram: for the fallback ping and its ack, and for exchanges of
	// state.
	Reliable bool
}

// ChangeKind says what a Change is about.
type ChangeKind uint8

const (
	HealthChanged ChangeKind = iota + 1 // a member is believed to be something else than before
	VersionSeen                         // a member has a newer configuration than this node
)

// Change is news for the node.
type Change struct {
	Kind ChangeKind
	Node wire.NodeID // whom it is about

	Health      Health // of HealthChanged
	Incarnation uint64 // of HealthChanged
	// By is, for HealthChanged, whom this machine has it from: the accuser of a suspicion, else the messenger. It is
	// the node's own id if the machine found out by itself: its own probe failed, or a suspicion ran out here.
	By wire.NodeID

	Version uint64 // of VersionSeen
}

// send sends a message in a datagram, with rumours in the room that it leaves.
func (m *Machine) send(to slot, msg message) { m.compose(to, msg, m.accusation(to, msg.kind), false) }

// sendReliably sends a message over a stream.
func (m *Machine) sendReliably(to slot, msg message) {
	m.compose(to, msg, m.accusation(to, msg.kind), true)
}

// sendAccused sends a message that opens with an accusation of its receiver.
func (m *Machine) sendAccused(to slot, msg message, accusation *wireClaim) {
	m.compose(to, msg, accusation, false)
}

// accusation returns what this machine holds against the receiver of a message and must tell it first, or nil. Who is
// suspected learns it from each ping, own or on behalf of another (Lifeguard's Buddy System, section IV.C): it is the
// one that can do something about it. Who is held dead or gone learns it from everything, whatever the variant: that
// is how partitions heal.
func (m *Machine) accusation(to slot, kind messageKind) *wireClaim {
	health := m.members.slots[to].health
	if health > Suspect || health == Suspect && kind == ping && m.config.Buddy {
		c := m.belief(to)
		return &c
	}
	return nil
}

func (m *Machine) compose(to slot, msg message, accusation *wireClaim, reliable bool) {
	start := m.begin(&msg)
	skip := none
	if accusation != nil {
		m.buffer = accusation.append(m.buffer)
		skip = to
	}
	if own := m.belief(self); m.left && own.incarnation < MaxIncarnation {
		m.buffer = own.append(m.buffer) // who still takes this node for alive has missed its goodbye
	}
	m.appendRumours(start, skip)
	m.finish(to, start, reliable)
}

// begin writes the header of a message, with this node's own word in it, and returns where in the buffer it starts.
func (m *Machine) begin(msg *message) (start int) {
	start = len(m.buffer)
	msg.incarnation, msg.version = m.members.slots[self].incarnation, m.version
	m.buffer = msg.append(m.buffer)
	return start
}

func (m *Machine) finish(to slot, start int, reliable bool) {
	payload := m.buffer[start:len(m.buffer):len(m.buffer)]
	m.sends = append(m.sends, Send{To: m.members.slots[to].id, Payload: payload, Reliable: reliable})
}
