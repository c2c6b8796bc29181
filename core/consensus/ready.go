package consensus

import (
	"errors"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// pump works until raft wants nothing more without further events. Raft's storage messages become records and parked
// steps, its messages to others are marshalled at once, since they refer to the log, and what is committed is applied.
func (m *Machine) pump() {
	for {
		m.releaseParked()
		if m.raft == nil {
			return
		}
		m.proposeDrafts()
		if m.raft.HasReady() {
			m.handleReady(m.raft.Ready())
			continue
		}
		m.observe()
		if m.applied > 0 && !m.leave.leaving && !m.group.isMember(m.durable.id) {
			m.beginLeave(m.otherVoters(), m.applied)
			m.observe()
		}
		if !m.confirmReads() && !m.changeMembers() {
			return
		}
	}
}

func (m *Machine) handleReady(ready raft.Ready) {
	m.observe()
	for _, message := range ready.Messages {
		switch message.GetTo() {
		case raft.LocalAppendThread:
			m.store(message)
		case raft.LocalApplyThread:
			m.apply(message)
		default:
			m.sendRaft(message)
		}
	}
	for _, confirmed := range ready.ReadStates {
		m.readConfirmed(confirmed)
	}
}

// store makes a record of what raft wants durable, and parks what depends on it.
func (m *Machine) store(message *pb.Message) {
	log := m.durable.log
	step := parkedStep{since: m.now, responses: message.GetResponses()}
	entries := message.GetEntries()
	if len(entries) > 0 {
		step.first = entries[0].GetIndex()
		m.durableTo = min(m.durableTo, step.first-1)
		m.noteEntries(entries)
	}
	// That alone the commit index has risen need not be written: whatever is written next tells it too, and a node that
	// forgets it hears it again.
	voted := m.takeHardState(message)
	switch snapshot := message.GetSnapshot(); {
	case !raft.IsEmptySnap(snapshot):
		m.durableTo = min(m.durableTo, snapshot.GetMetadata().GetIndex())
		log.install(snapshot)
		log.add(entries)
		step.snapshot = snapshot
		m.restart(m.durable.checkpointRecord())
		m.confPosition = m.appended
	case len(entries) > 0:
		log.add(entries)
		m.write(m.durable.appendRecord(step.first, entries), false)
	case voted:
		m.write(m.durable.appendRecord(log.last()+1, nil), false)
	}
	step.position, step.last = m.appended, log.last()
	step.sends = make([][]Send, len(step.responses))
	for i, response := range step.responses {
		if to := response.GetTo(); to != m.durable.id {
			step.sends[i] = m.appendRaftSend(nil, response)
		}
	}
	m.parked = append(m.parked, step)
}

// takeHardState takes over the term, vote and commit index of a storage message, and reports whether one of the former two
// has changed.
func (m *Machine) takeHardState(message *pb.Message) bool {
	if message.Term == nil && message.Vote == nil && message.Commit == nil {
		return false
	}
	before := m.durable.log.hard
	m.durable.log.hard = &pb.HardState{
		Term: new(message.GetTerm()), Vote: new(message.GetVote()), Commit: new(message.GetCommit()),
	}
	return before.GetTerm() != message.GetTerm() || before.GetVote() != message.GetVote()
}

// noteEntries finds in what is appended where a leader's own term begins, and where its change of the members is.
func (m *Machine) noteEntries(entries []*pb.Entry) {
	if m.role != Leader {
		return
	}
	for _, e := range entries {
		if m.leaderFrom == 0 && e.GetTerm() == m.term {
			m.leaderFrom = e.GetIndex()
		}
		if m.changing == changeProposed && e.GetTerm() == m.term {
			m.changing = entries[len(entries)-1].GetIndex()
		}
	}
}

// releaseParked does what waited for records that are durable now.
func (m *Machine) releaseParked() {
	for len(m.parked) > 0 && m.parked[0].position <= m.persisted {
		step := m.parked[0]
		m.parked = m.parked[1:]
		m.durableTo = step.last
		for i := range m.parked {
			if first := m.parked[i].first; first > 0 {
				m.durableTo = min(m.durableTo, first-1)
			}
		}
		if step.snapshot != nil {
			m.must(m.restore(step.snapshot)) // it was judged when it came
			m.settleAll()
		}
		for i, response := range step.responses {
			if response.GetTo() != m.durable.id {
				m.sends = append(m.sends, step.sends[i]...)
				continue
			}
			// Raft refuses answers of a node that is no member any more, of this one too.
			if err := m.raft.Step(response); err != nil && !errors.Is(err, raft.ErrStepPeerNotFound) {
				m.must(err)
			}
		}
		m.observe()
	}
}

// sendRaft sends one of raft's messages, unless it is a snapshot: that goes in parts.
func (m *Machine) sendRaft(message *pb.Message) {
	switch message.GetType() {
	case pb.MsgSnap:
		m.startTransfer(message)
		return
	case pb.MsgHeartbeat:
		if context := message.GetContext(); len(context) == readContextSize {
			m.readContext = max(m.readContext, readContextNumber(context))
		}
	}
	m.sends = m.appendRaftSend(m.sends, message)
}

// appendRaftSend marshals one of raft's messages, unless nobody knows where its receiver is.
func (m *Machine) appendRaftSend(sends []Send, message *pb.Message) []Send {
	to, ok := m.addressOf(message.GetTo())
	if !ok {
		return sends
	}
	kind := message.GetType()
	payload := m.marshal(&packet{kind: packetRaft, from: m.durable.id, to: message.GetTo(), raft: message})
	return append(sends, Send{To: to, Payload: payload, Reliable: kind == pb.MsgApp || kind == pb.MsgAppResp})
}

// post sends one of the protocol's own messages.
func (m *Machine) post(to wire.NodeID, p packet, reliable bool) {
	m.sends = append(m.sends, Send{To: to, Payload: m.marshal(&p), Reliable: reliable})
}

// usualPacket is a size in bytes within which a packet stays most often, besides its data.
const usualPacket = 48

func (m *Machine) marshal(p *packet) []byte {
	p.generation = m.config.Generation
	return p.append(make([]byte, 0, usualPacket+len(p.data)))
}

// addressOf returns the node behind a raft id: a member, or who has written under that id.
func (m *Machine) addressOf(id uint64) (wire.NodeID, bool) {
	if node, ok := m.group.node(id); ok {
		return node, true
	}
	for _, c := range m.contacts {
		if c.ID == id {
			return c.Node, true
		}
	}
	return wire.NodeID{}, false
}
