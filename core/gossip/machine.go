package gossip

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// Machine is the failure detector of one node: events in, messages and news out. It is not safe for concurrent use.
//
// Every instant is of the node's monotonic clock. An instant before one given earlier counts as that one.
type Machine struct {
	config Config
	source *random.Stream
	now    time.Duration

	members     memberTable
	order       probeOrder
	probe       probe
	sequence    uint32 // of the latest probe
	localHealth int    // Invariant: 0 <= localHealth <= LocalHealthMax, and 0 without LHAProbe.
	relays      relays
	suspicions  suspicions
	rumours     rumourQueue
	contested   []contest // Invariant: just those members once whose field contested is set.
	picked      []slot    // scratch of appendRumours

	version uint64 // of this node's configuration
	// versionSends is how many more messages of gossip tell of the version though there may be no rumour.
	versionSends int
	left         bool // Leave was called

	phase        time.Duration // of the grid of gossip rounds
	gossipAt     time.Duration // Invariant: not never while there is something to tell and someone to tell it to.
	exchangeAt   time.Duration
	exchangeWait time.Duration
	reconnectAt  time.Duration // Invariant: not never while a member is absent.
	returnAt     time.Duration // until then a return is not followed up by an exchange
	page         slot          // last slot that an exchange of state has sent

	marks *marks.Set // may be nil

	// What the caller has not taken yet, and the bytes of the payloads.
	sends   []Send
	changes []Change
	buffer  []byte
	taken   bool // all of it was taken: the next call may use the memory again
}

// retainedBuffer is how much memory for payloads is kept from one call to the next: enough for a round of gossip.
const retainedBuffer = 8 << 10

// New returns the machine of a node that is alone so far. A node that restarts must give an incarnation above any
// that it had before, by which it beats what was said of its past. Two machines of the same configuration and source
// that get the same calls act the same.
//
// It panics if the configuration is not valid, see Config.Validate, or if the incarnation is beyond MaxIncarnation.
func New(config Config, id wire.NodeID, incarnation uint64, source *random.Stream) *Machine {
	if err := config.Validate(); err != nil {
		panic(err.Error())
	}
	if incarnation > MaxIncarnation {
		panic(fmt.Sprintf("gossip: incarnation %d is beyond %d", incarnation, uint64(MaxIncarnation)))
	}
	m := &Machine{
		config: config, source: source, members: newMemberTable(id, source.Uint64()), probe: probe{target: none, end: never},
		gossipAt: never, exchangeAt: never, reconnectAt: never,
		// Numbers of an earlier life of this node should not meet those of this one.
		sequence: uint32(source.Uint64()) &^ 1, relays: relays{first: uint32(source.Uint64()) | 1},
	}
	m.members.slots[self].incarnation = incarnation
	m.resize()
	return m
}

// SetMarks says where rare paths are counted; nil: nowhere.
func (m *Machine) SetMarks(set *marks.Set) { m.marks = set }

// enter starts a call: the outputs of earlier ones are dropped if they were taken.
func (m *Machine) enter(now time.Duration) {
	m.now = max(m.now, now)
	if !m.taken {
		return
	}
	m.taken = false
	m.sends, m.changes, m.buffer = m.sends[:0], m.changes[:0], m.buffer[:0]
	if cap(m.buffer) > retainedBuffer {
		m.buffer = nil
	}
}

// Take returns what the calls since the last Take want sent, in order, and what they found out. The
// slices and payloads are valid until the next call of any other method that changes the machine.
func (m *Machine) Take() (sends []Send, changes []Change) {
	if m.taken {
		return nil, nil
	}
	m.taken = true
	return m.sends, m.changes
}

// SetVersion says which version of the configuration this node has. A newer one is told to others.
func (m *Machine) SetVersion(version uint64) {
	if version > m.version {
		m.versionSends = len(m.rumours.lists)
		m.armGossip()
	}
	m.version = version
}

// Receive handles a message from a member. reliable says that it came over a stream. A message that can't be read is
// refused with a *wire.Error, one that can't be meant with an *Error; neither changes anything.
func (m *Machine) Receive(now time.Duration, from wire.NodeID, payload []byte, reliable bool) error {
	sender, known := m.members.lookup(from)
	if !known {
		return &Error{Kind: NotMember}
	}
	if sender == self {
		return &Error{Kind: FromSelf}
	}
	msg, err := decode(payload)
	if err != nil {
		return err
	}
	if !reliable && (msg.kind == state || msg.kind == stateReply) {
		return &Error{Kind: NeedsStream}
	}
	if msg.kind == pingReq && (msg.target == from || msg.target == m.members.slots[self].id) {
		return &Error{Kind: BadTarget}
	}
	m.enter(now)
	m.hear(sender, &msg)
	m.dispatch(sender, &msg, reliable)
	return nil
}

// dispatch considers the claims of a message before it answers it, so that the answer has a refutation in it already.
func (m *Machine) dispatch(sender slot, msg *message, reliable bool) {
	if msg.kind == state || msg.kind == stateReply {
		m.handleState(sender, msg)
		return
	}
	m.hearClaims(sender, msg, (*Machine).consider)
	switch msg.kind {
	case ping:
		answer := message{kind: ack, sequence: msg.sequence}
		if reliable {
			m.sendReliably(sender, answer)
		} else {
			m.send(sender, answer)
		}
	case pingReq:
		m.handlePingReq(sender, msg)
	case ack:
		m.handleAck(sender, msg.sequence)
	case nack:
		m.handleNack(sender, msg.sequence)
	}
}

// Advance does what is due. It is to be called when NextDeadline is reached; called earlier it does nothing, later it
// does each due thing once.
func (m *Machine) Advance(now time.Duration) {
	m.enter(now)
	if m.left || m.alone() {
		return
	}
	m.expireSuspicions(m.NextDeadline())
	m.advanceProbe()
	m.sendNacks()
	m.gossipRound()
	m.exchange()
	m.reconnect()
}

// NextDeadline returns when Advance has something to do next; the largest Duration is never.
func (m *Machine) NextDeadline() time.Duration {
	if m.left || m.alone() {
		return never
	}
	return min(m.suspicions.next(), m.probeDeadline(), m.nackDeadline(), m.gossipAt, m.exchangeAt, m.reconnectAt)
}

// Leave announces that this node goes, so that the others know at once without suspecting it. As the node may be gone
// right after, all the sends that its rumour is entitled to take place now, to as many members as there are. From
// then on the machine answers but starts nothing; to come back, a node makes a new machine with a higher incarnation.
func (m *Machine) Leave(now time.Duration) {
	m.enter(now)
	if m.left {
		return
	}
	m.members.setHealth(self, Left)
	m.left = true
	m.gossipAt = never
	m.dropRumour(self) // each message says it from now on
	limit := len(m.rumours.lists)
	living := m.members.drawLiving(limit, m.source)
	for i := 0; i < limit && len(living) > 0; i++ {
		m.send(living[i%len(living)], message{kind: gossip})
	}
}

func (m *Machine) alone() bool { return m.members.count() == 1 }

// Health returns what a node is believed to be, Unknown if it is no member.
func (m *Machine) Health(id wire.NodeID) Health {
	if s, known := m.members.lookup(id); known {
		return m.members.slots[s].health
	}
	return Unknown
}

// HealthSince returns when a member's health last changed, as this machine sees it; 0 if it is none.
func (m *Machine) HealthSince(id wire.NodeID) time.Duration {
	if s, known := m.members.lookup(id); known {
		return m.members.times[s].changed
	}
	return 0
}

// Incarnation returns the highest incarnation heard of a member, 0 if it is none. Of this node itself it is its own.
func (m *Machine) Incarnation(id wire.NodeID) uint64 {
	if s, known := m.members.lookup(id); known {
		return m.members.slots[s].incarnation
	}
	return 0
}

// AppendIncarnations appends the highest incarnations that this machine has heard of its members, in an order that stays the same
// as long as the members do.
func (m *Machine) AppendIncarnations(dst []uint64) []uint64 {
	for s := range m.members.slots {
		dst = append(dst, m.members.slots[s].incarnation)
	}
	return dst
}

// Reconfigure goes on with another configuration. What waits for a time waits for that. It panics if the configuration is not valid.
func (m *Machine) Reconfigure(config Config) {
	if err := config.Validate(); err != nil {
		panic(err.Error())
	}
	m.config = config
	m.resize()
}

// Accusers returns how many other members are known to suspect one that is Suspect, up to Lifeguard's K + 1. For any other
// it is 0.
func (m *Machine) Accusers(id wire.NodeID) int {
	s, known := m.members.lookup(id)
	if !known || m.members.slots[s].health != Suspect {
		return 0
	}
	running := &m.suspicions.all[m.members.slots[s].suspicion]
	others := 0
	for _, accuser := range running.accusers[:running.count] {
		if accuser != self {
			others++
		}
	}
	return others
}

// PeerVersion returns the highest configuration version that a member was heard to have, 0 if it is none or was never
// heard.
func (m *Machine) PeerVersion(id wire.NodeID) uint64 {
	s, known := m.members.lookup(id)
	switch {
	case !known:
		return 0
	case s == self:
		return m.version
	}
	return m.members.slots[s].version
}

// LocalHealth returns the local health multiplier: 0 is well, LocalHealthMax is worst.
func (m *Machine) LocalHealth() int { return m.localHealth }

// PingSent returns when the member was pinged by a probe that is still under way, and whether there is one.
func (m *Machine) PingSent(id wire.NodeID) (time.Duration, bool) {
	if s, known := m.members.lookup(id); known && s == m.probe.target {
		return m.probe.sent, true
	}
	return 0, false
}

// PongReceived returns when the member last answered a ping, and whether it ever has.
func (m *Machine) PongReceived(id wire.NodeID) (time.Duration, bool) {
	if s, known := m.members.lookup(id); known && m.members.times[s].ponged >= 0 {
		return m.members.times[s].ponged, true
	}
	return 0, false
}
