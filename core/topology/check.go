package topology

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ember-cluster/ember/core/slots"
)

// CheckError names an invariant that a configuration breaks.
type CheckError struct{ Reason string }

// Error returns the reason.
func (e *CheckError) Error() string { return "topology: " + e.Reason }

func broken(format string, args ...any) error {
	return &CheckError{Reason: fmt.Sprintf(format, args...)}
}

// Check verifies every invariant. Its error is a *CheckError.
func (s *State) Check() error {
	if err := s.checkRecords(); err != nil {
		return err
	}
	return s.checkIndex()
}

// checkRecords verifies what is replicated, without the help of what is computed from it.
func (s *State) checkRecords() error {
	if len(s.nodes) == 0 || len(s.nodes) > MaxNodes {
		return broken("%d nodes, want 1 to %d", len(s.nodes), MaxNodes)
	}
	if len(s.shards) > MaxShards {
		return broken("%d shards, want at most %d", len(s.shards), MaxShards)
	}
	if !sortedUnique(s.nodes, func(a, b Node) int { return a.ID.Compare(b.ID) }) {
		return broken("nodes are not sorted or not unique")
	}
	if !sortedUnique(s.shards, func(a, b Shard) int { return a.ID.Compare(b.ID) }) {
		return broken("shards are not sorted or not unique")
	}
	for i := range s.nodes {
		if err := s.checkNode(&s.nodes[i]); err != nil {
			return err
		}
	}
	members := 0
	for i := range s.shards {
		if err := s.checkShard(&s.shards[i]); err != nil {
			return err
		}
		members += len(s.shards[i].Members)
	}
	// Each member of a shard names that shard, so equal numbers mean that every node is some shard's member.
	if members != len(s.nodes) {
		return broken("%d nodes, but %d members of shards", len(s.nodes), members)
	}
	if err := s.checkOwners(); err != nil {
		return err
	}
	return s.checkCluster()
}

// checkCluster verifies the parts of a state that are about the cluster as a whole.
func (s *State) checkCluster() error {
	for i, m := range s.marks {
		source, isShard := s.shardIndex(m.Source)
		_, isTarget := s.shardIndex(m.Target)
		switch {
		case i > 0 && m.Slot <= s.marks[i-1].Slot:
			return broken("marks are not sorted or not unique")
		case !isShard || !isTarget || m.Source == m.Target:
			return broken("slot %d is marked to go from %v to %v", m.Slot, m.Source, m.Target)
		case m.Version > s.Version:
			return broken("slot %d is marked in version %d of %d", m.Slot, m.Version, s.Version)
		case int(s.owners[m.Slot]) != source+1:
			return broken("slot %d is marked to go from %v, which does not own it", m.Slot, m.Source)
		}
	}
	if len(s.voters) > MaxVoters || !sortedUnique(s.voters, NodeID.Compare) {
		return broken("voters are not sorted, not unique or too many: %v", s.voters)
	}
	for _, id := range s.voters {
		if _, ok := s.nodeIndex(id); !ok {
			return broken("voter %v is not a node", id)
		}
	}
	if len(s.settings) > MaxSettings || !sortedUnique(s.settings, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) }) {
		return broken("settings are not sorted, not unique or too many")
	}
	for _, set := range s.settings {
		if detail := invalidSetting(set); detail != "" || set.Value == "" {
			return broken("setting %q is invalid: %s", set.Name, detail)
		}
	}
	return s.checkHistory()
}

// checkHistory verifies what is remembered of joins and of nodes that were forgotten.
func (s *State) checkHistory() error {
	if len(s.joins) > MaxJoins || !sortedUnique(s.joins, func(a, b JoinRecord) int { return bytes.Compare(a.Token[:], b.Token[:]) }) {
		return broken("joins are not sorted, not unique or too many")
	}
	if len(s.tombstones) > MaxTombstones || !sortedUnique(s.tombstones, func(a, b Tombstone) int { return a.Node.Compare(b.Node) }) {
		return broken("tombstones are not sorted, not unique or too many")
	}
	for i := range s.joins {
		if s.joins[i].Version > s.Version {
			return broken("a join of version %d in version %d", s.joins[i].Version, s.Version)
		}
	}
	for _, t := range s.tombstones {
		if _, ok := s.nodeIndex(t.Node); ok || t.Version > s.Version {
			return broken("node %v was forgotten in version %d of %d, and is there: %t", t.Node, t.Version, s.Version, ok)
		}
	}
	return nil
}

// CheckSuccessor verifies that s can come after an earlier configuration of the same cluster: what may only rise has not
// fallen, and one version has one content. It returns a *CheckError.
func (s *State) CheckSuccessor(before *State) error {
	switch {
	case s.Cluster != before.Cluster:
		return broken("cluster %v comes after cluster %v", s.Cluster, before.Cluster)
	case s.Generation < before.Generation || s.Generation == before.Generation && s.Version < before.Version:
		return broken("version %d.%d comes after %d.%d", s.Generation, s.Version, before.Generation, before.Version)
	case s.epoch < before.epoch || s.votersEpoch < before.votersEpoch:
		return broken("epochs fell from %d and %d to %d and %d", before.epoch, before.votersEpoch, s.epoch, s.votersEpoch)
	case s.Generation == before.Generation && s.Version == before.Version && s.Hash() != before.Hash():
		return broken("version %d.%d has two contents", s.Generation, s.Version)
	}
	for i := range before.shards {
		old := &before.shards[i]
		if shard, ok := s.Shard(old.ID); ok && (shard.Epoch < old.Epoch || shard.Epoch == old.Epoch && shard.Primary != old.Primary) {
			return broken("shard %v went from %v at epoch %d to %v at epoch %d", old.ID, old.Primary, old.Epoch, shard.Primary, shard.Epoch)
		}
	}
	for i := range before.nodes {
		old := &before.nodes[i]
		if node, ok := s.Node(old.ID); ok && node.Boot < old.Boot {
			return broken("the boot of node %v fell from %d to %d", old.ID, old.Boot, node.Boot)
		}
	}
	return nil
}

func (s *State) checkNode(n *Node) error {
	if n.ID.IsZero() {
		return broken("a node has a zero id")
	}
	if reason := invalidAddress(n, len(s.nodes) == 1); reason != "" {
		return broken("node %v has an invalid address: %s", n.ID, reason)
	}
	return nil
}

func (s *State) checkShard(shard *Shard) error {
	switch {
	case shard.ID.IsZero():
		return broken("a shard has a zero id")
	case shard.Epoch > s.epoch:
		return broken("shard %v is at epoch %d, above the highest, %d", shard.ID, shard.Epoch, s.epoch)
	case !sortedUnique(shard.Members, NodeID.Compare):
		return broken("members of shard %v are not sorted or not unique", shard.ID)
	case !sortedUnique(shard.InSync, NodeID.Compare):
		return broken("in-sync members of shard %v are not sorted or not unique", shard.ID)
	case !contains(shard.InSync, shard.Primary):
		return broken("primary %v of shard %v is not in sync", shard.Primary, shard.ID)
	}
	for _, id := range shard.InSync {
		if !contains(shard.Members, id) {
			return broken("in-sync node %v is not a member of shard %v", id, shard.ID)
		}
	}
	for _, id := range shard.Members {
		node, ok := s.Node(id)
		if !ok {
			return broken("member %v of shard %v is not a node", id, shard.ID)
		}
		if node.Shard != shard.ID {
			return broken("member %v of shard %v is in shard %v", id, shard.ID, node.Shard)
		}
	}
	return nil
}

func (s *State) checkOwners() error {
	for first := 0; first < slots.Count; first += runLength(s.owners[first:]) {
		if owner := int(s.owners[first]); owner > len(s.shards) {
			return broken("slot %d belongs to shard number %d of %d", first, owner, len(s.shards))
		}
	}
	return nil
}

// checkIndex verifies what is computed against a second computation.
func (s *State) checkIndex() error {
	fresh := &State{nodes: s.nodes, shards: s.shards, owners: s.owners}
	fresh.index()
	if !slices.Equal(fresh.primaries, s.primaries) || !slices.Equal(fresh.owned, s.owned) || !slices.Equal(fresh.runs, s.runs) {
		return broken("index is stale: primaries %v, owned %v, runs %v, want %v, %v, %v",
			s.primaries, s.owned, s.runs, fresh.primaries, fresh.owned, fresh.runs)
	}
	return nil
}
