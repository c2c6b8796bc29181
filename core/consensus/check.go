package consensus

import (
	"errors"
	"fmt"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
)

// Check verifies the invariants that one machine can see for itself. Those that concern several are Safety's.
func (m *Machine) Check() error {
	return errors.Join(m.group.check(), m.durable.log.check(), m.checkPositions(), m.checkRaft(), m.checkBounds())
}

func (m *Machine) checkPositions() error {
	position := uint64(0)
	for i := range m.parked {
		p := &m.parked[i]
		if p.position < position || p.position > m.appended {
			return fmt.Errorf("consensus: parked at position %d between %d and %d", p.position, position, m.appended)
		}
		position = p.position
	}
	return nil
}

func (m *Machine) checkRaft() error {
	status := m.Status()
	switch {
	case (m.raft == nil) != (m.durable.id == 0):
		return fmt.Errorf("consensus: raft id %d with raft running %t", m.durable.id, m.raft != nil)
	case m.durable.spent < m.durable.id:
		return fmt.Errorf("consensus: raft id %d above the highest, %d", m.durable.id, m.durable.spent)
	case m.raft == nil:
		return nil
	case status.Applied > status.Commit:
		return fmt.Errorf("consensus: applied %d, committed %d", status.Applied, status.Commit)
	case status.Term < m.highestTerm || status.Commit < m.highestCommit:
		return fmt.Errorf("consensus: term %d and commit %d fell, from %d and %d", status.Term, status.Commit, m.highestTerm, m.highestCommit)
	case status.Role == Leader && status.Leader != m.self:
		return fmt.Errorf("consensus: leads, and takes %v for the leader", status.Leader)
	}
	m.highestTerm, m.highestCommit = status.Term, status.Commit
	return m.checkQuorum(status)
}

// checkQuorum verifies that what a leader has committed in its term is known to be on a quorum of each configuration.
//
// A change of the configuration takes effect when it is applied, so a quorum counted just now may be one of a configuration
// that was not in force when the entry was committed. Only entries behind those are judged.
func (m *Machine) checkQuorum(status Status) error {
	if status.Role != Leader || status.Commit < m.leaderFrom || status.Commit <= m.confCommit {
		return nil
	}
	matched := map[uint64]uint64{}
	m.raft.WithProgress(func(id uint64, _ raftProgressType, pr tracker.Progress) { matched[id] = pr.Match })
	if have, of, ok := m.group.quorum(func(id uint64) bool { return matched[id] >= status.Commit }); !ok {
		return fmt.Errorf("consensus: index %d is committed and on %d of %d voters", status.Commit, have, of)
	}
	return nil
}

func (m *Machine) checkBounds() error {
	if len(m.proposals) > m.config.MaxPending || len(m.reads) > m.config.MaxPending {
		return fmt.Errorf("consensus: %d proposals and %d reads wait, at most %d may", len(m.proposals), len(m.reads), m.config.MaxPending)
	}
	if len(m.asked.order) > m.config.MaxPending || len(m.asked.order) != len(m.asked.byID) || len(m.confirmations) > m.config.MaxPending {
		return fmt.Errorf("consensus: %d proposals and %d reads of others wait, at most %d may",
			len(m.asked.order), len(m.confirmations), m.config.MaxPending)
	}
	if len(m.contacts) > MaxMembers || len(m.transfers) > MaxMembers {
		return fmt.Errorf("consensus: %d contacts, %d transfers", len(m.contacts), len(m.transfers))
	}
	return nil
}

func (l *entryLog) check() error {
	index, term := l.before, l.beforeTerm
	for _, e := range l.entries {
		if e.GetIndex() != index+1 || e.GetTerm() < term {
			return fmt.Errorf("consensus: entry %d of term %d behind entry %d of term %d", e.GetIndex(), e.GetTerm(), index, term)
		}
		index, term = e.GetIndex(), e.GetTerm()
	}
	if s := l.snapshotIndex(); s < l.before || s > index {
		return fmt.Errorf("consensus: snapshot of index %d in a log from %d to %d", s, l.before, index)
	}
	if hard := l.hard; hard.GetCommit() > index || hard.GetCommit() < l.snapshotIndex() || hard.GetTerm() < term {
		return fmt.Errorf("consensus: commit %d in term %d, with a log to entry %d of term %d", hard.GetCommit(), hard.GetTerm(), index, term)
	}
	return nil
}

func (g *group) check() error {
	if err := checkConf(g.conf); err != nil {
		return err
	}
	mentioned := 0
	for i, m := range g.members {
		if m.ID == 0 || m.ID >= g.nextID || i > 0 && m.ID <= g.members[i-1].ID {
			return fmt.Errorf("consensus: members are not sorted below %d: %v", g.nextID, g.members)
		}
		if g.memberOf(m.Node) != m.ID {
			return fmt.Errorf("consensus: node %v is a member twice", m.Node)
		}
		if !inConf(g.conf, m.ID) {
			return fmt.Errorf("consensus: member %d is neither voter nor learner", m.ID)
		}
	}
	for _, ids := range confLists(g.conf) {
		for _, id := range ids {
			if !g.isMember(id) {
				return fmt.Errorf("consensus: raft id %d has no node", id)
			}
			mentioned++
		}
	}
	if len(g.members) > MaxMembers || mentioned < len(g.members) {
		return fmt.Errorf("consensus: %d members, %d mentioned", len(g.members), mentioned)
	}
	if len(g.places) != len(g.decided) || len(g.decided) > Window+1 {
		return fmt.Errorf("consensus: %d decisions under %d ids", len(g.decided), len(g.places))
	}
	return nil
}

// checkConf verifies that a raft configuration is one that raft can restore.
func checkConf(conf *pb.ConfState) error {
	lists := confLists(conf)
	voters, learners, outgoing, next := lists[0], lists[1], lists[2], lists[3]
	for _, ids := range lists {
		for i, id := range ids {
			if id == 0 || id > MaxIndex || i > 0 && id <= ids[i-1] {
				return fmt.Errorf("consensus: raft ids are not sorted: %v", ids)
			}
		}
	}
	joint := len(outgoing) > 0
	switch {
	case len(voters) == 0 && (joint || len(learners) > 0):
		return errors.New("consensus: members without a voter")
	case conf.GetAutoLeave() != joint:
		return errors.New("consensus: a joint configuration and auto-leave go together")
	case len(next) > 0 && !joint:
		return errors.New("consensus: voters that become learners without a joint configuration")
	}
	for _, id := range learners {
		if slices.Contains(voters, id) || slices.Contains(outgoing, id) {
			return fmt.Errorf("consensus: %d is both voter and learner", id)
		}
	}
	for _, id := range next {
		if !slices.Contains(outgoing, id) || slices.Contains(voters, id) || slices.Contains(learners, id) {
			return fmt.Errorf("consensus: %d cannot become a learner", id)
		}
	}
	return nil
}
