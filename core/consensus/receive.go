package consensus

import (
	"errors"
	"slices"
	"time"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// Receive handles a message from a node, which the caller knows to be of the cluster. A message that can't be read is
// refused with a *wire.Error, one that can't be meant with an *Error; neither changes anything but a counter. What the
// message leads to comes with Take.
func (m *Machine) Receive(now time.Duration, from wire.NodeID, payload []byte) error {
	p, err := decodePacket(payload)
	if err != nil {
		return err
	}
	m.enter(now)
	if kind, ok := m.admit(from, p); !ok {
		m.refused[kind]++
		return &Error{Kind: kind}
	}
	if (p.kind == packetRaft || p.kind == packetLeaving) && m.knowsGone(p.from) {
		m.tellGone(from, p.from)
		return nil
	}
	m.dispatch(from, p)
	return nil
}

func (m *Machine) dispatch(from wire.NodeID, p *packet) {
	switch p.kind {
	case packetRaft:
		m.meet(from, p)
		m.stepRaft(from, p.raft)
	case packetChunk:
		m.meet(from, p)
		m.takeChunk(from, p)
	case packetChunkAck:
		m.answered(p.from)
		m.chunkAcknowledged(p)
	case packetLeaving:
	case packetGone:
		m.toldGone(from, p)
	case packetPropose:
		m.proposed(from, p)
	case packetDecided:
		m.decidedElsewhere(p)
	case packetAsk:
		m.sendHint(from)
	case packetHint:
		m.hinted(p)
	case packetRead:
		m.readAsked(from, p.number)
	case packetReadAnswer:
		m.readAnswered(p)
	}
}

// admit judges a message before it can change anything.
func (m *Machine) admit(from wire.NodeID, p *packet) (ErrorKind, bool) {
	switch {
	case p.generation != m.config.Generation:
		return WrongGeneration, false
	case from == m.self:
		return FromSelf, false
	}
	switch p.kind {
	case packetRaft:
		if kind, ok := m.admitPeer(from, p, isAnswer(p.raft.GetType()), isLeaders(p.raft.GetType())); !ok {
			return kind, false
		}
		return m.admitRaft(p)
	case packetChunk:
		if kind, ok := m.admitPeer(from, p, false, true); !ok {
			return kind, false
		}
		return m.admitChunk(p)
	case packetChunkAck:
		return m.admitPeer(from, p, true, false)
	case packetGone:
		if m.raft == nil || p.to != m.durable.id || len(p.nodes) == 0 {
			return NotForUs, false
		}
	case packetPropose:
		if len(p.data) > m.config.MaxProposal {
			return BadProposal, false
		}
	}
	return 0, true
}

// admitPeer judges the raft ids of a message. Answers come from members only. Requests may come from a raft id that this
// node has not heard of yet: its knowledge of the members may be old. A leader may also know this node under a newer id than
// the node itself does.
func (m *Machine) admitPeer(from wire.NodeID, p *packet, answer, leaders bool) (ErrorKind, bool) {
	if p.from == 0 || p.to == 0 || p.from >= MaxIndex || p.to >= MaxIndex || p.from == p.to {
		return Impostor, false
	}
	if known, ok := m.group.node(p.from); ok && known != from {
		return Impostor, false
	}
	if id := m.group.memberOf(from); id > p.from {
		return Impostor, false // a message of that node's earlier life
	}
	if p.to != m.durable.id {
		if !leaders || p.to <= m.durable.spent {
			return NotForUs, false
		}
		return 0, true
	}
	if answer && !m.group.isMember(p.from) {
		return UnknownSender, false
	}
	return 0, true
}

// meet notes who is behind a raft id, and begins a new life if this node is addressed by an id that it does not have.
func (m *Machine) meet(from wire.NodeID, p *packet) {
	if p.to != m.durable.id {
		m.adopt(p.to)
	}
	if m.group.isMember(p.from) {
		return
	}
	m.contacts = slices.DeleteFunc(m.contacts, func(c Member) bool { return c.ID == p.from || c.Node == from })
	if len(m.contacts) == MaxMembers {
		m.contacts = slices.Delete(m.contacts, 0, 1)
	}
	m.contacts = append(m.contacts, Member{ID: p.from, Node: from})
}

// isLeaders reports whether only a leader sends messages of a type.
func isLeaders(kind pb.MessageType) bool {
	return kind == pb.MsgApp || kind == pb.MsgHeartbeat || kind == pb.MsgSnap
}

// isAnswer reports whether a type of message answers another.
func isAnswer(kind pb.MessageType) bool {
	switch kind {
	case pb.MsgAppResp, pb.MsgHeartbeatResp, pb.MsgVoteResp, pb.MsgPreVoteResp:
		return true
	}
	return false
}

// stepRaft hands a message to raft and sees whether it is a sign of life of the leader, or made this node vote.
func (m *Machine) stepRaft(from wire.NodeID, message *pb.Message) {
	vote := m.raft.BasicStatus().GetVote()
	if err := m.raft.Step(message); err != nil && !errors.Is(err, raft.ErrStepPeerNotFound) {
		m.must(err)
	}
	m.observe()
	if isAnswer(message.GetType()) {
		m.answered(message.GetFrom())
	}
	after := m.raft.BasicStatus()
	granted := after.GetVote() != vote && after.GetVote() == message.GetFrom()
	heard := isLeaders(message.GetType()) && after.Lead == message.GetFrom() && after.GetTerm() == message.GetTerm()
	if granted || heard {
		m.hear()
	}
	if message.GetType() == pb.MsgAppResp {
		m.endStaleTransfer(message)
	}
}
