package keyspace

import (
	"bytes"
	"iter"
	"math"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
)

// Space is the data of one node. It is not safe for concurrent use.
type Space struct {
	// tables are the slots that hold a key, nil for the others. Invariant: no table is empty.
	tables [slots.Count]*table
	// directory is nil until there are directoryKeys keys: manyKeys, but in tests.
	directory     *directory
	directoryKeys int
	// occupied is the set of slots that have a table.
	occupied slots.Set
	store    store
	expiry   expiryIndex
	window   window
	access   access
	eviction Eviction
	// candidates are the keys that eviction has seen and not chosen yet.
	candidates candidates
	population population
	// dropped are the tables of slots that were emptied as a whole. Their entries are freed bit by bit.
	dropped []dropped
	// droppedExpiring is how many of these entries are in the expiry index.
	droppedExpiring int
	// bytes is the sum of the footprints of all entries in tables, tableBytes the memory of the tables, the dropped ones
	// included.
	bytes, tableBytes int64
	// nextChecked is where Check goes on to look for tables that should not be there.
	nextChecked slots.Slot
}

// New returns an empty Space. The seed decides the order of the keys within a slot; it should be secret where
// clients are not trusted, and need not be the same on every node.
func New(hashSeed uint64) *Space {
	source := random.New(hashSeed)
	s := &Space{store: newStore(hashKey{first: source.Uint64(), second: source.Uint64()}), directoryKeys: manyKeys}
	s.expiry.store = &s.store
	s.access.random = random.Derive(hashSeed, "access")
	return s
}

// SetMarks says where rare paths are counted; nil: nowhere.
func (s *Space) SetMarks(set *marks.Set) { s.store.marks = set }

// OnAllocation has a function told of each large piece of memory that entries will lie in, before it is used. It may look at
// where the memory is, but not into it.
func (s *Space) OnAllocation(allocated func(chunk []byte)) { s.store.arena.allocated = allocated }

// Lookup returns the value of a key of a slot. A key whose time has passed at the wall time (Unix milliseconds) is
// reported absent. The caller that owns the slot then deletes it by an effect; Expired or Peek tells.
func (s *Space) Lookup(slot slots.Slot, key []byte, wall int64) (Value, bool) {
	value, ok := s.Peek(slot, key)
	if !ok || value.Expired(wall) {
		return Value{}, false
	}
	return value, true
}

// Expired reports whether a key is there but past its time.
func (s *Space) Expired(slot slots.Slot, key []byte, wall int64) bool {
	value, ok := s.Peek(slot, key)
	return ok && value.Expired(wall)
}

// Peek returns the value of a key, also of one whose time has passed.
func (s *Space) Peek(slot slots.Slot, key []byte) (Value, bool) {
	_, p, found := s.find(slot, key)
	if !found {
		return Value{}, false
	}
	return s.store.value(*p.reference()), true
}

// Len returns the number of keys, expired ones included.
func (s *Space) Len() int { return s.population.keys }

// Expiring returns the number of keys that have an expiry time.
func (s *Space) Expiring() int { return s.expiry.size() - s.droppedExpiring }

// Count returns the number of keys of a slot, expired ones included.
func (s *Space) Count(slot slots.Slot) int {
	if t := s.tables[slot]; t != nil {
		return t.count
	}
	return 0
}

// Occupied returns the slots that hold a key.
func (s *Space) Occupied() slots.Set { return s.occupied }

// Bytes returns the memory that the keys and values take: their blocks, what lies outside of those, and their places in
// the expiry index. It depends on the content only, not on history; Memory tells of tables and unused room too.
func (s *Space) Bytes() int64 { return s.bytes }

// NextExpiry returns a wall time (Unix milliseconds) before which Due has no key, if it may ever have one. It is the first at which
// it has one, unless there is Work or that key has been given a later time: then Due finds that out.
func (s *Space) NextExpiry() (wall int64, ok bool) {
	item, ok := s.expiry.earliest()
	// A key lives through the millisecond of its expiry time, and the last one does not end.
	if !ok || item.at == math.MaxInt64 {
		return 0, false
	}
	return item.at + 1, true
}

// Due returns Delete effects, one at a time, for the keys whose time has passed, in the order of (time, key). The caller
// applies each before it asks for the next; one that it does not apply ends the walk. The effect's key is valid until the
// next one is asked for, unlike what a Space lends otherwise. While there is Work, none is due.
//
// At most limit keys are looked at, among them those which have been given a later time since they were last: if NextExpiry
// is not after the wall time then, there may be more.
func (s *Space) Due(wall int64, limit int) iter.Seq[Effect] {
	return func(yield func(Effect) bool) {
		var last []byte
		first := true
		for range limit {
			if s.Working() {
				return
			}
			item, ok := s.expiry.earliest()
			if !ok || item.at >= wall {
				return
			}
			if s.expiry.putRight() {
				continue
			}
			key := s.store.key(item.ref)
			if !first && bytes.Equal(key, last) {
				return
			}
			first = false
			last = append(last[:0], key...)
			if !yield(Effect{Kind: Delete, Slot: item.slot, Key: last}) {
				return
			}
		}
	}
}
