package keyspace

import (
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
)

// A slot is emptied at once, whatever its size: its table is put aside, and its entries, which nobody can see any more,
// are freed a few at a time. Until that is over nothing else tidies up: compaction and expiry would meet them.

const (
	// droppedPerEffect is how many entries an effect frees beside its own work. It adds one at most, so it gains ground.
	droppedPerEffect = 24
	// droppedPerWork is how many a call of Work frees: about a hundred microseconds.
	droppedPerWork = 256
)

// DropSlot forgets all keys of a slot. It is for a slot that has gone to another owner: there the keys live on, so no
// effect tells of it.
func (s *Space) DropSlot(slot slots.Slot) {
	s.flushSlot(slot)
	s.window.foundKey = 0
}

// dropped is an array of a table that was put aside.
type dropped struct {
	array
	// from is the first bucket that may hold an entry. Those before it are gone.
	from int
}

func (s *Space) flushSlot(slot slots.Slot) {
	t := s.tables[slot]
	switch {
	case t == nil:
		return
	case t.count == s.Len():
		s.reset()
		return
	}
	s.window.moved = true
	s.bytes -= t.bytes
	s.population.add(slot, -t.count)
	s.droppedExpiring += t.expiring
	s.detach(slot)
	if t.next != nil {
		s.dropped = append(s.dropped, dropped{array: *t.next})
		s.tableBytes += t.next.memory()
	}
	s.dropped = append(s.dropped, dropped{array: t.current, from: t.moved})
	s.tableBytes += t.current.memory()
}

// detach takes away a slot's table.
func (s *Space) detach(slot slots.Slot) {
	s.store.marks.Hit(marks.SlotEmptied)
	s.tableBytes -= s.tables[slot].memory()
	s.tables[slot] = nil
	s.directory.note(slot, nil)
	s.occupied.Remove(slot)
}

// Working reports whether there is something to do for Work.
func (s *Space) Working() bool { return len(s.dropped) > 0 }

// Work does a bounded part of what is left of large changes. Its results are seen in Memory and in Due only.
func (s *Space) Work() { s.freeDropped(droppedPerWork) }

// upkeep does the share of an effect in what is done bit by bit.
func (s *Space) upkeep() {
	if s.Working() {
		s.freeDropped(droppedPerEffect)
		return
	}
	s.compact()
}

// freeDropped frees up to limit entries, and a few more to finish a bucket. A bucket without one counts like an entry.
func (s *Space) freeDropped(limit int) {
	for limit > 0 && s.Working() {
		d := &s.dropped[0]
		before := d.memory()
		if d.from < d.size() {
			limit -= max(1, s.freeBucket(d.at(d.from)))
			d.from++
			d.drop(d.from)
			s.tableBytes += d.memory() - before
			continue
		}
		s.tableBytes -= before
		*d = dropped{}
		if s.dropped = s.dropped[1:]; !s.Working() {
			s.dropped = nil
		}
	}
}

// freeBucket frees the entries of a bucket and returns how many there were.
func (s *Space) freeBucket(b *bucket) int {
	s.store.prefetchEntries(b)
	freed := 0
	for used := b.used(); used != 0; used = used.rest() {
		ref := b.references[used.first()]
		if s.store.arena.at(ref).header().ends() {
			s.droppedExpiring--
		}
		s.forget(ref)
		freed++
	}
	return freed
}
