package keyspace

import (
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
)

// access keeps the record of a key's use, for eviction and for OBJECT IDLETIME and FREQ. It is in the 24 bits that a header
// has for it, either the time of the last use or its frequency:
//
//	23                                   0       23               8 7          0
//	┌────────────────────────────────────┐       ┌──────────────────┬───────────┐
//	│ second of the last use             │       │ minute of it     │ counter   │
//	└────────────────────────────────────┘       └──────────────────┴───────────┘
//
// Times are Unix time, modulo their range. The counter is Morris's: the higher it is, the less likely a use raises it, so that
// 255 stands for about a million uses; and it falls with time. Both are as Redis has them, see "Key eviction" in its
// documentation, and Morris, "Counting large numbers of events in small registers" (1978).
//
// The record is this node's own: it is in no effect, and no result depends on it but the choice of what is evicted.
type access struct {
	// byFrequency chooses the record.
	byFrequency bool
	// logFactor slows the counter down. decayMinutes is how long an unused key keeps a count of one, 0 for ever.
	logFactor, decayMinutes int64
	// fresh is the record of a key that is new now.
	fresh uint32
	// second and minute are the time now.
	second, minute uint32
	// random draws whether a use counts.
	random *random.Stream
}

const (
	accessMask    = 1<<24 - 1
	counterBits   = 8
	counterMask   = 1<<counterBits - 1
	minuteMask    = 1<<16 - 1
	newKeyCounter = 5 // a new key is not the first to be evicted
)

// SetTime tells the wall time, in Unix milliseconds, at which keys are used from now on.
func (s *Space) SetTime(wall int64) {
	if second := uint32(wall/1000) & accessMask; second != s.access.second {
		s.access.setTime(wall)
	}
}

func (a *access) setTime(wall int64) {
	a.second, a.minute = uint32(wall/1000)&accessMask, uint32(wall/60_000)&minuteMask
	a.refresh()
}

// refresh renews the record of new keys.
func (a *access) refresh() {
	a.fresh = a.second
	if a.byFrequency {
		a.fresh = a.minute<<counterBits | newKeyCounter
	}
}

// used returns the header of an entry that is used now.
func (a *access) used(h header) header {
	if !a.byFrequency {
		return h.withAccess(a.second)
	}
	return a.usedOften(h)
}

// usedOften is used where the record is that of frequency.
func (a *access) usedOften(h header) header {
	counter := a.frequency(h.access())
	if counter < counterMask && a.random.Uint64N(uint64(max(counter-newKeyCounter, 0)*a.logFactor+1)) == 0 {
		counter++
	}
	return h.withAccess(a.minute<<counterBits | uint32(counter))
}

// frequency returns the counter of a record as it is now.
func (a *access) frequency(record uint32) int64 {
	counter := int64(record & counterMask)
	if a.decayMinutes == 0 {
		return counter
	}
	unused := int64((a.minute - record>>counterBits) & minuteMask)
	return max(counter-unused/a.decayMinutes, 0)
}

// idle returns for how many seconds a key has not been used.
func (a *access) idle(record uint32) int64 { return int64((a.second - record) & accessMask) }

// Use is Peek for a command that uses the key.
func (s *Space) Use(slot slots.Slot, key []byte) (Value, bool) {
	_, p, found := s.find(slot, key)
	if !found {
		return Value{}, false
	}
	ref := *p.reference()
	return Value{store: &s.store, header: s.recordUse(ref), ref: ref}, true
}

// recordUse tells of a use of an entry, and returns its header.
func (s *Space) recordUse(ref reference) header {
	b := s.store.arena.at(ref)
	h := b.header()
	to := s.access.used(h)
	if to != h {
		b.setHeader(to)
	}
	return to
}

// Idle returns for how many seconds the key of a value has not been used, as far as uses are recorded by their time.
func (s *Space) Idle(v Value) int64 { return s.access.idle(v.header.access()) }

// Frequency returns the counter of a value's key, 0 to 255, as far as uses are recorded by their frequency.
func (s *Space) Frequency(v Value) int64 { return s.access.frequency(v.header.access()) }

// CopyAccess gives a key the record of the key that had a value.
func (s *Space) CopyAccess(slot slots.Slot, key []byte, from Value) {
	s.setAccess(slot, key, from.header.access())
}

// SetIdle makes a key one that was used last so many seconds ago.
func (s *Space) SetIdle(slot slots.Slot, key []byte, seconds int64) {
	s.setAccess(slot, key, (s.access.second-uint32(seconds))&accessMask)
}

// SetFrequency makes a key one with a counter, 0 to 255.
func (s *Space) SetFrequency(slot slots.Slot, key []byte, counter int64) {
	s.setAccess(slot, key, s.access.minute<<counterBits|uint32(counter)&counterMask)
}

func (s *Space) setAccess(slot slots.Slot, key []byte, record uint32) {
	if _, p, found := s.find(slot, key); found {
		b := s.store.arena.at(*p.reference())
		b.setHeader(b.header().withAccess(record))
	}
}

// AccessRecord returns what is recorded of the use of a value's key, for people.
func (v Value) AccessRecord() uint32 { return v.header.access() }
