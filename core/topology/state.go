package topology

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
	"strings"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// State is one version of a cluster's configuration. It is immutable: what its methods return must not be changed.
type State struct {
	// Cluster is the identity of the cluster. Nodes of different clusters do not listen to each other.
	Cluster wire.ClusterID
	// Generation grows when an operator rebuilds the configuration after its quorum was lost for good. Messages of an
	// older generation are refused.
	Generation uint64
	// Version counts the commands that have changed the configuration of this generation.
	Version uint64

	// epoch is the highest epoch that a shard has ever had, so that it outlives the shard.
	// Invariant: never falls; no shard's epoch is above it.
	epoch uint64
	// nodes are the members of the cluster.
	// Invariant: sorted by ID, unique, at most MaxNodes, each in exactly one shard.
	nodes []Node
	// shards are the groups of nodes that hold the same data.
	// Invariant: sorted by ID, unique, at most MaxShards, none without a member.
	shards []Shard
	// owners holds for each slot one more than the index of its shard, or 0 if the slot is unassigned. Versions that
	// agree on it share it.
	owners *[slots.Count]uint16

	// marks are the slots on their way between shards. Invariant: sorted by slot, unique; the source owns the slot.
	marks []Mark
	// voters decide on changes of the configuration. None: the cluster's founder has not said so yet.
	// Invariant: sorted, unique, nodes of the cluster, at most MaxVoters.
	voters []NodeID
	// votersEpoch counts the changes of voters. It never falls.
	votersEpoch uint64
	// settings are the cluster-wide ones. Invariant: sorted by name, unique, at most MaxSettings, no value empty.
	settings []Setting
	// joins are the attempts to join that were decided. Invariant: sorted by token, unique, at most MaxJoins.
	joins []JoinRecord
	// tombstones are the nodes that were forgotten. Invariant: sorted by node, unique, at most MaxTombstones, no members.
	tombstones []Tombstone

	// What follows is computed from the above (index) to make the hot path an array access.

	// primaries holds the index of each shard's primary among the nodes.
	primaries []uint16
	// runs are those of the slot table runsOf, which owners is. Versions that agree on it share them.
	runs   []run
	runsOf *[slots.Count]uint16
	// owned holds how many slots each shard has.
	owned []uint16
	// hash is what Hash has returned, if hashed is set.
	hash   uint64
	hashed bool
}

// Nodes returns the members of the cluster, sorted by ID.
func (s *State) Nodes() []Node { return s.nodes }

// Shards returns the shards, sorted by ID.
func (s *State) Shards() []Shard { return s.shards }

// Epoch returns the highest epoch that a shard has ever had. It never falls.
func (s *State) Epoch() uint64 { return s.epoch }

// Marks returns the slots on their way between shards, sorted by slot.
func (s *State) Marks() []Mark { return s.marks }

// MarkOf returns the mark of a slot; false if the slot is stable.
func (s *State) MarkOf(slot slots.Slot) (Mark, bool) {
	i, ok := slices.BinarySearchFunc(s.marks, slot, func(m Mark, slot slots.Slot) int { return int(m.Slot) - int(slot) })
	if !ok {
		return Mark{}, false
	}
	return s.marks[i], true
}

// Voters returns the nodes that decide on changes of the configuration, sorted.
func (s *State) Voters() []NodeID { return s.voters }

// VotersEpoch counts the changes of the voters.
func (s *State) VotersEpoch() uint64 { return s.votersEpoch }

// Settings returns the cluster-wide settings, sorted by name.
func (s *State) Settings() []Setting { return s.settings }

// Setting returns a cluster-wide setting; false if it has its default.
func (s *State) Setting(name string) (string, bool) {
	i, ok := slices.BinarySearchFunc(s.settings, name, func(set Setting, name string) int { return strings.Compare(set.Name, name) })
	if !ok {
		return "", false
	}
	return s.settings[i].Value, true
}

// JoinOf returns what became of an attempt to join; false if it is not decided, or too long ago.
func (s *State) JoinOf(token JoinToken) (JoinRecord, bool) {
	i, ok := s.joinIndex(token)
	if !ok {
		return JoinRecord{}, false
	}
	return s.joins[i], true
}

func (s *State) joinIndex(token JoinToken) (int, bool) {
	return slices.BinarySearchFunc(s.joins, token, func(j JoinRecord, token JoinToken) int { return bytes.Compare(j.Token[:], token[:]) })
}

// Forgotten reports whether a node was a member and is none any more, as far as is remembered.
func (s *State) Forgotten(id NodeID) bool {
	_, ok := s.tombstoneIndex(id)
	return ok
}

func (s *State) tombstoneIndex(id NodeID) (int, bool) {
	return slices.BinarySearchFunc(s.tombstones, id, func(t Tombstone, id NodeID) int { return t.Node.Compare(id) })
}

// Node returns the node with an ID.
func (s *State) Node(id NodeID) (Node, bool) {
	i, ok := s.nodeIndex(id)
	if !ok {
		return Node{}, false
	}
	return s.nodes[i], true
}

// Shard returns the shard with an ID.
func (s *State) Shard(id ShardID) (Shard, bool) {
	i, ok := s.shardIndex(id)
	if !ok {
		return Shard{}, false
	}
	return s.shards[i], true
}

// ShardOf returns the shard that a node is a member of.
func (s *State) ShardOf(id NodeID) (Shard, bool) {
	node, ok := s.Node(id)
	if !ok {
		return Shard{}, false
	}
	return s.Shard(node.Shard)
}

// Owner returns the shard that owns a slot; false if the slot is unassigned. It panics if there is no such slot.
func (s *State) Owner(slot slots.Slot) (Shard, bool) {
	owner := s.owners[slot]
	if owner == 0 {
		return Shard{}, false
	}
	return s.shards[owner-1], true
}

// PrimaryOf returns the primary of the shard that owns a slot; false if the slot is unassigned. Every keyed command asks
// for it, so it neither searches nor allocates. It panics if there is no such slot.
func (s *State) PrimaryOf(slot slots.Slot) (Node, bool) {
	owner := s.owners[slot]
	if owner == 0 {
		return Node{}, false
	}
	return s.nodes[s.primaries[owner-1]], true
}

// IsPrimaryOf reports whether the node id is what PrimaryOf returns, without the copy.
func (s *State) IsPrimaryOf(slot slots.Slot, id NodeID) bool {
	owner := s.owners[slot]
	return owner != 0 && s.shards[owner-1].Primary == id
}

// SlotsOf returns the slots that a shard owns: none if there is no such shard.
func (s *State) SlotsOf(id ShardID) slots.Set {
	var set slots.Set
	i, ok := s.shardIndex(id)
	if !ok || s.owned[i] == 0 {
		return set
	}
	for _, run := range s.runs {
		if run.shard == i {
			set.AddRange(run.Range)
		}
	}
	return set
}

// AssignedSlots returns how many slots have an owner.
func (s *State) AssignedSlots() int {
	total := 0
	for _, n := range s.owned {
		total += int(n)
	}
	return total
}

// nodeIndex returns the position of a node, or where it would be inserted. Every message between nodes asks for one, and each member of
// each shard when a configuration is read, so it looks at the ids where they are: nodes are large.
func (s *State) nodeIndex(id NodeID) (int, bool) {
	return sort.Find(len(s.nodes), func(i int) int { return compareIDs((*[20]byte)(&id), (*[20]byte)(&s.nodes[i].ID)) })
}

func (s *State) shardIndex(id ShardID) (int, bool) {
	return sort.Find(len(s.shards), func(i int) int { return compareIDs((*[20]byte)(&id), (*[20]byte)(&s.shards[i].ID)) })
}

// compareIDs orders ids as their bytes. Ids are random, so the first of them decide.
func compareIDs(a, b *[20]byte) int {
	x, y := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return bytes.Compare(a[8:], b[8:])
}

// SameOwners reports whether each slot belongs to the same shard in another configuration.
func (s *State) SameOwners(other *State) bool {
	return (s.owners == other.owners || *s.owners == *other.owners) &&
		slices.EqualFunc(s.shards, other.shards, func(a, b Shard) bool { return a.ID == b.ID })
}

// run is a longest row of slots with the same owner.
type run struct {
	slots.Range
	// shard is the index of the owner, or -1 if the slots are unassigned.
	shard int
}

// findRuns returns the whole of a slot table as runs, in ascending order.
func findRuns(owners *[slots.Count]uint16) []run {
	var all []run
	for first := 0; first < slots.Count; {
		length := runLength(owners[first:])
		all = append(all, run{
			Range: slots.Range{First: slots.Slot(first), Last: slots.Slot(first + length - 1)},
			shard: int(owners[first]) - 1,
		})
		first += length
	}
	return all
}

// runLength returns how many slots from the first one on have the same owner. Runs are long, as a rule, so it looks at many slots
// at once: if they are the same as those one place further on, then all of them are the same.
func runLength(owners []uint16) int {
	const many = 64
	length := 1
	for len(owners)-length >= many && *(*[many]uint16)(owners[length-1:]) == *(*[many]uint16)(owners[length:]) {
		length += many
	}
	for length < len(owners) && owners[length] == owners[0] {
		length++
	}
	return length
}

// rangesByShard returns the ranges of each shard, in ascending order, by the index of the shard.
func (s *State) rangesByShard() [][]slots.Range {
	ranges := make([][]slots.Range, len(s.shards))
	for _, run := range s.runs {
		if run.shard >= 0 {
			ranges[run.shard] = append(ranges[run.shard], run.Range)
		}
	}
	return ranges
}

// index computes the derived fields. The state must satisfy checkRecords.
func (s *State) index() {
	s.primaries = make([]uint16, len(s.shards))
	s.owned = make([]uint16, len(s.shards))
	for i, shard := range s.shards {
		primary, _ := s.nodeIndex(shard.Primary)
		s.primaries[i] = uint16(primary)
	}
	if s.runsOf != s.owners {
		s.runs, s.runsOf = findRuns(s.owners), s.owners
	}
	for _, run := range s.runs {
		if run.shard >= 0 {
			s.owned[run.shard] += uint16(run.Len())
		}
	}
}
