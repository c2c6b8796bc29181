package gossip

import "time"

// Exchanges of state (push-pull) repair what rumours missed: each of two members sends the other all that it
// believes, a page of at most MaxStatePayload bytes at a time. They go over streams and are rare.

// armExchange schedules the next exchange after one was started. Until a first answer has come, as after a join
// through a member that is down, the wait doubles from one protocol period to the normal interval.
func (m *Machine) armExchange() {
	interval := m.exchangeInterval()
	m.exchangeWait = min(2*m.exchangeWait, interval)
	m.exchangeAt = m.now + m.exchangeWait
}

// exchangeInterval grows by one PushPullInterval with each doubling of the group beyond 32, so that the load of a
// member grows with n·log n instead of n².
func (m *Machine) exchangeInterval() time.Duration {
	factor := max(ceilLog2(uint64(m.members.count()))-4, 1)
	return m.config.PushPullInterval * time.Duration(factor)
}

// exchange starts an exchange with a random living member.
func (m *Machine) exchange() {
	if m.now < m.exchangeAt {
		return
	}
	for _, to := range m.members.drawLiving(1, m.source) {
		m.sendState(to, state)
	}
	m.armExchange()
}

// sendState sends a page of what this machine believes. The next page starts where it ended, so that after enough of
// them everything was sent, however large the group.
func (m *Machine) sendState(to slot, kind messageKind) {
	start := m.begin(&message{kind: kind})
	slots := m.members.slots
	for range slots {
		m.page = (m.page + 1) % slot(len(slots))
		s := m.page
		if s == self || slots[s].health == Unknown {
			continue // the header speaks for self
		}
		c := m.belief(s)
		before := len(m.buffer)
		m.buffer = c.append(m.buffer)
		if len(m.buffer)-start > m.config.MaxStatePayload {
			m.buffer = m.buffer[:before]
			m.page--
			break
		}
	}
	m.finish(to, start, true)
}

// handleState considers a page of state, and answers with one if it was not an answer itself.
func (m *Machine) handleState(sender slot, msg *message) {
	m.hearClaims(sender, msg, (*Machine).compare)
	if msg.kind == state {
		m.sendState(sender, stateReply)
		return
	}
	if interval := m.exchangeInterval(); m.exchangeWait < interval { // the join is done
		m.exchangeWait = interval
		m.exchangeAt = m.now + m.source.Duration(interval/2, interval)
	}
}

// compare considers a claim of another member's state. The case that it treats with care is that two members disagree
// about the same incarnation on whether the subject is dead, as the two sides of a healed partition do about each
// other. By the order of claims the subject would be dead to all until it refutes. Instead the subject is told first,
// and all it takes is its refutation: nobody becomes suspect by the word of a member that may itself have been the
// one cut off.
func (m *Machine) compare(c claim) {
	member := &m.members.slots[c.slot]
	if c.slot == self || c.incarnation != member.incarnation {
		m.consider(c)
		return
	}
	switch {
	case c.health == Dead && member.health == Alive, c.health < Dead && member.health == Dead:
		m.contest(c.slot, c.incarnation)
	default:
		m.consider(c)
	}
}
