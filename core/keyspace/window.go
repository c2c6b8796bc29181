package keyspace

import "github.com/ember-cluster/ember/core/slots"

// windowKeys is how many keys a window remembers; more are served as well, only not ahead of time.
const windowKeys = 64

// window remembers the hashes of keys that are about to be used. A load from memory takes longer than all else that a
// command does, so the loads for a window of commands are begun before the first is executed. Where each leads is known only
// when the one before has come, so they are begun in rounds over all keys:
//
//	Expect      its hash
//	Prefetch    its table is on its way, unless the directory tells where its buckets are
//	            the table is near; its bucket is on its way
//	            the bucket is near; its entry is on its way, by its tag
//	            the same with the next bucket, for those that are not in their homes
//	commands    in order; all is near
//	EndWindow
//
// Most of these loads lead to a page that the processor has not seen lately, and it goes on only a little way before it has found
// out where that is. In a round it looks for several at once.
//
// A key is recognised by where it lies in memory, so this works only while the callers leave their bytes as they are;
// what is not recognised is hashed again. Results never depend on it.
type window struct {
	keys  [windowKeys]expectedKey
	count int
	// displaced are the numbers of the keys that are not in their homes, as it seems.
	displaced      [windowKeys]uint8
	displacedCount int
	// last is the key that was recognised last. Those before it are not recognised any more.
	last int
	// moved says that a key has been added to a table, or taken from one, since the window began: candidates may be elsewhere.
	moved bool
	// found is where key number foundKey-1 was found, if foundKey is not 0: who looks before he writes searches once.
	// Invariant: nothing has been applied since.
	found    place
	foundKey int
}

// expectedKey is a key of the window. It keeps the key's memory alive until the end of the window.
type expectedKey struct {
	first  *byte
	length int
	slot   slots.Slot
	hash   uint64
	// home is the bucket at which the search begins, nil if there is none, and candidates are those of its lanes that have the key's tag.
	// If it has no such lane, and keys that had no room there, home is the bucket behind it.
	// Both count until the window has moved.
	home       *bucket
	candidates lanes
}

// Expect announces that a key will be used before the next EndWindow. Until then the bytes of key must stay where and
// what they are, and nothing may be applied before Prefetch.
func (s *Space) Expect(slot slots.Slot, key []byte) {
	w := &s.window
	if len(key) == 0 || w.count == windowKeys {
		return
	}
	k := &w.keys[w.count]
	k.first, k.length, k.slot, k.hash = &key[0], len(key), slot, s.store.hash(key)
	w.count++
}

// WindowFull reports whether no further key will be remembered before the next EndWindow.
func (s *Space) WindowFull() bool { return s.window.count == windowKeys }

// Prefetch has all that leads to the expected keys brought near, and their entries.
func (s *Space) Prefetch() {
	w := &s.window
	keys := w.keys[:w.count]
	if s.directory == nil {
		s.fetchTables(keys)
	}
	for i := range keys {
		s.fetchBucket(&keys[i])
	}
	for i := range keys {
		s.fetchEntry(i)
	}
	for _, i := range w.displaced[:w.displacedCount] {
		s.fetchCandidates(&keys[i])
	}
}

// fetchTables has the tables of expected keys brought near.
func (s *Space) fetchTables(keys []expectedKey) {
	for i := range keys {
		if t := s.tables[keys[i].slot]; t != nil {
			prefetchTable(t)
		}
	}
}

// fetchBucket has the bucket of an expected key brought near.
func (s *Space) fetchBucket(k *expectedKey) {
	if s.directory != nil {
		k.home = s.directory.bucket(k.slot, k.hash)
	}
	if k.home == nil {
		k.home = s.tables[k.slot].homeBucket(k.hash)
	}
	if k.home != nil {
		prefetchBucket(k.home)
	}
}

// fetchEntry has the entry of an expected key brought near, as far as the tags tell which it is. If there is none with its tag in its
// home, the next bucket is brought near instead.
func (s *Space) fetchEntry(number int) {
	w := &s.window
	k := &w.keys[number]
	if k.home == nil || s.fetchCandidates(k) || k.home.overflow == 0 {
		return
	}
	if k.home = s.tables[k.slot].secondBucket(k.hash); k.home != nil {
		prefetchBucket(k.home)
		w.displaced[w.displacedCount] = uint8(number)
		w.displacedCount++
	}
}

// fetchCandidates finds the candidates for an expected key and has them brought near. It reports whether there are any.
func (s *Space) fetchCandidates(k *expectedKey) bool {
	k.candidates = k.home.match(tagOf(k.hash))
	for rest := k.candidates; rest != 0; rest = rest.rest() {
		prefetchEntry(&s.store.arena.at(k.home.references[rest.first()])[0])
	}
	return k.candidates != 0
}

// EndWindow forgets the expected keys.
func (s *Space) EndWindow() {
	w := &s.window
	clear(w.keys[:w.count])
	w.count, w.displacedCount, w.last, w.moved, w.foundKey = 0, 0, 0, false, 0
}

// find returns the hash of a key and, if the key is there, its place.
func (s *Space) find(slot slots.Slot, key []byte) (hash uint64, at place, found bool) {
	w := &s.window
	number := w.number(key)
	if number == 0 {
		hash = s.store.hash(key)
		at, found = s.tables[slot].find(&s.store, hash, key)
		return hash, at, found
	}
	k := &w.keys[number-1]
	if number == w.foundKey {
		return k.hash, w.found, true
	}
	if at, found = s.tryCandidates(k, key); !found {
		at, found = s.tables[slot].find(&s.store, k.hash, key)
	}
	if found {
		w.found, w.foundKey = at, number
	}
	return k.hash, at, found
}

// tryCandidates looks for an expected key where its tag was seen first. It need not be there.
func (s *Space) tryCandidates(k *expectedKey, key []byte) (at place, found bool) {
	if s.window.moved {
		return place{}, false
	}
	for rest := k.candidates; rest != 0; rest = rest.rest() {
		at = place{bucket: k.home, lane: rest.first()}
		if s.store.holds(*at.reference(), key) {
			return at, true
		}
	}
	return place{}, false
}

// number returns the number of an expected key, from 1, or 0 if the key was not expected.
func (w *window) number(key []byte) int {
	if w.count == 0 || len(key) == 0 {
		return 0
	}
	// Keys are used in the order in which they were expected, or nearly so.
	first := &key[0]
	for i := w.last; i < w.count; i++ {
		if k := &w.keys[i]; k.first == first && k.length == len(key) {
			w.last = i
			return i + 1
		}
	}
	return 0
}
