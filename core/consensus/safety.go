package consensus

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/wire"
)

// Safety watches the machines of one group from outside, and tells when they break one of raft's promises (the Raft paper,
// figure 3). It is for tests and simulations: it sees all machines at once.
//
//   - Election Safety: at most one leader a term.
//   - Leader Append-Only and Log Matching: an index and a term stand for one entry, whoever has it.
//   - Leader Completeness: a leader has every entry that was committed before.
//   - State Machine Safety: no two nodes apply different entries at one index.
//   - Durability: what is committed is on the disks of a majority of the voters.
//
// The zero value is ready to use.
type Safety struct {
	leaders   map[uint64]wire.NodeID // by term
	committed map[uint64]uint64      // term of each entry that some node took for committed, by index
	highest   uint64                 // index among committed
	results   map[uint64]string      // what was applied at an index
	// committedIn holds the term in which an entry was first seen to be committed: it was by then. By index.
	committedIn map[uint64]uint64
}

// Observe looks at a machine after one of its steps, that is after Take. Up are the machines of all nodes that run.
func (s *Safety) Observe(m *Machine, up []*Machine) error {
	if s.leaders == nil {
		s.leaders, s.committed, s.results = map[uint64]wire.NodeID{}, map[uint64]uint64{}, map[uint64]string{}
		s.committedIn = map[uint64]uint64{}
	}
	status := m.Status()
	if status.Role == Observer {
		return nil
	}
	if status.Role == Leader {
		if other, ok := s.leaders[status.Term]; ok && other != m.self {
			return fmt.Errorf("consensus: %v and %v both lead in term %d", other, m.self, status.Term)
		}
		s.leaders[status.Term] = m.self
		if err := s.observeCompleteness(m, status); err != nil {
			return err
		}
		if err := observeDurability(m, status, up); err != nil {
			return err
		}
	}
	return s.observeCommitted(m, status)
}

func (s *Safety) observeCompleteness(m *Machine, status Status) error {
	for index := status.First; index <= s.highest; index++ {
		term, have := m.TermAt(index)
		if _, seen := s.committed[index]; !seen {
			continue // everybody who knew it as committed had it in a snapshot already
		}
		if s.committedIn[index] < status.Term && (!have || term != s.committed[index]) {
			return fmt.Errorf("consensus: %v leads in term %d with a log to %d and lacks entry %d, committed by term %d",
				m.self, status.Term, status.Last, index, s.committedIn[index])
		}
	}
	return nil
}

// observeDurability counts the disks that have what a leader has committed. A node that is down is given the benefit of the
// doubt. A change of the voters takes effect when it is applied, so entries up to the last change are not judged by it.
func observeDurability(m *Machine, status Status, up []*Machine) error {
	if status.Commit < m.leaderFrom || m.leaderFrom == 0 || status.Commit <= m.confCommit {
		return nil
	}
	durable := func(id uint64) bool {
		return !slices.ContainsFunc(up, func(other *Machine) bool { return other.durable.id == id && other.durableTo < status.Commit })
	}
	if have, of, ok := m.group.quorum(durable); !ok {
		return fmt.Errorf("consensus: %v has committed index %d, which the disks of %d of %d voters lack", m.self, status.Commit, of-have, of)
	}
	return nil
}

// observeCommitted compares what the machine holds for committed with what all others do.
func (s *Safety) observeCommitted(m *Machine, status Status) error {
	for index := max(status.First, 1); index <= status.Commit; index++ {
		term, ok := m.TermAt(index)
		if !ok {
			continue // raft has it, and the records do not yet
		}
		before, known := s.committed[index]
		switch {
		case !known:
			s.committed[index], s.committedIn[index] = term, status.Term
			s.highest = max(s.highest, index)
		case before != term:
			return fmt.Errorf("consensus: %v has committed entry %d of term %d, another node that of term %d", m.self, index, term, before)
		}
	}
	return nil
}

// Applied looks at an entry that some node's state machine applies. All nodes must apply the same.
func (s *Safety) Applied(index uint64, data []byte) error {
	if s.results == nil {
		s.results = map[uint64]string{}
	}
	if before, ok := s.results[index]; ok && before != string(data) {
		return fmt.Errorf("consensus: %q and %q were applied at index %d", before, data, index)
	}
	s.results[index] = string(data)
	return nil
}
