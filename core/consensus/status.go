package consensus

import (
	"fmt"
	"time"

	"go.etcd.io/raft/v3"

	"github.com/ember-cluster/ember/core/wire"
)

// Role is what a node is in the group.
type Role uint8

const (
	Observer     Role = iota // no member
	Learner                  // gets the log and has no vote
	Leaving                  // no member any more, and stays until those that are know it
	Follower                 // a voter that follows a leader or waits for one
	PreCandidate             // a voter that asks whether it could win an election
	Candidate                // a voter in an election
	Leader                   // decides
)

var roleNames = [...]string{"observer", "learner", "leaving", "follower", "pre-candidate", "candidate", "leader"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Status is where a machine stands, for views and checkers.
type Status struct {
	ID     uint64 // raft id, 0 of an observer
	Role   Role
	Term   uint64
	Vote   uint64      // raft id that got this node's vote in this term, 0 if none did
	Leader wire.NodeID // zero if unknown
	// First and Last are the indexes of the first and the last entry of the log that is kept, Durable is the last
	// one known to be on this node's disk.
	First, Last, Durable uint64
	Commit, Applied      uint64
	// Voters, Outgoing and Learners are nodes in the order of their raft ids. While the voters change there are two
	// sets of them, and an entry is committed when a majority of each has it.
	Voters, Outgoing, Learners []wire.NodeID
}

// Status returns where the machine stands.
func (m *Machine) Status() Status {
	s := Status{ID: m.durable.id, Role: m.role, Leader: m.Leader()}
	if m.raft == nil {
		return s
	}
	basic := m.raft.BasicStatus()
	s.Term, s.Vote, s.Commit = basic.GetTerm(), basic.GetVote(), basic.GetCommit()
	s.First, s.Last, s.Durable, s.Applied = m.durable.log.before+1, m.durable.log.last(), m.durableTo, m.applied
	s.Voters = m.nodesOf(m.group.conf.GetVoters())
	s.Outgoing = m.nodesOf(m.group.conf.GetVotersOutgoing())
	s.Learners = m.nodesOf(m.group.conf.GetLearners())
	return s
}

func (m *Machine) nodesOf(ids []uint64) []wire.NodeID {
	var nodes []wire.NodeID
	for _, id := range ids {
		if node, ok := m.group.node(id); ok {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// Quorum reports whether those of which that holds could decide: whether they are a majority of each set of voters.
func (m *Machine) Quorum(holds func(wire.NodeID) bool) bool {
	_, _, ok := m.group.quorum(func(id uint64) bool {
		node, known := m.group.node(id)
		return known && holds(node)
	})
	return ok
}

// Leader returns the leader as far as this node knows, the zero id if it knows none.
func (m *Machine) Leader() wire.NodeID {
	if m.observing() {
		return m.hint
	}
	node, _ := m.addressOf(m.leader)
	return node
}

// AnsweredAt returns when a member has last answered this leader, or has become a member since; false if this node does not lead, or of
// who is no other member. A voter that is silent for long is of no use as one, however well it is otherwise.
func (m *Machine) AnsweredAt(node wire.NodeID) (time.Duration, bool) {
	id := m.group.memberOf(node)
	if m.role != Leader || id == 0 || id == m.durable.id {
		return 0, false
	}
	return max(m.answeredAt[id], m.leadsFrom), true
}

// answered notes a sign of life of a member.
func (m *Machine) answered(id uint64) {
	if m.role != Leader {
		return
	}
	if m.answeredAt == nil {
		m.answeredAt = map[uint64]time.Duration{}
	}
	m.answeredAt[id] = m.now
}

// Role returns what this node is in the group.
func (m *Machine) Role() Role { return m.role }

// Applied returns the index of the last entry that the state machine reflects, 0 of an observer.
func (m *Machine) Applied() uint64 { return m.applied }

// TermAt returns the term of an entry; false if the log does not keep it.
func (m *Machine) TermAt(index uint64) (uint64, bool) { return m.durable.log.term(index) }

// Members returns the voters and learners, sorted by raft id. The slice must not be changed.
func (m *Machine) Members() []Member { return m.group.members }

// Refused counts the messages that were refused, by kind.
func (m *Machine) Refused() [ErrorKinds]uint64 { return m.refused }

// observe takes over raft's role, term and leader, and looks after what a change of them means.
func (m *Machine) observe() {
	if m.raft == nil {
		return
	}
	basic := m.raft.BasicStatus()
	before, beforeTerm, beforeLeader := m.role, m.term, m.leader
	m.term, m.leader = basic.GetTerm(), basic.Lead
	switch basic.RaftState {
	case raft.StateLeader:
		m.role = Leader
	case raft.StateCandidate:
		m.role = Candidate
	case raft.StatePreCandidate:
		m.role = PreCandidate
	default:
		m.role = Follower
		if !m.group.votes(m.durable.id) {
			m.role = Learner
		}
	}
	if m.leave.leaving {
		m.role = Leaving
	}
	if (m.role == Leader) == (before == Leader) && (m.role != Leader || m.term == beforeTerm) {
		m.rearm()
		if m.leader != beforeLeader && m.leader != 0 {
			m.retryNow()
		}
		return
	}
	m.leaderFrom, m.changing, m.readContext = 0, 0, 0
	m.transfers = nil
	m.dropAsked()
	m.answeredAt, m.leadsFrom = nil, m.now
	m.hear()
	if m.role == Leader {
		m.election.tickAt = m.now + m.config.HeartbeatInterval
	}
	m.retryNow()
}
