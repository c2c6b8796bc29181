package linearizability

import (
	"math/bits"
	"slices"
	"time"
)

// entry is the value of one key. It is immutable.
type entry struct {
	value string
	// hash is that of the value.
	hash uint64
	// expires says whether the key has a deadline, an instant on the history's clock from low to high. What a server's
	// clock shows at that instant is its own affair: its error is part of the interval.
	expires   bool
	low, high time.Duration
}

// memory is that of worlds and entries to come: many lie in one piece, as they are many, and small, and soon forgotten. Without it, nil,
// each has memory of its own.
type memory struct {
	places  []*entry
	entries []entry
}

// How many places of keys and entries memory is taken for at once.
const (
	placesAtOnce  = 512
	entriesAtOnce = 64
)

// copy returns another world that holds the same.
func (m *memory) copy(w world) world {
	if m == nil || len(w) > placesAtOnce {
		return slices.Clone(w)
	}
	if cap(m.places)-len(m.places) < len(w) {
		m.places = make([]*entry, 0, placesAtOnce)
	}
	start := len(m.places)
	m.places = append(m.places, w...)
	return m.places[start:len(m.places):len(m.places)]
}

// keep returns an entry that is like the given one.
func (m *memory) keep(e entry) *entry {
	if m == nil {
		kept := e // not &e, which would take memory in any case
		return &kept
	}
	if len(m.entries) == 0 {
		m.entries = make([]entry, entriesAtOnce)
	}
	kept := &m.entries[0]
	m.entries = m.entries[1:]
	*kept = e
	return kept
}

// entry returns an entry without a deadline.
func (m *memory) entry(value string) *entry {
	return m.keep(entry{value: value, hash: hashOf(value)})
}

func hashOf(value string) uint64 { return hashOn(0xcbf29ce484222325, value) } // FNV-1a

// hashOn returns the hash of a value that has more at its end than one of the given hash.
func hashOn(hash uint64, value string) uint64 {
	for i := 0; i < len(value); i++ {
		hash = (hash ^ uint64(value[i])) * 0x100000001b3
	}
	return hash
}

// until returns an entry with a deadline.
func (m *memory) until(e *entry, d interval) *entry {
	return m.keep(entry{value: e.value, hash: e.hash, expires: true, low: d.low, high: d.high})
}

// forever returns an entry without its deadline.
func (m *memory) forever(e *entry) *entry {
	return m.keep(entry{value: e.value, hash: e.hash})
}

// withValue returns an entry with another value and the same deadline. A nil entry has none.
func (m *memory) withValue(e *entry, value string) *entry {
	next := entry{value: value, hash: hashOf(value)}
	if e != nil && e.expires {
		next.expires, next.low, next.high = true, e.low, e.high
	}
	return m.keep(next)
}

// longer returns an entry with more at the end of the value, and the same deadline. A nil entry has none, and no value.
func (m *memory) longer(e *entry, more string) *entry {
	if e == nil {
		return m.entry(more)
	}
	next := *e
	next.value, next.hash = e.value+more, hashOn(e.hash, more)
	return m.keep(next)
}

func (e *entry) equal(other *entry) bool {
	if e == other || e == nil || other == nil {
		return e == other
	}
	return e.hash == other.hash && e.expires == other.expires && e.low == other.low && e.high == other.high && e.value == other.value
}

// mix is the finalizer of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// world is what a partition's keys hold, by the place of the key; nil for a key that does not exist. It is immutable.
type world []*entry

// with returns the world in which one key holds something else.
func (m *memory) with(w world, place int, e *entry) world {
	if w[place].equal(e) {
		return w
	}
	next := m.copy(w)
	next[place] = e
	return next
}

func (w world) equal(other world) bool { return slices.EqualFunc(w, other, (*entry).equal) }

func (w world) hash() uint64 {
	hash := uint64(0)
	for place, e := range w {
		if e != nil {
			hash ^= mix(mix(e.hash+uint64(place)) ^ uint64(e.low) ^ bits.RotateLeft64(uint64(e.high), 32))
		}
	}
	return hash
}

// state is what is known after some operations. It is immutable once it is known to more than who makes it.
type state struct {
	// worlds are all that are possible, none twice. Invariant: at least one.
	worlds []world
	// now holds for each key the latest call of the operations on it so far: what follows on that key in the order happens
	// no earlier. It depends on which operations there were, not on their order.
	now []time.Duration
	// sum is the hash of the worlds, in any order, once somebody has asked for it: where there is only one order of the
	// operations, nobody does.
	sum    uint64
	hashed bool
}

func newState(worlds []world, now []time.Duration) *state {
	return &state{worlds: worlds, now: now}
}

func (s *state) hash() uint64 {
	if !s.hashed {
		s.sum = 0
		for _, w := range s.worlds {
			s.sum ^= w.hash()
		}
		s.hashed = true
	}
	return s.sum
}

// emptyState is that of a partition of so many keys before the first operation.
func emptyState(keys int) *state {
	s := &state{}
	s.empty(keys)
	return s
}

// empty makes this state, whose memory may be used again, that of a partition before the first operation.
func (s *state) empty(keys int) {
	s.worlds, s.hashed = append(s.worlds[:0], make(world, keys)), false
	s.now = append(s.now[:0], make([]time.Duration, keys)...)
}

func (s *state) equal(other *state) bool {
	if s == other {
		return true
	}
	if s.hash() != other.hash() || len(s.worlds) != len(other.worlds) || !slices.Equal(s.now, other.now) {
		return false
	}
	for _, w := range s.worlds {
		if !containsWorld(other.worlds, w) {
			return false
		}
	}
	return true
}

// project returns what is known of the keys at some places; the other keys are forgotten.
func (s *state) project(places []int) *state {
	var worlds []world
	for _, w := range s.worlds {
		kept := make(world, len(w))
		for _, place := range places {
			kept[place] = w[place]
		}
		worlds = addWorld(worlds, kept)
	}
	now := make([]time.Duration, len(s.now))
	for _, place := range places {
		now[place] = s.now[place]
	}
	return newState(worlds, now)
}

func containsWorld(worlds []world, w world) bool {
	return slices.ContainsFunc(worlds, w.equal)
}

// addWorld adds a world to a set.
func addWorld(worlds []world, w world) []world {
	if len(worlds) > 0 && containsWorld(worlds, w) {
		return worlds
	}
	return append(worlds, w)
}
