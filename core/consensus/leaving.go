package consensus

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/wire"
)

// A member that is removed must not go at once. The others have the entry that removes it, but may not know yet that it is
// committed; until they do, the old members count, and an election needs a majority of them. So a removed member goes on
// answering, and asks those that vote now whether they know. When all of them have it on their disks it goes:
//
//	removed ──► am I gone? ───────► voter: knows, durably
//	            gone, and so says one voter  ◄──────┘
//	            … all voters say so: Observer
//
// A member that was not there when it was removed learns it the same way, since it asks others for votes.

// leave is the way out of the group.
type leave struct {
	// leaving is set once this node knows that it is no member any more.
	leaving bool
	// voters are those to be asked, as of the highest index that one of them has applied.
	voters []wire.NodeID
	index  uint64
	// confirmed are those that have answered.
	confirmed []wire.NodeID
	askAt     time.Duration // never unless leaving
}

// maxVotersToAsk bounds what an answer names: the voters of two configurations.
const maxVotersToAsk = 2 * MaxVoters

// observing reports whether this node is no member, so that it has to hear from others what the group decides.
func (m *Machine) observing() bool { return m.raft == nil || m.leave.leaving }

// knowsGone reports whether a raft id was a member's and is none any more, and this node will not forget that.
func (m *Machine) knowsGone(id uint64) bool {
	return m.raft != nil && id > 0 && id < m.group.nextID && !m.group.isMember(id) && m.persisted >= m.confPosition && !m.observing()
}

// beginLeave is called when this node has applied its own removal, or was told of it.
func (m *Machine) beginLeave(voters []wire.NodeID, index uint64) {
	if !m.leave.leaving {
		m.leave = leave{leaving: true, askAt: m.now}
		if len(m.peers) == 0 {
			m.peers = voters
		}
	}
	if index > m.leave.index {
		m.leave.voters, m.leave.index = voters, index
	}
}

// advanceLeave asks those that have not answered. A learner that hears of no leader asks too: it stands for no election, by which it
// would learn that it was removed meanwhile.
func (m *Machine) advanceLeave() {
	if !m.leave.leaving && (m.role != Learner || m.leader != 0) {
		m.leave.askAt = never
		return
	}
	if m.now >= m.leave.askAt {
		m.leave.askAt = m.now + m.config.ElectionTimeout
		m.askWhetherGone()
	}
}

func (m *Machine) askWhetherGone() {
	asked := slices.Clone(m.leave.confirmed)
	for _, node := range slices.Concat(m.leave.voters, m.peers) {
		if node != m.self && !slices.Contains(asked, node) {
			asked = append(asked, node)
			m.post(node, packet{kind: packetLeaving, from: m.durable.id}, false)
		}
	}
}

// tellGone tells a node that the raft id under which it writes is not a member any more.
func (m *Machine) tellGone(to wire.NodeID, id uint64) {
	voters := slices.Concat(m.nodesOf(m.group.conf.GetVoters()), m.nodesOf(m.group.conf.GetVotersOutgoing()))
	m.post(to, packet{kind: packetGone, to: id, index: m.applied, nodes: voters[:min(len(voters), maxVotersToAsk)]}, false)
}

// toldGone takes a voter's word that this node is no member any more.
func (m *Machine) toldGone(from wire.NodeID, p *packet) {
	m.horizon = max(m.horizon, p.index)
	m.beginLeave(p.nodes, p.index)
	if !slices.Contains(m.leave.confirmed, from) && len(m.leave.confirmed) < MaxMembers {
		m.leave.confirmed = append(m.leave.confirmed, from)
	}
	m.observe()
	for _, node := range m.leave.voters {
		if !slices.Contains(m.leave.confirmed, node) {
			return
		}
	}
	m.retire()
}
