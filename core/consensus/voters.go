package consensus

import (
	"fmt"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"github.com/ember-cluster/ember/core/wire"
)

// MaxVoters bounds the voters that a group can be asked to have.
const MaxVoters = 7

// changeProposed stands in Machine.changing for a change of the members whose index is not known yet.
const changeProposed = ^uint64(0)

// SetVoters says who should vote, at most MaxVoters nodes, each once. A leader brings that about, one change of the members
// after the other: a new voter is a learner until it has the log, then voters come and go together, in a joint
// configuration. On other nodes it is kept in case they come to lead. No nodes: the voters are right as they are.
func (m *Machine) SetVoters(nodes []wire.NodeID) {
	if len(nodes) > MaxVoters {
		panic(fmt.Sprintf("consensus: %d voters, at most %d may be", len(nodes), MaxVoters))
	}
	for i, node := range nodes {
		if node.IsZero() || slices.Contains(nodes[:i], node) {
			panic(fmt.Sprintf("consensus: %v cannot be a voter, or is one twice", node))
		}
	}
	m.wanted = slices.Clone(nodes)
}

// changeMembers proposes the next change of the members, if one is due, and reports whether it did.
func (m *Machine) changeMembers() bool {
	if m.role != Leader || m.leaderFrom == 0 || m.applied < m.leaderFrom || m.group.joint() || len(m.wanted) == 0 {
		return false
	}
	if m.changing > m.applied || m.raft.BasicStatus().LeadTransferee != 0 {
		return false
	}
	changes, added := m.learnerChanges()
	if len(changes) == 0 {
		changes = m.voterChanges()
	}
	if len(changes) == 0 || m.handOver() {
		return false
	}
	change := &pb.ConfChangeV2{Changes: changes}
	if len(added) > 0 {
		change.Context = appendMembers(nil, added)
	}
	if err := m.raft.ProposeConfChange(change); err != nil {
		return false // too much is uncommitted; once that is less, it is tried again
	}
	m.changing = changeProposed
	return true
}

// handOver has a voter that stays lead in place of this node, if this node is to go and there is such a voter, and reports
// whether it tries. So a change of the voters does not leave the group without a leader for an election timeout.
func (m *Machine) handOver() bool {
	if slices.Contains(m.wanted, m.self) {
		return false
	}
	return m.yield(m.wanted)
}

// yield has one of some nodes that votes and is caught up lead in place of this node, and reports whether there is one. If that comes
// to nothing, since the node does not answer any more, the next one has its turn.
func (m *Machine) yield(to []wire.NodeID) bool {
	first, next := uint64(0), uint64(0)
	passed := false // the one that was tried last
	for _, node := range to {
		id := m.group.memberOf(node)
		if id != m.durable.id && m.group.votes(id) && m.caughtUp(id) {
			if first == 0 {
				first = id
			}
			if passed && next == 0 {
				next = id
			}
		}
		passed = passed || id == m.yielded && id != 0
	}
	if next == 0 {
		next = first
	}
	if next == 0 {
		return false
	}
	m.yielded = next
	m.raft.TransferLeader(next)
	return true
}

// learnerChanges makes learners of the wanted nodes that are no members, and sends away those learners that are not wanted.
func (m *Machine) learnerChanges() (changes []*pb.ConfChangeSingle, added []Member) {
	for _, member := range m.group.members {
		if !m.group.votes(member.ID) && !slices.Contains(m.wanted, member.Node) {
			changes = append(changes, singleChange(pb.ConfChangeRemoveNode, member.ID))
		}
	}
	next := m.group.nextID
	for _, node := range m.wanted {
		if m.group.memberOf(node) == 0 && len(m.group.members)+len(added) < MaxMembers {
			added = append(added, Member{ID: next, Node: node})
			changes = append(changes, singleChange(pb.ConfChangeAddLearnerNode, next))
			next++
		}
	}
	return changes, added
}

// voterChanges makes voters of the wanted learners and removes those that are not wanted, once all learners have caught up.
func (m *Machine) voterChanges() (changes []*pb.ConfChangeSingle) {
	for _, node := range m.wanted {
		id := m.group.memberOf(node)
		if m.group.votes(id) {
			continue
		}
		if !m.caughtUp(id) {
			return nil
		}
		changes = append(changes, singleChange(pb.ConfChangeAddNode, id))
	}
	for _, member := range m.group.members {
		if m.group.votes(member.ID) && !slices.Contains(m.wanted, member.Node) {
			changes = append(changes, singleChange(pb.ConfChangeRemoveNode, member.ID))
		}
	}
	return changes
}

func singleChange(kind pb.ConfChangeType, id uint64) *pb.ConfChangeSingle {
	return &pb.ConfChangeSingle{Type: kind.Enum(), NodeId: new(id)}
}

// caughtUp reports whether a member has nearly all of this leader's log.
func (m *Machine) caughtUp(id uint64) bool {
	ready := false
	m.raft.WithProgress(func(of uint64, _ raftProgressType, progress tracker.Progress) {
		if of == id {
			ready = progress.State == tracker.StateReplicate && progress.Match+uint64(m.config.CatchUpEntries) >= m.durable.log.last()
		}
	})
	return ready
}

// SetPeers says whom an observer asks for the leader: the voters, as far as it knows them.
func (m *Machine) SetPeers(nodes []wire.NodeID) {
	m.peers = slices.DeleteFunc(slices.Clone(nodes), func(node wire.NodeID) bool { return node == m.self })
}

// otherVoters lists the voters but this node, by raft id.
func (m *Machine) otherVoters() []wire.NodeID {
	var nodes []wire.NodeID
	for _, member := range m.group.members {
		if member.Node != m.self && m.group.votes(member.ID) {
			nodes = append(nodes, member.Node)
		}
	}
	return nodes
}
