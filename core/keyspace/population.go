package keyspace

import (
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
)

// population counts the keys of groups of slots, so that a key can be drawn, each with the same chance, without a walk over
// all slots:
//
//	all keys ──► 32 regions of 32 groups ──► 1024 groups of 16 slots ──► the slots' tables
type population struct {
	keys    int
	regions [regionCount]int
	groups  [groupCount]int
}

const (
	slotsPerGroup   = 16
	groupsPerRegion = 32
	groupCount      = slots.Count / slotsPerGroup
	regionCount     = groupCount / groupsPerRegion
)

// add follows a change of a slot's number of keys.
func (p *population) add(slot slots.Slot, keys int) {
	group := int(slot) / slotsPerGroup
	p.keys += keys
	p.groups[group] += keys
	p.regions[group/groupsPerRegion] += keys
}

// skip returns the first index from which on a number falls into the counts, and what is left of the number there.
func skip(counts []int, number int) (index, left int) {
	for number >= counts[index] {
		number -= counts[index]
		index++
	}
	return index, number
}

// slotOf returns the slot of the key with a number, counting the keys slot by slot.
func (s *Space) slotOf(number int) slots.Slot {
	p := &s.population
	region, number := skip(p.regions[:], number)
	first := region * groupsPerRegion
	group, number := skip(p.groups[first:first+groupsPerRegion], number)
	slot := slots.Slot((first + group) * slotsPerGroup)
	for number >= s.Count(slot) {
		number -= s.Count(slot)
		slot++
	}
	return slot
}

// drawSlot returns the slot of a key, each key with the same chance. There must be one.
func (s *Space) drawSlot(source *random.Stream) slots.Slot { return s.slotOf(source.IntN(s.Len())) }

// RandomKey draws a key, each with the same chance. An expired one counts too. There must be one.
func (s *Space) RandomKey(source *random.Stream) (slots.Slot, []byte) {
	slot := s.drawSlot(source)
	t := s.tables[slot]
	next, current := t.extents()
	for {
		// A table is never so empty that this takes long.
		b := t.bucketAt(source.IntN(next + current))
		if ref := b.references[source.IntN(lanesPerBucket)]; ref != noReference {
			return slot, s.store.key(ref)
		}
	}
}

// extents returns how many buckets of next and of current may hold a key.
func (t *table) extents() (next, current int) {
	if t.next != nil {
		next = t.next.size()
	}
	return next, t.current.size() - t.moved
}

// bucketAt returns a bucket by its number in the extents.
func (t *table) bucketAt(i int) *bucket {
	next, _ := t.extents()
	if i < next {
		return t.next.at(i)
	}
	return t.current.at(t.moved + i - next)
}
