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
		mark, _ := s.MarkOf(slot)
		switch owner := int(s.owners[slot]); {
		case owner == target+1:
			moving.Remove(slot)
		case owner != source+1:
			return nil, &Refusal{Reason: SlotNotOwned, Slot: slot}
		case !mark.Migrating || mark.Target != c.Target || mark.Version > c.Version:
			return nil, &Refusal{Reason: SlotNotMigrating, Slot: slot}
		}
	}
	return s.withOwner(moving, uint16(target+1)), nil
}

// expectPair returns the indexes of two different shards that are at the epochs which a command names.
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

func (c MarkImporting) apply(s *State) (*State, *Refusal) {
	target, refusal := s.expectShard(c.Target, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	source, ok := s.shardIndex(c.Source)
	if !ok {
		return nil, &Refusal{Reason: UnknownShard, Shard: c.Source}
	}
	for slot, ok := c.Slots.Next(0); ok; slot, ok = c.Slots.Next(slot + 1) {
		mark, marked := s.MarkOf(slot)
		switch owner := int(s.owners[slot]); {
		case owner == target+1:
			return nil, &Refusal{Reason: SlotOwned, Slot: slot}
		case owner != source+1:
			return nil, &Refusal{Reason: SlotNotOwned, Slot: slot}
		case marked && mark.Migrating && mark.Target != c.Target:
			return nil, &Refusal{Reason: SlotMigrating, Slot: slot}
		}
	}
	return s.withMarks(c.Slots, func(mark Mark) Mark {
		return Mark{Slot: mark.Slot, Source: c.Source, Target: c.Target, Migrating: mark.Migrating, Version: mark.Version}
	}), nil
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
	for slot, ok := c.Slots.Next(0); ok; slot, ok = c.Slots.Next(slot + 1) {
		mark, marked := s.MarkOf(slot)
		switch {
		case int(s.owners[slot]) != source+1:
			return nil, &Refusal{Reason: SlotNotOwned, Slot: slot}
		case source == target:
			return nil, &Refusal{Reason: SlotOwned, Slot: slot}
		case marked && mark.Migrating && mark.Target != c.Target:
			return nil, &Refusal{Reason: SlotMigrating, Slot: slot}
		}
	}
	return s.withMarks(c.Slots, func(mark Mark) Mark {
		return Mark{Slot: mark.Slot, Source: c.Source, Target: c.Target, Migrating: true, Version: mark.Version}
	}), nil
}

func (c ClearMarks) apply(s *State) (*State, *Refusal) {
	if _, refusal := s.expectShard(c.Shard, c.Epoch); refusal != nil {
		return nil, refusal
	}
	concerned := func(m Mark) bool { return c.Slots.Contains(m.Slot) && (m.Source == c.Shard || m.Target == c.Shard) }
	for _, m := range s.marks {
		if concerned(m) && m.Migrating {
			return nil, &Refusal{Reason: SlotMigrating, Slot: m.Slot}
		}
	}
	return s.withoutMarks(concerned), nil
}

func (c CloseImports) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectShard(c.Target, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.expectBoot(s.shards[i].Primary, c.Boot); refusal != nil {
		return nil, refusal
	}
	return s.withoutMarks(func(m Mark) bool { return c.Slots.Contains(m.Slot) && m.Migrating && m.Target == c.Target }), nil
}

// withoutMarks returns a state that lacks some marks.
func (s *State) withoutMarks(goes func(Mark) bool) *State {
	marks := slices.DeleteFunc(slices.Clone(s.marks), goes)
	if len(marks) == len(s.marks) {
		return s
	}
	next := s.copy()
	next.marks = marks
	return next
}

// withMarks returns a state in which each of the slots has the mark that change makes of the one that it has, or of one with
// nothing but the slot. One that differs is of the next version.
func (s *State) withMarks(set slots.Set, change func(Mark) Mark) *State {
	marks := make([]Mark, 0, len(s.marks)+set.Len())
	changed := false
	rest := s.marks
	for slot, ok := set.Next(0); ok; slot, ok = set.Next(slot + 1) {
		for len(rest) > 0 && rest[0].Slot < slot {
			marks, rest = append(marks, rest[0]), rest[1:]
		}
		before := Mark{Slot: slot}
		if len(rest) > 0 && rest[0].Slot == slot {
			before, rest = rest[0], rest[1:]
		}
		after := change(before)
		if after != before {
			changed = true
			after.Version = s.Version + 1
		}
		marks = append(marks, after)
	}
	if !changed {
		return s
	}
	next := s.copy()
	next.marks = append(marks, rest...)
	return next
}

// marksWithout returns the marks of all slots but those that change hands.
func (s *State) marksWithout(set slots.Set) []Mark {
	if !slices.ContainsFunc(s.marks, func(m Mark) bool { return set.Contains(m.Slot) }) {
		return s.marks
	}
	return slices.DeleteFunc(slices.Clone(s.marks), func(m Mark) bool { return set.Contains(m.Slot) })
}
