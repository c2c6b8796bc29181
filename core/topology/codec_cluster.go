package topology

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

func (s *State) appendMarks(dst []byte) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(s.marks)))
	next := 0
	for _, m := range s.marks {
		dst = wire.AppendUvarint(dst, uint64(int(m.Slot)-next))
		dst = wire.AppendUvarint(dst, uint64(s.shardPosition(m.Source)))
		dst = wire.AppendUvarint(dst, uint64(s.shardPosition(m.Target)))
		dst = wire.AppendUvarint(dst, m.Version)
		next = int(m.Slot) + 1
	}
	return dst
}

func (s *State) shardPosition(id ShardID) int {
	i, ok := s.shardIndex(id)
	if !ok {
		panic(fmt.Sprintf("topology: %v is no shard of the state", id))
	}
	return i
}

func (d *decoder) marks(s *State) {
	next := 0
	for range d.Count(slots.Count, minMarkBytes) {
		slot := next + d.below(slots.Count-next)
		source, target := d.below(len(s.shards)), d.below(len(s.shards))
		version := d.Uvarint()
		if d.Err() != nil {
			return
		}
		s.marks = append(s.marks, Mark{
			Slot: slots.Slot(slot), Source: s.shards[source].ID, Target: s.shards[target].ID, Version: version,
		})
		next = slot + 1
	}
}

func appendSettings(dst []byte, settings []Setting) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(settings)))
	for _, set := range settings {
		dst = appendSetting(dst, set)
	}
	return dst
}

func appendSetting(dst []byte, set Setting) []byte {
	dst = wire.AppendPrefixed(dst, []byte(set.Name))
	return wire.AppendPrefixed(dst, []byte(set.Value))
}

func (d *decoder) setting() Setting {
	return Setting{Name: string(d.Prefixed(MaxSettingName)), Value: string(d.Prefixed(MaxSettingValue))}
}

func (d *decoder) settings() []Setting {
	var all []Setting
	for range d.Count(MaxSettings, minSettingBytes) {
		all = append(all, d.setting())
	}
	return all
}

func appendJoins(dst []byte, joins []JoinRecord) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(joins)))
	for i := range joins {
		j := &joins[i]
		dst = append(dst, j.Token[:]...)
		dst = append(dst, j.Node[:]...)
		dst = wire.AppendBool(dst, j.Aborted)
		dst = wire.AppendUvarint(dst, j.Version)
	}
	return dst
}

func (d *decoder) joins() []JoinRecord {
	var all []JoinRecord
	for range d.Count(MaxJoins, minJoinBytes) {
		all = append(all, JoinRecord{Token: d.joinToken(), Node: d.NodeID(), Aborted: d.Bool(), Version: d.Uvarint()})
	}
	return all
}

func (d *decoder) joinToken() (token JoinToken) {
	copy(token[:], d.Bytes(len(token)))
	return token
}

func appendTombstones(dst []byte, tombstones []Tombstone) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(tombstones)))
	for i := range tombstones {
		dst = append(dst, tombstones[i].Node[:]...)
		dst = wire.AppendUvarint(dst, tombstones[i].Version)
	}
	return dst
}

func (d *decoder) tombstones() []Tombstone {
	var all []Tombstone
	for range d.Count(MaxTombstones, minTombstoneBytes) {
		all = append(all, Tombstone{Node: d.NodeID(), Version: d.Uvarint()})
	}
	return all
}
