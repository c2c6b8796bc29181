package topology

import (
	"slices"

	"github.com/ember-cluster/ember/core/slots"
)

func (c TransferSlots) apply(s *State) (*State, *Refusal) {
	source, target, refusal := s.expectPair(c.Source, c.SourceEpoch, c.Target, c.TargetEpoch)
	if refusal != nil {
		return nil, refusal
	}
	moving := c.Slots
	for slot, ok := c.Slots.Next(0); ok; slot, ok = c.Slots.Next(slot + 1) {
		mark, marked := s.MarkOf(slot)
		switch owner := int(s.owners[slot]); {
		case owner == target+1:
			moving.Remove(slot)
		case owner != source+1:
			return nil, &Refusal{Reason: SlotNotOwned, Slot: slot}
		case !marked || mark.Target != c.Target || mark.Version > c.Version:
			return nil, &Refusal{Reason: SlotNotMigrating, Slot: slot}
		}
	}
	return s.withOwner(moving, uint16(target+1)), nil
}

// expectPair returns the indexes of two shards that are at the epochs which a command names.
func (s *State) expectPair(source ShardID, sourceEpoch uint64, target ShardID, targetEpoch uint64) (int, int, *Refusal) {
	from, refusal := s.expectShard(source, sourceEpoch)
	if refusal != nil {
		return 0, 0, refusal
	}
	to, refusal := s.expectShard(target, targetEpoch)
	if refusal != nil {
		return 0, 0, refusal
	}
	return from, to, nil
}

func (c MarkMigrating) apply(s *State) (*State, *Refusal) {
	source, refusal := s.expectShard(c.Source, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	target, ok := s.shardIndex(c.Target)
	if !ok {
		return nil, &Refusal{Reason: UnknownShard, Shard: c.Target}
	}
	marks, changed := slices.Clone(s.marks), false
	for slot, ok := c.Slots.Next(0); ok; slot, ok = c.Slots.Next(slot + 1) {
		mark, marked := s.MarkOf(slot)
		switch {
		case int(s.owners[slot]) != source+1:
			return nil, &Refusal{Reason: SlotNotOwned, Slot: slot}
		case source == target:
			return nil, &Refusal{Reason: SlotOwned, Slot: slot}
		case marked && mark.Target != c.Target:
			return nil, &Refusal{Reason: SlotMigrating, Slot: slot}
		case !marked:
			marks = append(marks, Mark{Slot: slot, Source: c.Source, Target: c.Target, Version: s.Version + 1})
			changed = true
		}
	}
	if !changed {
		return s, nil
	}
	slices.SortFunc(marks, func(a, b Mark) int { return int(a.Slot) - int(b.Slot) })
	next := s.copy()
	next.marks = marks
	return next, nil
}

func (c CloseImports) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectShard(c.Target, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.expectBoot(s.shards[i].Primary, c.Boot); refusal != nil {
		return nil, refusal
	}
	marks := slices.DeleteFunc(slices.Clone(s.marks), func(m Mark) bool {
		return c.Slots.Contains(m.Slot) && m.Target == c.Target && m.Version <= c.Version
	})
	if len(marks) == len(s.marks) {
		return s, nil
	}
	next := s.copy()
	next.marks = marks
	return next, nil
}

// marksWithout returns the marks of all slots but those that change hands.
func (s *State) marksWithout(set slots.Set) []Mark {
	if !slices.ContainsFunc(s.marks, func(m Mark) bool { return set.Contains(m.Slot) }) {
		return s.marks
	}
	return slices.DeleteFunc(slices.Clone(s.marks), func(m Mark) bool { return set.Contains(m.Slot) })
}
