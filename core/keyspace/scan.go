package keyspace

import (
	"iter"

	"github.com/ember-cluster/ember/core/slots"
)

// A scan cursor is a position in the order of all keys: the slot, then the leading bits of the hash.
//
//	63       50 49                                 0
//	┌──────────┬────────────────────────────────────┐
//	│ slot     │ leading 50 bits of the hash        │    0 is the start, and also the end
//	└──────────┴────────────────────────────────────┘
//
// Keys that agree in both are never split between two calls: a cursor could not tell them apart.
const (
	slotBits     = 14
	positionBits = 64 - slotBits
)

const _ = -uint(slots.Count - 1<<slotBits) // fails to compile unless a cursor has a bit for each bit of a slot

// Scan visits the keys from a cursor on, expired ones included, and returns the cursor at which to go on, 0 at the end.
// It visits about limit keys, at least one if there is any, and more only to finish keys of the same position. Any
// number is a valid cursor.
//
// A key that is there from the scan's start to its end is visited exactly once; one that comes or goes meanwhile, at
// most once if it does so once. The visit must not change the Space.
func (s *Space) Scan(cursor uint64, limit int, visit func(key []byte, value Value)) (next uint64) {
	limit = max(limit, 1)
	from := cursor << slotBits
	for slot := slots.Slot(cursor >> positionBits); ; {
		first := slot
		occupied, ok := s.occupied.Next(slot)
		if !ok {
			return 0
		}
		if slot = occupied; slot != first {
			from = 0
		}
		if limit == 0 {
			return makeCursor(slot, from)
		}
		var stopped bool
		if limit, from, stopped = s.store.scan(s.tables[slot], from, limit, visit); stopped {
			return makeCursor(slot, from)
		}
		if slot++; !slot.Valid() {
			return 0
		}
		from = 0
	}
}

func makeCursor(slot slots.Slot, hash uint64) uint64 {
	return uint64(slot)<<positionBits | hash>>slotBits
}

// scan visits the keys whose hash is at least from, up to limit of them. It reports the hash at which it stopped, or
// how much of the limit is left at the end of the table.
func (s *store) scan(t *table, from uint64, limit int, visit func([]byte, Value)) (left int, next uint64, stopped bool) {
	var position uint64
	s.walk(t, from, func(e hashed) bool {
		if limit == 0 && e.hash>>slotBits != position {
			next, stopped = e.hash, true
			return false
		}
		position = e.hash >> slotBits
		visit(s.key(e.ref), s.value(e.ref))
		limit = max(limit-1, 0)
		return true
	})
	return limit, next, stopped
}

// Keys returns up to limit keys of a slot in order, expired ones included. The caller must not change the Space
// before it has finished.
func (s *Space) Keys(slot slots.Slot, limit int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		t := s.tables[slot]
		if t == nil || limit <= 0 {
			return
		}
		s.store.walk(t, 0, func(e hashed) bool {
			limit--
			return yield(s.store.key(e.ref)) && limit > 0
		})
	}
}
