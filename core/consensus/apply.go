package consensus

import (
	"fmt"

	"go.etcd.io/raft/v3/confchange"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"

	"github.com/ember-cluster/ember/core/wire"
)

// apply applies committed entries.
func (m *Machine) apply(message *pb.Message) {
	for _, e := range message.GetEntries() {
		m.applyEntry(e)
	}
	for _, response := range message.GetResponses() {
		m.must(m.raft.Step(response))
	}
	m.finishReads()
	if m.durable.log.stale || m.applied-m.durable.log.snapshotIndex() >= uint64(m.config.CheckpointEntries) {
		m.checkpoint()
	}
}

func (m *Machine) applyEntry(e *pb.Entry) {
	if e.GetIndex() != m.applied+1 {
		panic(fmt.Sprintf("consensus: entry %d to apply behind %d", e.GetIndex(), m.applied))
	}
	m.applied = e.GetIndex()
	switch {
	case e.GetType() == pb.EntryConfChangeV2:
		m.applyChange(e)
	case len(e.GetData()) > 0:
		m.applyProposal(e)
	}
}

// The data of an entry: the proposal's id (16), base, and data (the rest).

// appendProposal appends what an entry of the log holds.
func appendProposal(dst []byte, id ProposalID, base uint64, data []byte) []byte {
	dst = append(dst, id[:]...)
	dst = wire.AppendUvarint(dst, base)
	return append(dst, data...)
}

func readProposal(entry []byte) (id ProposalID, base uint64, data []byte, err error) {
	r := wire.NewReader(entry)
	copy(id[:], r.Bytes(len(id)))
	base = readBounded(&r)
	data = r.Bytes(r.Len())
	return id, base, data, r.Err()
}

// applyProposal applies a proposal unless it was applied before, or comes so late that nobody would remember. A proposal
// is applied within Window indexes behind its base, and remembered for Window indexes: so whatever was applied is either
// remembered when a copy of it comes, or the copy is too late.
func (m *Machine) applyProposal(e *pb.Entry) {
	id, base, data, err := readProposal(e.GetData())
	if err != nil {
		return
	}
	if _, decided := m.group.find(id); !decided && base < m.applied && m.applied-base <= Window {
		result := m.state.Apply(m.applied, data)
		if len(result) > MaxResult {
			panic(fmt.Sprintf("consensus: a result of %d bytes, at most %d are remembered", len(result), MaxResult))
		}
		m.group.remember(decision{id: id, index: m.applied, result: append([]byte(nil), result...)})
	}
	m.settle(id)
}

// applyChange puts a change of the members into force, or ignores one that contradicts the members it is made to: all
// nodes come to the same verdict.
func (m *Machine) applyChange(e *pb.Entry) {
	change, added, err := decodeChange(e.GetData())
	if err != nil || !m.group.accepts(change, added) {
		return
	}
	m.confPosition = m.appended + 1 // the checkpoint that follows
	m.confCommit = m.raft.BasicStatus().GetCommit()
	m.durable.log.stale = true
	m.group.change(m.raft.ApplyConfChange(change), added)
	for _, member := range added {
		m.answered(member.ID)
	}
}

// decodeChange reads a change of the members: raft's, whose context lists the members that it adds.
func decodeChange(data []byte) (*pb.ConfChangeV2, []Member, error) {
	change := &pb.ConfChangeV2{}
	if err := proto.Unmarshal(data, change); err != nil {
		return nil, nil, err
	}
	r := wire.NewReader(change.GetContext())
	var added []Member
	if r.Len() > 0 {
		added = readMembers(&r)
	}
	if err := r.Finish(); err != nil {
		return nil, nil, err
	}
	if change.GetTransition() != pb.ConfChangeTransitionAuto || len(change.GetChanges()) > 2*MaxMembers {
		return nil, nil, &Error{Kind: BadConfiguration}
	}
	for _, c := range change.GetChanges() {
		known := c.GetType() == pb.ConfChangeAddNode || c.GetType() == pb.ConfChangeAddLearnerNode || c.GetType() == pb.ConfChangeRemoveNode
		if id := c.GetNodeId(); !known || id == 0 || id >= MaxIndex {
			return nil, nil, &Error{Kind: BadConfiguration}
		}
	}
	return change, added, nil
}

// accepts reports whether a change leads from these members to others that are consistent. Raft would panic on one that
// does not.
func (g *group) accepts(change *pb.ConfChangeV2, added []Member) bool {
	next := *g
	for _, m := range added {
		if m.ID < g.nextID || m.Node.IsZero() || g.memberOf(m.Node) != 0 {
			return false
		}
	}
	conf, err := changedConf(g.conf, change)
	if err != nil {
		return false
	}
	next.change(conf, added)
	return len(conf.GetVoters()) > 0 && next.check() == nil
}

// changedConf returns the raft configuration after a change.
func changedConf(conf *pb.ConfState, change *pb.ConfChangeV2) (*pb.ConfState, error) {
	changer := confchange.Changer{Tracker: tracker.MakeProgressTracker(1, 0)}
	var err error
	if changer.Tracker.Config, changer.Tracker.Progress, err = confchange.Restore(changer, conf); err != nil {
		return nil, err
	}
	autoLeave, joint := change.EnterJoint()
	switch {
	case change.LeaveJoint():
		changer.Tracker.Config, changer.Tracker.Progress, err = changer.LeaveJoint()
	case joint:
		changer.Tracker.Config, changer.Tracker.Progress, err = changer.EnterJoint(autoLeave, change.GetChanges()...)
	default:
		changer.Tracker.Config, changer.Tracker.Progress, err = changer.Simple(change.GetChanges()...)
	}
	if err != nil {
		return nil, err
	}
	return changer.Tracker.ConfState(), nil
}

// checkpoint writes the whole state, so that the log behind it can go.
func (m *Machine) checkpoint() {
	term, ok := m.durable.log.term(m.applied)
	if !ok {
		panic(fmt.Sprintf("consensus: no entry %d to make a checkpoint of", m.applied))
	}
	m.durable.log.checkpoint(&pb.Snapshot{
		Metadata: &pb.SnapshotMetadata{Index: new(m.applied), Term: new(term), ConfState: m.group.conf},
		Data:     appendBody(nil, m.group, m.state),
	}, m.config.KeepEntries)
	m.restart(m.durable.checkpointRecord())
	m.confPosition = m.appended
}
