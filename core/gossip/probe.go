package gossip

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
)

// stage is how far the probe of this period is.
type stage uint8

const (
	resting  stage = iota // answered or given up, or nobody there to probe: wait for the next period
	direct                // pinged, waiting for the ack
	indirect              // the ping timed out, helpers are pinging
)

// probe is the one member that is probed in this protocol period (SWIM, section 3.1).
type probe struct {
	stage    stage
	target   slot   // Invariant: none exactly if resting.
	sequence uint32 // of the ping and of the requests to helpers. Invariant: even.
	// incarnation that the target was believed to have when it was pinged. What it refutes while the probe runs is
	// newer than the probe's silence, so an accusation is about this one.
	incarnation uint64
	sent        time.Duration
	timeout     time.Duration // when the helpers are asked
	end         time.Duration // of the period, when the next probe starts

	helpers [maxIndirectProbes]slot
	asked   int
	nacked  uint32 // bit i: helpers[i] has sent its nack
}

// probeDeadline returns when advanceProbe has something to do.
func (m *Machine) probeDeadline() time.Duration {
	if m.probe.stage == direct {
		return m.probe.timeout
	}
	return m.probe.end
}

func (m *Machine) advanceProbe() {
	if m.probe.stage == direct && m.now >= m.probe.timeout {
		m.probeIndirectly()
	}
	if m.now < m.probe.end || m.probe.stage == direct {
		return
	}
	if m.probe.stage == indirect {
		m.probeFailed()
	}
	m.startProbe()
}

// startProbe begins a protocol period by pinging the next member in order.
func (m *Machine) startProbe() {
	p := &m.probe
	*p = probe{target: none, end: m.now + m.stretch(m.config.ProbeInterval)}
	target := m.order.next(func(s slot) bool {
		health := m.members.slots[s].health
		return health == Alive || health == Suspect
	}, m.source)
	if target == none {
		return
	}
	p.stage, p.target, p.sent = direct, target, m.now
	p.timeout = m.now + m.stretch(m.config.ProbeTimeout)
	p.incarnation = m.members.slots[target].incarnation
	p.sequence = m.nextSequence()
	m.send(target, message{kind: ping, sequence: p.sequence})
}

// nextSequence numbers the pings of this machine's own probes: even, and never 0, which awaits no answer.
func (m *Machine) nextSequence() uint32 {
	m.sequence += 2
	if m.sequence == 0 {
		m.sequence = 2
	}
	return m.sequence
}

// probeIndirectly asks k helpers to ping the target, and pings it over a stream itself.
func (m *Machine) probeIndirectly() {
	p := &m.probe
	p.stage = indirect
	m.marks.Hit(marks.IndirectProbe)
	if m.config.ForgivePauses {
		p.end = max(p.end, m.now+(p.end-p.timeout)) // the helpers get their time also if this node was held up
	}
	request := message{kind: pingReq, sequence: p.sequence, target: m.members.slots[p.target].id}
	for _, helper := range m.members.drawLiving(m.config.IndirectProbes+1, m.source) {
		if helper == p.target || p.asked == m.config.IndirectProbes {
			continue
		}
		p.helpers[p.asked] = helper
		p.asked++
		m.send(helper, request)
	}
	if m.config.ReliableFallback {
		m.sendReliably(p.target, message{kind: ping, sequence: p.sequence})
	}
}

// probeFailed ends a period of silence: the target is suspected. The silence also counts against this node itself,
// and so does each helper that did not even send a nack, which a live one does: if they are all silent, it is this
// node that hears nothing. (The paper's "probe with missed nack" leaves open whether several count; memberlist counts
// each.)
func (m *Machine) probeFailed() {
	p := &m.probe
	target := &m.members.slots[p.target]
	if target.health == Dead || target.health == Left {
		return // explained by what was heard meanwhile
	}
	missed := 0
	for i := range p.asked {
		if p.nacked>>i&1 == 0 {
			missed++
		}
	}
	m.marks.HitIf(missed > 0, marks.NackMissed)
	m.adjustLocalHealth(1 + missed)
	m.consider(claim{slot: p.target, health: Suspect, incarnation: p.incarnation, by: self})
}

// handleAck ends the probe that it answers with success, wherever the ack came through. A late one, or one that was
// not asked for, says no more than its header did.
func (m *Machine) handleAck(sender slot, sequence uint32) {
	m.members.times[sender].ponged = m.now
	if sequence%2 == 1 {
		m.relayAck(sender, sequence)
		return
	}
	p := &m.probe
	if p.stage == resting || sequence != p.sequence || sender != p.target && m.helper(sender) < 0 {
		m.marks.Hit(marks.AckUnexpected)
		return
	}
	m.marks.HitIf(sender != p.target, marks.IndirectAck)
	m.members.times[p.target].ponged = m.now
	p.stage, p.target = resting, none
	m.adjustLocalHealth(-1)
}

// handleNack notes that a helper lives though the target has not answered it.
func (m *Machine) handleNack(sender slot, sequence uint32) {
	if i := m.helper(sender); i >= 0 && m.probe.stage == indirect && sequence == m.probe.sequence {
		m.probe.nacked |= 1 << i
	}
}

// helper returns the index of a member among the helpers of the running probe, or -1.
func (m *Machine) helper(s slot) int {
	for i, helper := range m.probe.helpers[:m.probe.asked] {
		if helper == s {
			return i
		}
	}
	return -1
}
