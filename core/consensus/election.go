package consensus

import "time"

// election is this node's own timer. Raft's would draw its jitter from the operating system's entropy; here it comes from
// the node's random stream, and raft is told of time only as far as a leader needs it.
//
//	the leader's last message       forgetAt: it may be dead;          campaignAt: nobody else has
//	or this node's vote             others' candidates are heard       become the leader, so try
//	├───────── ElectionTimeout ─────┼────────── jitter < ElectionTimeout ─────┤
type election struct {
	forgetAt   time.Duration // never unless a leader is known and it is another node
	campaignAt time.Duration // never unless this node may become the leader
	tickAt     time.Duration // next heartbeat of a leader, else never
}

// hear starts the timer anew: there is a leader, or there is to be one soon.
func (m *Machine) hear() {
	if m.raft == nil {
		return
	}
	m.election.forgetAt = m.now + m.config.ElectionTimeout
	m.election.campaignAt = m.election.forgetAt + m.source.Duration(0, m.config.ElectionTimeout-1)
	m.rearm()
}

// rearm keeps of the timer's deadlines those that mean something in the present role.
func (m *Machine) rearm() {
	switch m.role {
	case Leader:
		m.election.forgetAt, m.election.campaignAt = never, never
		return
	case Observer, Learner, Leaving:
		m.election.campaignAt = never
	default:
		if m.election.campaignAt == never { // it was a learner until now
			m.election.campaignAt = m.now + m.config.ElectionTimeout + m.source.Duration(0, m.config.ElectionTimeout-1)
		}
	}
	m.election.tickAt = never
	switch {
	case m.leader == 0:
		m.election.forgetAt = never
		if m.role == Learner && m.leave.askAt == never {
			m.leave.askAt = m.now + m.config.ElectionTimeout
		}
	case m.election.forgetAt == never:
		m.election.forgetAt = m.now + m.config.ElectionTimeout
	}
}

// advanceElection does what is due of elections and heartbeats. A deadline that was missed by far is made up for once.
func (m *Machine) advanceElection() {
	if m.raft == nil {
		return
	}
	if m.now >= m.election.tickAt {
		m.election.tickAt += m.config.HeartbeatInterval
		if m.election.tickAt <= m.now {
			m.election.tickAt = m.now + m.config.HeartbeatInterval
		}
		m.raft.Tick()
		m.observe()
		m.yieldIfStuck()
	}
	if m.now >= m.election.forgetAt {
		m.must(m.raft.ForgetLeader())
		m.observe()
	}
	if m.now >= m.election.campaignAt {
		m.election.campaignAt = m.now + m.config.ElectionTimeout + m.source.Duration(0, m.config.ElectionTimeout-1)
		if m.term < MaxIndex-1 {
			m.must(m.raft.Campaign())
			m.askWhetherGone() // those who vote now may be others than this node knows
		}
		m.observe()
	}
}

// yieldIfStuck has another voter lead if this leader's disk does not come back to it. The group would go on without that disk,
// but this node's memory would fill with what it cannot write. It cannot win an election in that state: its own vote would
// have to be written.
func (m *Machine) yieldIfStuck() {
	if m.role != Leader || len(m.parked) == 0 || m.now-m.parked[0].since < 2*m.config.ElectionTimeout {
		return
	}
	m.yield(m.otherVoters())
}

// must panics on an error of raft that its contract excludes.
func (m *Machine) must(err error) {
	if err != nil {
		panic("consensus: raft: " + err.Error())
	}
}
