package gossip

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/wire"
)

// claim is what somebody says about a member, its nodes looked up.
type claim struct {
	slot        slot
	health      Health
	incarnation uint64
	// by is whom it comes from: the accuser of a suspicion, else the messenger; self if it is this machine's own
	// finding.
	by slot
}

// hear takes what the header of each message says about its sender: it lives, in this incarnation, with this version.
func (m *Machine) hear(sender slot, msg *message) {
	member := &m.members.slots[sender]
	if msg.version > member.version {
		member.version = msg.version
		if msg.version > m.version {
			m.marks.Hit(marks.VersionSeen)
			m.changes = append(m.changes, Change{Kind: VersionSeen, Node: member.id, Version: msg.version})
		}
	}
	m.consider(claim{slot: sender, health: Alive, incarnation: msg.incarnation, by: sender})
	if member.health == Dead && msg.kind != ping {
		// It lives but doesn't know that it is held dead. A ping is answered with an ack that says so, at once.
		m.contest(sender, member.incarnation)
	}
}

// hearClaims considers all claims of a message. Those about nodes that are no members are passed over: the
// configuration of the messenger may be ahead of this node's, or behind.
func (m *Machine) hearClaims(sender slot, msg *message, consider func(*Machine, claim)) {
	for r := wire.NewReader(msg.claims); r.Len() > 0; {
		m.hearSome(sender, &r, consider)
	}
}

// hearSome considers the next claims of a message, and looks them up together.
func (m *Machine) hearSome(sender slot, r *wire.Reader, consider func(*Machine, claim)) {
	var (
		read    [claimsAtOnce]wireClaim
		glances [claimsAtOnce]glance
		heard   [claimsAtOnce]claim
	)
	count := 0
	for ; count < len(read) && r.Len() > 0; count++ {
		read[count] = readClaim(r)
		glances[count] = m.members.index.glance(&read[count].node)
	}
	known := heard[:0]
	for i := range count {
		if c := m.understand(sender, &read[i], glances[i]); c.slot != none && c.by != none {
			known = append(known, c)
		}
	}
	for _, c := range known {
		consider(m, c)
	}
}

// claimsAtOnce is how many claims of a message are looked up together.
const claimsAtOnce = 32

// understand looks up the nodes of a claim.
func (m *Machine) understand(sender slot, c *wireClaim, node glance) claim {
	understood := claim{
		slot: m.members.index.find(&c.node, node, m.members.slots), health: c.health, incarnation: c.incarnation, by: sender,
	}
	if c.health == Suspect {
		understood.by, _ = m.members.lookup(c.accuser)
	}
	return understood
}

// consider believes a claim if it supersedes what is held.
func (m *Machine) consider(c claim) {
	member := &m.members.slots[c.slot]
	first := !member.heard
	member.heard = true
	switch {
	case c.slot == self:
		m.defend(c)
	case supersedes(c.health, c.incarnation, member.health, member.incarnation):
		m.adopt(c, first)
	case c.health == Suspect && member.health == Suspect && c.incarnation == member.incarnation:
		m.confirm(c.slot, c.by)
	}
}

// adopt believes a claim about another member and passes it on. first says that it is the first word about that
// member.
func (m *Machine) adopt(c claim, first bool) {
	member := &m.members.slots[c.slot]
	before := member.health
	// That a member lives that was taken for alive without a word helps nobody: who holds something worse of it
	// passes the refutation on. Without this, n members that start together would each pass on n such words.
	news := c.health != before || !first

	m.marks.HitIf(before == Suspect && c.health == Alive, marks.SuspicionRefuted)
	m.endSuspicion(c.slot)
	m.members.setHealth(c.slot, c.health)
	member.incarnation, member.accuser = c.incarnation, none
	if c.health == Suspect {
		member.accuser = c.by
		m.startSuspicion(c.slot, c.by)
	}
	if news {
		m.spread(c.slot)
	}
	if c.health == before {
		return
	}
	m.members.times[c.slot].changed = m.now
	if c.health > Suspect {
		m.armReconnect()
	}
	m.changes = append(m.changes, Change{
		Kind: HealthChanged, Node: member.id, Health: c.health, Incarnation: c.incarnation, By: m.members.slots[c.by].id,
	})
}

// defend answers a claim about this node. One that would be believed elsewhere over its own word is refuted with a
// higher incarnation, and an accusation is a sign that this node may be slow.
func (m *Machine) defend(c claim) {
	own := &m.members.slots[self]
	if m.left || !supersedes(c.health, c.incarnation, own.health, own.incarnation) {
		return
	}
	own.incarnation = c.incarnation
	if c.health != Alive {
		m.marks.Hit(marks.Refuted)
		own.incarnation++ // at most MaxIncarnation: decode refuses what leaves no room
		m.adjustLocalHealth(+1)
	}
	m.spread(self)
	if c.health == Dead {
		m.marks.Hit(marks.RefutedDeath)
		m.exchangeAfterReturn(c.by)
	}
}

// adjustLocalHealth moves the local health multiplier (Lifeguard, section IV.A), a counter that saturates at 0 and
// LocalHealthMax.
func (m *Machine) adjustLocalHealth(by int) {
	if m.config.LHAProbe {
		m.localHealth = min(max(m.localHealth+by, 0), m.config.LocalHealthMax)
		m.marks.HitIf(m.localHealth == m.config.LocalHealthMax, marks.LocalHealthWorst)
	}
}

// stretch scales a timeout or interval of the failure detector by local health: the less this node may
// trust its own timeliness, the longer it waits before it accuses others.
func (m *Machine) stretch(d time.Duration) time.Duration { return d * time.Duration(m.localHealth+1) }
