package keyspace

import "github.com/ember-cluster/ember/core/slots"

// EvictionPolicy says which keys make room when memory is short (maxmemory-policy).
type EvictionPolicy uint8

const (
	// NoEviction takes none.
	NoEviction EvictionPolicy = iota
	// AllKeysLRU and VolatileLRU take the key that has not been used for the longest time, of all keys or of those that end.
	AllKeysLRU
	VolatileLRU
	// AllKeysLFU and VolatileLFU take the key that is used the least.
	AllKeysLFU
	VolatileLFU
	// AllKeysRandom and VolatileRandom take any.
	AllKeysRandom
	VolatileRandom
	// VolatileTTL takes the key that ends first.
	VolatileTTL
)

// ByFrequency reports whether the policy needs to know how often keys are used, instead of when.
func (p EvictionPolicy) ByFrequency() bool { return p == AllKeysLFU || p == VolatileLFU }

// ByUse reports whether the policy needs to know of keys' use at all.
func (p EvictionPolicy) ByUse() bool {
	return p == AllKeysLRU || p == VolatileLRU || p.ByFrequency()
}

// volatile reports whether the policy takes keys that end only.
func (p EvictionPolicy) volatile() bool {
	return p == VolatileLRU || p == VolatileLFU || p == VolatileRandom || p == VolatileTTL
}

// Eviction is how keys are chosen that make room.
type Eviction struct {
	Policy EvictionPolicy
	// Samples is how many keys are looked at for each that is taken (maxmemory-samples).
	Samples int64
	// LogFactor and DecayMinutes tune the count of uses (lfu-log-factor, lfu-decay-time).
	LogFactor, DecayMinutes int64
}

// SetEviction chooses how keys are evicted, and with that what is recorded of their use from now on. The records there are
// are taken for those of the new kind until the keys are used again.
func (s *Space) SetEviction(e Eviction) {
	e.Samples = max(e.Samples, 1)
	if s.eviction == e {
		return
	}
	s.eviction = e
	s.candidates.clear()
	a := &s.access
	a.byFrequency, a.logFactor, a.decayMinutes = e.Policy.ByFrequency(), e.LogFactor, e.DecayMinutes
	a.refresh()
}

// Victim returns the key that makes room next, for the caller to delete by an effect. It reports false if the policy has
// none. There must be no Work. The key is lent until the next Apply.
//
// The least used of all keys is not known, since to know it would take memory and time for every use. So some keys are drawn,
// and the best of them and of what was drawn before is taken: see candidates.
func (s *Space) Victim() (slots.Slot, []byte, bool) {
	policy := s.eviction.Policy
	switch {
	case policy == NoEviction, s.Len() == 0, policy.volatile() && s.expiry.size() == 0:
		return 0, nil, false
	case policy == VolatileTTL:
		return s.firstToEnd()
	case policy == VolatileRandom:
		return s.endingAt(s.access.random.IntN(s.expiry.size()))
	case policy == AllKeysRandom:
		slot, key := s.RandomKey(s.access.random)
		return slot, key, true
	}
	for {
		// Fresh candidates are as good as when they were drawn, so this ends.
		if policy.volatile() {
			s.sampleEnding()
		} else {
			s.sample()
		}
		if slot, key, ok := s.bestCandidate(); ok {
			return slot, key, true
		}
	}
}

// prolongedPerVictim bounds the keys that are found to end later than the expiry index says, for one victim: about a hundred
// microseconds.
const prolongedPerVictim = 64

// firstToEnd returns the key that ends first, or one that did when it was last given a time.
func (s *Space) firstToEnd() (slots.Slot, []byte, bool) {
	for range prolongedPerVictim {
		if !s.expiry.putRight() {
			break
		}
	}
	return s.endingAt(0)
}

// endingAt returns the key of an item of the expiry index.
func (s *Space) endingAt(i int) (slots.Slot, []byte, bool) {
	item := s.expiry.items.at(i)
	return item.slot, s.store.key(item.ref), true
}

// sample draws keys, those of a bucket together, and makes them candidates.
func (s *Space) sample() {
	for left := s.eviction.Samples; left > 0; {
		slot := s.drawSlot(s.access.random)
		t := s.tables[slot]
		next, current := t.extents()
		b := t.bucketAt(s.access.random.IntN(next + current))
		s.store.prefetchEntries(b)
		first := s.access.random.IntN(lanesPerBucket) // else the last lanes would be drawn less often
		for i := 0; i < lanesPerBucket && left > 0; i++ {
			if ref := b.references[(first+i)%lanesPerBucket]; ref != noReference {
				s.consider(slot, ref)
				left--
			}
		}
	}
}

// sampleEnding draws keys that end, and makes them candidates.
func (s *Space) sampleEnding() {
	for range s.eviction.Samples {
		item := s.expiry.items.at(s.access.random.IntN(s.expiry.size()))
		s.consider(item.slot, item.ref)
	}
}

// disuse returns how little an entry is used: the more, the sooner it goes.
func (s *Space) disuse(ref reference) int64 {
	record := s.store.arena.at(ref).header().access()
	if s.access.byFrequency {
		return counterMask - s.access.frequency(record)
	}
	return s.access.idle(record)
}

// consider makes an entry a candidate.
func (s *Space) consider(slot slots.Slot, ref reference) {
	s.candidates.add(candidate{disuse: s.disuse(ref), hash: s.store.hashAt(ref), slot: slot})
}

// bestCandidate takes out the candidate that is used the least, if there is one that still is so.
func (s *Space) bestCandidate() (slots.Slot, []byte, bool) {
	for {
		c, ok := s.candidates.take()
		if !ok {
			return 0, nil, false
		}
		accept := func(ref reference) bool { return s.disuse(ref) >= c.disuse && s.evictable(ref) }
		if ref, found := s.tables[c.slot].search(&s.store, c.hash, accept); found {
			return c.slot, s.store.key(ref), true
		}
	}
}

// evictable reports whether the policy may take an entry.
func (s *Space) evictable(ref reference) bool {
	return !s.eviction.Policy.volatile() || s.store.arena.at(ref).header().ends()
}
