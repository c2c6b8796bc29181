package topology

import (
	"slices"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// An update brings the configuration of one node to another. It is the whole state, or a delta from a state that the
// receiver has:
//
//	whole  1, the state's binary form (the rest)
//	delta  2, version and hash of the base (8 each), hash of the result (8), generation, version, epoch (8 each),
//	       nodes that go (count; 20 each), nodes that come or change (as in the nodes section, and the shard of each (20)),
//	       shards that go (count; 20 each), shards that come or change (count; id (20), epoch, primary (20), in-sync (count; 20 each)),
//	       slots whose owner differs, as runs that together cover all slots: length, owner
//	       (0 as before, 1 unassigned, else two more than the position of the shard in the result),
//	       marks, voters, settings, joins, tombstones: 0 if they are as before, else 1 and the section
//
// Numbers are uvarints unless a width is given. Members of shards follow from the shards of the nodes.
const (
	updateWhole byte = iota + 1
	updateDelta
)

// MaxUpdateBytes bounds an update. A delta names a shard for each node and ids in full, so it can be larger than the state
// that it leads to; then the state is sent whole.
const MaxUpdateBytes = 1 + MaxStateBytes

// Stamp names one configuration: what every message between nodes carries of it.
type Stamp = wire.Stamp

// Stamp returns the state's stamp. It costs as much as Hash.
func (s *State) Stamp() Stamp {
	return Stamp{Generation: s.Generation, Version: s.Version, Hash: s.Hash()}
}

// Archive keeps the latest configurations, so that who lacks a few versions gets only what has changed. It is not part of the
// replicated state. The zero value keeps nothing.
type Archive struct {
	// kept are in the order in which they came. Invariant: at most limit.
	kept  []archived
	limit int
}

type archived struct {
	stamp Stamp
	state *State
}

// NewArchive returns an archive of at most limit configurations.
func NewArchive(limit int) *Archive { return &Archive{limit: limit} }

// Add keeps a configuration, and drops the oldest one if there are too many.
func (a *Archive) Add(s *State) {
	a.kept = append(a.kept, archived{s.Stamp(), s})
	if len(a.kept) > a.limit {
		a.kept = slices.Delete(a.kept, 0, len(a.kept)-a.limit)
	}
}

// AppendUpdate appends what brings a node that has one configuration to another: a delta if the archive has what the node
// has and the delta is smaller, else the whole. The zero Stamp stands for a node that has none.
func (a *Archive) AppendUpdate(dst []byte, has Stamp, s *State) []byte {
	start := len(dst)
	i := slices.IndexFunc(a.kept, func(k archived) bool { return k.stamp == has })
	if i >= 0 && a.kept[i].state.Cluster == s.Cluster {
		dst = s.appendDelta(dst, a.kept[i].state)
	}
	whole := s.Append([]byte{updateWhole})
	if length := len(dst) - start; length > 0 && length < len(whole) {
		return dst
	}
	return append(dst[:start], whole...)
}

func (s *State) appendDelta(dst []byte, base *State) []byte {
	dst = append(dst, updateDelta)
	for _, n := range [...]uint64{base.Version, base.Hash(), s.Hash(), s.Generation, s.Version, s.epoch} {
		dst = wire.AppendUint64(dst, n)
	}
	dst = s.appendNodeDelta(dst, base)
	dst = s.appendShardDelta(dst, base)
	dst = s.appendOwnerDelta(dst, base)
	for number := sectionMarks; number < sectionEnd; number++ {
		section := s.appendSection(nil, number)
		same := slices.Equal(section, base.appendSection(nil, number)) && number != sectionMarks && number != sectionVoters
		dst = wire.AppendBool(dst, !same)
		if !same {
			dst = append(dst, section...)
		}
	}
	return dst
}

func (s *State) appendNodeDelta(dst []byte, base *State) []byte {
	var gone []NodeID
	for i := range base.nodes {
		if _, ok := s.nodeIndex(base.nodes[i].ID); !ok {
			gone = append(gone, base.nodes[i].ID)
		}
	}
	dst = wire.AppendUvarint(dst, uint64(len(gone)))
	for _, id := range gone {
		dst = append(dst, id[:]...)
	}
	var changed []Node
	for i := range s.nodes {
		if before, ok := base.Node(s.nodes[i].ID); !ok || before != s.nodes[i] {
			changed = append(changed, s.nodes[i])
		}
	}
	dst = wire.AppendUvarint(dst, uint64(len(changed)))
	for i := range changed {
		dst = appendNode(dst, &changed[i])
		dst = append(dst, changed[i].Shard[:]...)
	}
	return dst
}

func (s *State) appendShardDelta(dst []byte, base *State) []byte {
	var gone []ShardID
	for i := range base.shards {
		if _, ok := s.shardIndex(base.shards[i].ID); !ok {
			gone = append(gone, base.shards[i].ID)
		}
	}
	dst = wire.AppendUvarint(dst, uint64(len(gone)))
	for _, id := range gone {
		dst = append(dst, id[:]...)
	}
	var changed []Shard
	for i := range s.shards {
		shard := &s.shards[i]
		before, ok := base.Shard(shard.ID)
		if !ok || before.Epoch != shard.Epoch || before.Primary != shard.Primary || !slices.Equal(before.InSync, shard.InSync) {
			changed = append(changed, *shard)
		}
	}
	dst = wire.AppendUvarint(dst, uint64(len(changed)))
	for i := range changed {
		shard := &changed[i]
		dst = wire.AppendUvarint(append(dst, shard.ID[:]...), shard.Epoch)
		dst = append(dst, shard.Primary[:]...)
		dst = wire.AppendUvarint(dst, uint64(len(shard.InSync)))
		for _, id := range shard.InSync {
			dst = append(dst, id[:]...)
		}
	}
	return dst
}

// appendOwnerDelta appends what has become of the slots, as runs of a code: 0 for those that have the same owner as before, 1 for
// those that have none any more, else two more than the index of the new owner.
func (s *State) appendOwnerDelta(dst []byte, base *State) []byte {
	length, code := 0, uint64(0)
	next, before := s.runs, base.runs
	for first := slots.Slot(0); first < slots.Count; {
		last := min(next[0].Last, before[0].Last)
		if c := ownerCode(s, next[0], base, before[0]); c == code {
			length += int(last-first) + 1
		} else {
			dst = appendOwnerRun(dst, length, code)
			length, code = int(last-first)+1, c
		}
		if next[0].Last == last {
			next = next[1:]
		}
		if before[0].Last == last {
			before = before[1:]
		}
		first = last + 1
	}
	return appendOwnerRun(dst, length, code)
}

// ownerCode returns what a delta says of slots.
func ownerCode(s *State, now run, base *State, before run) uint64 {
	switch {
	case now.shard < 0 && before.shard < 0, now.shard >= 0 && before.shard >= 0 && s.shards[now.shard].ID == base.shards[before.shard].ID:
		return 0
	case now.shard < 0:
		return 1
	}
	return uint64(now.shard) + 2
}

func appendOwnerRun(dst []byte, length int, code uint64) []byte {
	if length == 0 {
		return dst
	}
	return wire.AppendUvarint(wire.AppendUvarint(dst, uint64(length)), code)
}
