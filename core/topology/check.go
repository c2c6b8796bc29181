package topology

import (
	"fmt"
	"slices"
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
	return s.checkOwners()
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
	for slot, owner := range s.owners {
		if int(owner) > len(s.shards) {
			return broken("slot %d belongs to shard number %d of %d", slot, owner, len(s.shards))
		}
	}
	return nil
}

// checkIndex verifies what is computed against a second computation.
func (s *State) checkIndex() error {
	fresh := &State{nodes: s.nodes, shards: s.shards, owners: s.owners}
	fresh.index()
	if !slices.Equal(fresh.primaries, s.primaries) || !slices.Equal(fresh.owned, s.owned) {
		return broken("index is stale: primaries %v, owned %v, want %v, %v",
			s.primaries, s.owned, fresh.primaries, fresh.owned)
	}
	return nil
}
