package consensus

import (
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/raft/v3"

	"github.com/ember-cluster/ember/core/wire"
)

// read is one of this node's own that is not answered yet.
type read struct {
	number     uint64
	retryAt    time.Duration
	deadline   time.Duration
	redirected bool
	answered   bool   // and waits until index is applied
	index      uint64 // of answered
}

// Read is an answer to ReadIndex.
type Read struct {
	Number uint64
	// Known tells that whatever was committed before the call of ReadIndex has at most this index. A member's state machine
	// has it applied; an observer has to see for itself that what it knows is as new. False: there was no leader in time.
	Known bool
	Index uint64
}

// confirmation is a read that a leader has its quorum confirm that it still leads.
type confirmation struct {
	number uint64 // raft's, 0 while it is not given to raft
	node   wire.NodeID
	read   uint64 // the node's number
}

// ReadIndex asks for an index that makes what this node knows as new as anything that was committed before this call (the
// Raft dissertation, section 6.4). The answer comes with Take, under the caller's number.
func (m *Machine) ReadIndex(now time.Duration, number uint64) error {
	m.enter(now)
	switch {
	case len(m.reads) >= m.config.MaxPending:
		return ErrBusy
	case m.findRead(number) >= 0:
		return ErrUnderWay
	}
	m.reads = append(m.reads, read{number: number, deadline: m.now + m.config.ProposalTimeout})
	m.attemptRead(&m.reads[len(m.reads)-1])
	return nil
}

func (m *Machine) findRead(number uint64) int {
	return slices.IndexFunc(m.reads, func(r read) bool { return r.number == number })
}

func (m *Machine) attemptRead(r *read) {
	r.retryAt = m.now + m.retryInterval()
	if m.role == Leader {
		m.readAsked(m.self, r.number)
		return
	}
	if to, ok := m.guide(); ok {
		m.post(to, packet{kind: packetRead, number: r.number}, false)
	}
}

func (m *Machine) advanceReads() {
	for i := 0; i < len(m.reads); {
		r := &m.reads[i]
		if m.now >= r.deadline {
			m.done = append(m.done, Read{Number: r.number})
			m.reads = slices.Delete(m.reads, i, i+1)
			continue
		}
		if m.now >= r.retryAt {
			r.retryAt = m.now + m.retryInterval()
			if !r.answered {
				m.forgetHint()
				r.redirected = false
				m.attemptRead(r)
			}
		}
		i++
	}
}

// readAsked has a leader confirm a read; others tell who leads.
func (m *Machine) readAsked(from wire.NodeID, number uint64) {
	if m.role != Leader {
		m.sendHint(from)
		return
	}
	asked := func(c confirmation) bool { return c.node == from && c.read == number }
	if len(m.confirmations) < m.config.MaxPending && !slices.ContainsFunc(m.confirmations, asked) {
		m.confirmations = append(m.confirmations, confirmation{node: from, read: number})
	}
}

// confirmReads gives raft the reads that it does not have, once this leader has committed something in its own term, and
// reports whether there were any.
func (m *Machine) confirmReads() bool {
	if m.role != Leader || m.leaderFrom == 0 || m.applied < m.leaderFrom {
		return false
	}
	given := false
	for i := range m.confirmations {
		if c := &m.confirmations[i]; c.number == 0 {
			m.lastRead++
			c.number = m.lastRead
			m.raft.ReadIndex(binary.LittleEndian.AppendUint64(nil, c.number))
			given = true
		}
	}
	return given
}

func (m *Machine) readConfirmed(state raft.ReadState) {
	number := binary.LittleEndian.Uint64(state.RequestCtx)
	i := slices.IndexFunc(m.confirmations, func(c confirmation) bool { return c.number == number })
	if i < 0 {
		return // of an earlier term
	}
	c := m.confirmations[i]
	m.confirmations = slices.Delete(m.confirmations, i, i+1)
	if c.node != m.self {
		m.post(c.node, packet{kind: packetReadAnswer, number: c.read, index: state.Index}, false)
		return
	}
	m.readAnswered(&packet{number: c.read, index: state.Index})
}

func (m *Machine) readAnswered(p *packet) {
	m.horizon = max(m.horizon, p.index)
	if i := m.findRead(p.number); i >= 0 && !m.reads[i].answered {
		m.reads[i].answered, m.reads[i].index = true, p.index
		m.finishReads()
	}
}

// finishReads answers the reads whose index is applied; an observer applies nothing.
func (m *Machine) finishReads() {
	m.reads = slices.DeleteFunc(m.reads, func(r read) bool {
		finished := r.answered && (m.observing() || m.applied >= r.index)
		if finished {
			m.done = append(m.done, Read{Number: r.number, Known: true, Index: r.index})
		}
		return finished
	})
}
