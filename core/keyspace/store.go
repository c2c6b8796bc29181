package keyspace

import (
	"bytes"
	"math"

	"github.com/ember-cluster/ember/core/marks"
)

// store keeps the entries: their blocks, and what of them lies outside.
type store struct {
	secret hashKey
	// hashBits are the bits of the hash that count: all, but in tests of colliding hashes.
	hashBits uint64
	// directHomes bounds the tables that are resized in one step: maxDirectHomes, but in tests.
	directHomes int
	arena       arena
	outside     outsideTable
	// moves counts how often an entry was given another place, in a table or in the arena, as part of other work.
	moves uint64
	// marks counts rare paths; it may be nil.
	marks *marks.Set
}

func newStore(secret hashKey) store {
	return store{
		secret:      secret,
		hashBits:    math.MaxUint64,
		directHomes: maxDirectHomes,
		arena:       arena{limit: chunkUnits},
	}
}

// reset forgets all entries.
func (s *store) reset() {
	fresh := arena{limit: s.arena.limit, allocated: s.arena.allocated}
	*s = store{secret: s.secret, hashBits: s.hashBits, directHomes: s.directHomes, arena: fresh, marks: s.marks}
}

// hash returns the keyed hash of a key.
func (s *store) hash(key []byte) uint64 { return s.secret.sum(key) & s.hashBits }

// hashAt returns the keyed hash of an entry's key.
func (s *store) hashAt(ref reference) uint64 { return s.hash(s.key(ref)) }

// key returns an entry's key.
func (s *store) key(ref reference) []byte {
	b := s.arena.at(ref)
	h := b.header()
	if h.keyOutside() {
		return s.outside.at(b.index(h)).key
	}
	return b.inlineKey(h)
}

// holds reports whether an entry is that of a key.
func (s *store) holds(ref reference, key []byte) bool {
	b := s.arena.at(ref)
	h := b.header()
	if h.keyOutside() {
		return bytes.Equal(s.outside.at(b.index(h)).key, key)
	}
	return h.keyLength() == len(key) && string(b[h.keyOffset():][:len(key)]) == string(key)
}

// value lends an entry's value.
func (s *store) value(ref reference) Value {
	return Value{store: s, header: s.arena.at(ref).header(), ref: ref}
}

// footprint returns the bytes that an entry takes: its block, what lies outside, and its place in the expiry index.
func (s *store) footprint(ref reference) int64 {
	b := s.arena.at(ref)
	h := b.header()
	size := int64(h.units()) * unitBytes
	if h.hasOutside() {
		size += s.outside.at(b.index(h)).length()
	}
	if h.ends() {
		size += expiryItemBytes
	}
	return size
}

// create makes an entry with a header and a key. Its value and its expiry are for the caller to write.
func (s *store) create(h header, key []byte) reference {
	ref := s.arena.allocate(h.units())
	b := s.arena.at(ref)
	b.setHeader(h)
	if h.hasOutside() {
		index := s.outside.add()
		b.setIndex(h, index)
		if h.keyOutside() {
			s.outside.setKey(index, key)
			return ref
		}
	}
	copy(b.inlineKey(h), key)
	return ref
}

// release frees all that an entry has.
func (s *store) release(ref reference) {
	b := s.arena.at(ref)
	h := b.header()
	if h.hasOutside() {
		s.outside.release(b.index(h))
	}
	s.arena.free(ref, h.units())
}

// reshape gives an entry another header and moves its parts to where they then belong, into another block if this one is
// too small. Of the value, it keeps what fits if keep is set. It returns where the entry is now.
func (s *store) reshape(ref reference, to header, keep bool) reference {
	source := s.arena.at(ref)
	from := source.header()
	if from.withAccess(0) == to.withAccess(0) {
		source.setHeader(to)
		return ref
	}
	due, expireAt, index := 0, source.expireAt(from), s.reindex(source, from, to)
	if from.ends() {
		due = source.due()
	}
	before, after := from.units(), to.units()
	target := ref
	if after > before {
		target = s.arena.allocate(after)
		source = s.arena.at(ref)
	}
	kept := from.keyLength()
	if keep {
		kept += min(from.valueLength(), to.valueLength())
	}
	destination := s.arena.at(target)
	if target != ref || from.keyOffset() != to.keyOffset() {
		copy(within(destination, to.keyOffset(), kept), within(source, from.keyOffset(), kept))
	}
	destination.setHeader(to)
	if from.ends() && to.ends() {
		destination.setDue(due)
		destination.setExpireAt(expireAt)
	}
	if to.hasOutside() {
		destination.setIndex(to, index)
	}
	if target == ref {
		s.arena.shrink(ref, before, after)
	} else {
		s.arena.free(ref, before)
	}
	return target
}

// reindex sees to the outside parts of an entry whose header changes, and returns their number if there are any.
func (s *store) reindex(b block, from, to header) uint32 {
	switch {
	case from.hasOutside() && to.hasOutside():
		index := b.index(from)
		if to.encoding() != outside {
			s.outside.dropValue(index)
		}
		return index
	case from.hasOutside():
		s.outside.release(b.index(from))
	case to.hasOutside():
		return s.outside.add()
	}
	return 0
}

// setText writes the value of an entry whose header is ready for a text of that length.
func (s *store) setText(ref reference, value []byte) {
	b := s.arena.at(ref)
	h := b.header()
	if h.encoding() == outside {
		s.outside.setValue(b.index(h), value)
		return
	}
	copy(b.inlineText(h), value)
}
