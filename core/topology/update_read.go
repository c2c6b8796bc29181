package topology

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// ErrWrongBase tells that a delta is from another configuration than the one that it was applied to: the whole is needed.
var ErrWrongBase = fmt.Errorf("topology: the delta is for another configuration: %w", &wire.Error{Kind: wire.Malformed})

// ReadUpdate returns the configuration that an update leads to. The base is what the receiver has, nil if nothing. The error is
// ErrWrongBase or that of Decode; what comes out has the hash that the sender promised.
func ReadUpdate(base *State, data []byte) (*State, error) {
	d := decoder{wire.NewReader(data)}
	switch d.Uint8() {
	case updateWhole:
		return Decode(data[1:])
	case updateDelta:
		return d.delta(base)
	}
	d.Fail(wire.BadVersion)
	return nil, d.Err()
}

func (d *decoder) delta(base *State) (*State, error) {
	baseVersion, baseHash, hash := d.Uint64(), d.Uint64(), d.Uint64()
	if d.Err() == nil && (base == nil || base.Version != baseVersion || base.Hash() != baseHash) {
		return nil, ErrWrongBase
	}
	s := &State{owners: new([slots.Count]uint16)}
	s.Generation, s.Version, s.epoch = d.Uint64(), d.Uint64(), d.Uint64()
	if d.Err() != nil {
		return nil, d.Err()
	}
	s.Cluster = base.Cluster
	d.nodeDelta(s, base)
	d.shardDelta(s, base)
	d.ownerDelta(s, base)
	for number := sectionMarks; number < sectionEnd && d.Err() == nil; number++ {
		if d.Bool() {
			d.body(s, number)
		} else {
			s.keep(base, number)
		}
	}
	if err := d.Finish(); err != nil {
		return nil, err
	}
	if err := s.checkRecords(); err != nil {
		return nil, fmt.Errorf("%w: %w", &wire.Error{Kind: wire.Malformed}, err)
	}
	s.index()
	if s.Hash() != hash {
		return nil, fmt.Errorf("topology: the delta leads to another configuration than it should: %w", &wire.Error{Kind: wire.Malformed})
	}
	return s, nil
}

// keep takes over a part that is as it was.
func (s *State) keep(base *State, number section) {
	switch number {
	case sectionMarks:
		s.marks = base.marks
	case sectionVoters:
		s.voters, s.votersEpoch = base.voters, base.votersEpoch
	case sectionSettings:
		s.settings = base.settings
	case sectionJoins:
		s.joins = base.joins
	case sectionTombstones:
		s.tombstones = base.tombstones
	}
}

func (d *decoder) nodeDelta(s, base *State) {
	s.nodes = base.nodes
	gone := d.Count(MaxNodes, len(NodeID{}))
	if gone > 0 {
		s.nodes = slices.Clone(s.nodes)
	}
	for range gone {
		if i, ok := s.nodeIndex(d.NodeID()); ok && d.Err() == nil {
			s.nodes = slices.Delete(s.nodes, i, i+1)
		}
	}
	changed := d.Count(MaxNodes, minNodeBytes)
	if changed > 0 && gone == 0 {
		s.nodes = slices.Clone(s.nodes)
	}
	for range changed {
		node := d.node()
		node.Shard = d.shardID()
		if d.Err() != nil {
			return
		}
		if i, ok := s.nodeIndex(node.ID); ok {
			s.nodes[i] = node
		} else {
			s.nodes = slices.Insert(s.nodes, i, node)
		}
	}
}

// shardDelta reads the shards, whose members follow from the nodes.
func (d *decoder) shardDelta(s, base *State) {
	s.shards = slices.Clone(base.shards)
	for range d.Count(MaxShards, len(ShardID{})) {
		if i, ok := s.shardIndex(d.shardID()); ok && d.Err() == nil {
			s.shards = slices.Delete(s.shards, i, i+1)
		}
	}
	for range d.Count(MaxShards, minShardBytes) {
		shard := Shard{ID: d.shardID(), Epoch: d.Uvarint(), Primary: d.NodeID()}
		for range d.Count(MaxNodes, len(NodeID{})) {
			shard.InSync = append(shard.InSync, d.NodeID())
		}
		if d.Err() != nil {
			return
		}
		if i, ok := s.shardIndex(shard.ID); ok {
			s.shards[i] = shard
		} else {
			s.shards = slices.Insert(s.shards, i, shard)
		}
	}
	for i := range s.shards {
		s.shards[i].Members = nil
	}
	for i := range s.nodes {
		at, ok := s.shardIndex(s.nodes[i].Shard)
		if !ok {
			d.Fail(wire.Malformed)
			return
		}
		s.shards[at].Members = append(s.shards[at].Members, s.nodes[i].ID)
	}
}

// ownerDelta reads who owns the slots. It must come behind the shards. Where nothing has changed the result shares the base's table.
func (d *decoder) ownerDelta(s, base *State) {
	moved := make([]uint16, len(base.shards)+1)
	same := true
	for i := range base.shards {
		at, ok := s.shardIndex(base.shards[i].ID)
		if ok {
			moved[i+1] = uint16(at + 1)
		}
		same = same && ok && at == i
	}
	for slot := 0; slot < slots.Count; {
		length := d.below(slots.Count - slot + 1)
		code := d.below(len(s.shards) + 2)
		if length == 0 {
			d.Fail(wire.Malformed)
			return
		}
		if same && length == slots.Count && code == 0 {
			s.owners, s.runs, s.runsOf = base.owners, base.runs, base.runsOf
			return
		}
		fresh, old := s.owners[slot:slot+length], base.owners[slot:slot+length]
		for i := range fresh {
			switch code {
			case 0:
				fresh[i] = moved[old[i]]
			case 1:
			default:
				fresh[i] = uint16(code - 1)
			}
		}
		slot += length
	}
}
