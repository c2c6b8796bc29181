package topology

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// Solo returns the configuration of a node that has met no other: its own cluster, with one shard of epoch 0 that owns no
// slot. It panics if the node breaks an invariant of Node.
func Solo(cluster wire.ClusterID, node Node, shard ShardID) *State {
	s, err := Build(cluster, ShardSpec{ID: shard, Nodes: []Node{node}})
	if err != nil {
		panic(fmt.Sprintf("topology: solo cluster of %+v: %v", node, err))
	}
	return s
}

// Build returns a configuration of the given shards, at version 1 of generation 1. The error is the first invariant that
// they break (a *CheckError).
func Build(cluster wire.ClusterID, specs ...ShardSpec) (*State, error) {
	s := &State{Cluster: cluster, Generation: 1, Version: 1, owners: new([slots.Count]uint16)}
	specs = slices.SortedFunc(slices.Values(specs), func(a, b ShardSpec) int { return a.ID.Compare(b.ID) })
	for i, spec := range specs {
		if err := s.addShard(i, spec); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.nodes, func(a, b Node) int { return a.ID.Compare(b.ID) })
	if err := s.checkRecords(); err != nil {
		return nil, err
	}
	s.index()
	return s, nil
}

// addShard appends the i-th shard and its nodes, which the caller sorts.
func (s *State) addShard(i int, spec ShardSpec) error {
	if len(spec.Nodes) == 0 {
		return broken("shard %v has no member", spec.ID)
	}
	s.epoch = max(s.epoch, spec.Epoch)
	shard := Shard{ID: spec.ID, Epoch: spec.Epoch, Primary: spec.Nodes[0].ID}
	for _, node := range spec.Nodes {
		node.Shard = spec.ID
		s.nodes = append(s.nodes, node)
		shard.Members = append(shard.Members, node.ID)
	}
	slices.SortFunc(shard.Members, NodeID.Compare)
	shard.InSync = slices.Clone(shard.Members)
	s.shards = append(s.shards, shard)
	for slot, ok := spec.Slots.Next(0); ok; slot, ok = spec.Slots.Next(slot + 1) {
		if s.owners[slot] != 0 {
			return broken("slot %d is in two shards", slot)
		}
		s.owners[slot] = uint16(i + 1)
	}
	return nil
}

// positionAmong returns where an id is in a sorted list that contains it.
func positionAmong(ids []NodeID, id NodeID) int {
	i, ok := slices.BinarySearchFunc(ids, id, NodeID.Compare)
	if !ok {
		panic(fmt.Sprintf("topology: %v is not among %v", id, ids))
	}
	return i
}

// contains reports whether an id is in a sorted list.
func contains(ids []NodeID, id NodeID) bool {
	_, ok := slices.BinarySearchFunc(ids, id, NodeID.Compare)
	return ok
}

// sortedUnique reports whether each element is above the one before it.
func sortedUnique[T any](all []T, compare func(a, b T) int) bool {
	for i := 1; i < len(all); i++ {
		if compare(all[i-1], all[i]) >= 0 {
			return false
		}
	}
	return true
}
