package keyspace

import (
	"bytes"
	"cmp"
	"slices"
)

// hashed is an entry with the hash of its key.
type hashed struct {
	hash uint64
	ref  reference
}

// walk visits the entries of a table whose hash is at least from, in order of (hash, key), until visit returns false. What
// is in next comes before what is in current, by the meaning of the boundary between them. The table must not change
// meanwhile.
func (s *store) walk(t *table, from uint64, visit func(hashed) bool) {
	if t.next != nil && !s.walkArray(t.next, t.next.home(from), from, visit) {
		return
	}
	s.walkArray(&t.current, max(t.moved, t.current.home(from)), from, visit)
}

// walkArray visits the entries from a home on. It reports whether it came to the end.
func (s *store) walkArray(a *array, home int, from uint64, visit func(hashed) bool) bool {
	var memory [2 * lanesPerBucket]hashed
	group := memory[:0]
	for ; home < min(a.homes, a.size()); home++ {
		group = s.collect(a, home, group[:0])
		for _, e := range group {
			if e.hash >= from && !visit(e) {
				return false
			}
		}
	}
	return true
}

// collect appends the entries of one home in order. They are in its bucket and, as far as that has overflown, in those
// behind, among the entries of other homes.
func (s *store) collect(a *array, home int, group []hashed) []hashed {
	first := a.at(home)
	s.prefetchEntries(first)
	for i := home; ; i++ {
		b := a.at(i)
		for used := b.used(); used != 0; used = used.rest() {
			ref := b.references[used.first()]
			if hash := s.hashAt(ref); a.home(hash) == home {
				group = append(group, hashed{hash: hash, ref: ref})
			}
		}
		if b.overflow == 0 {
			break
		}
	}
	slices.SortFunc(group, func(x, y hashed) int {
		if order := cmp.Compare(x.hash, y.hash); order != 0 {
			return order
		}
		return bytes.Compare(s.key(x.ref), s.key(y.ref))
	})
	return group
}
