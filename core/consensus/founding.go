package consensus

import (
	"fmt"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// FoundingRecord returns what the log of a voter holds at the beginning of a group that has these voters and this state, as if they
// had always been there: nil for a node that is not among them. Each voter's log begins with its own.
func FoundingRecord(config Config, voters []wire.NodeID, self wire.NodeID, state StateMachine) []byte {
	if !slices.Contains(voters, self) {
		return nil
	}
	d, _ := found(config, voters, self, state)
	return d.checkpointRecord()
}

// found returns the beginning of a group for one of its voters: they have the raft ids from 1 on in their order, and the state is that
// of index 1.
func found(config Config, voters []wire.NodeID, self wire.NodeID, state StateMachine) (*durable, *group) {
	if len(voters) > MaxVoters {
		panic(fmt.Sprintf("consensus: %d voters, at most %d may be", len(voters), MaxVoters))
	}
	conf := &pb.ConfState{AutoLeave: new(false)}
	members := make([]Member, len(voters))
	for i, node := range voters {
		members[i] = Member{ID: uint64(i + 1), Node: node}
		conf.Voters = append(conf.Voters, members[i].ID)
	}
	g := newGroup()
	g.nextID = 1
	g.change(conf, members)
	d := newDurable(config.Generation)
	d.id = g.memberOf(self)
	d.spent = d.id
	d.log.hard = &pb.HardState{Term: new(uint64(1)), Vote: new(uint64(0)), Commit: new(uint64(1))}
	d.log.install(&pb.Snapshot{
		Metadata: &pb.SnapshotMetadata{Index: new(uint64(1)), Term: new(uint64(1)), ConfState: conf},
		Data:     appendBody(nil, g, state),
	})
	return d, g
}

// ObserverRecord returns what the log of a node holds that is no member of a group, and was one, under raft ids up to the one that is
// spent: New begins with it.
func ObserverRecord(generation, spent uint64) []byte {
	d := newDurable(generation)
	d.spent = spent
	return d.observerRecord()
}

// Spent returns the highest raft id that this node has ever had in the group, 0 if it has had none.
func (m *Machine) Spent() uint64 { return m.durable.spent }

// soleVoter reports whether this node decides alone.
func (m *Machine) soleVoter() bool {
	voters := m.group.conf.GetVoters()
	return m.durable.id != 0 && len(voters) == 1 && voters[0] == m.durable.id && !m.group.joint()
}

// Compact writes anew what this machine needs of the log, so that earlier records can be released. A member's log is compacted by
// itself now and then; what an observer needs is little, but for as long as it lives.
func (m *Machine) Compact() {
	m.enter(m.now)
	switch {
	case m.raft == nil:
		m.restart(m.durable.observerRecord())
	case m.applied > m.durable.log.snapshotIndex():
		m.checkpoint()
	default:
		m.restart(m.durable.checkpointRecord())
	}
}

// Progress is where a machine stands, for whoever wants to know whether anything has changed: equal values, no change.
type Progress struct {
	Role                                        Role
	ID, Term, Leader, Applied, Last, DurableLog uint64
}

// Progress returns where the machine stands. It costs next to nothing.
func (m *Machine) Progress() Progress {
	return Progress{m.role, m.durable.id, m.term, m.leader, m.applied, m.durable.log.last(), m.durableTo}
}
