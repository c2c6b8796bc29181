package keyspace

import "github.com/ember-cluster/ember/core/marks"

// table finds the keys of one slot. While it changes its size it consists of two arrays, and keys move from one to the
// other in the order of their homes, a few at each insertion and removal:
//
//	hash    0 ─────────────────────── boundary ──────────────────────── 2⁶⁴
//	        keys are in next         │ keys are in current
//	                                 └ the homes of current before moved
//
// Since homes rise with the hash, a hash alone tells the array, and a search never looks into both.
//
// What a search needs comes first and fills one cache line. With 64-bit words a table is as large as two, so it begins at one.
type table struct {
	// next is nil but during a resize.
	next *array
	// moved is how many homes of current have been emptied into next. Invariant: 0 unless there is a next.
	moved   int
	current array
	// count is the number of keys, expiring that of those which have an expiry time.
	count, expiring int
	// bytes is the sum of the footprints of the entries.
	bytes int64
	_     [24]byte
}

const (
	// A table grows by a quarter if more than 7/8 of its lanes would be in use. It shrinks if less than half of that is.
	// Either way at most 7/10 are in use then, so a key that comes and goes does not resize it each time.
	fullNumerator, fullDenominator = 7, 8
	emptyDenominator               = 16
	roomNumerator, roomDenominator = 7, 10
	// maxDirectHomes bounds the tables that are resized in one step: a few hundred keys.
	maxDirectHomes = 32
	// homesPerStep is how many homes an insertion or removal moves in a larger table. A resize ends after homes/2 of them,
	// long before the next can begin, and by then the load has risen by less than 1/20.
	homesPerStep = 2
)

func newTable() *table { return &table{current: newArray(1)} }

func tooFull(count, homes int) bool {
	return count*fullDenominator > homes*lanesPerBucket*fullNumerator
}

func tooEmpty(count, homes int) bool {
	return count*emptyDenominator < homes*lanesPerBucket*fullNumerator && homesFor(count) < homes
}

// homesFor returns the number of homes for a table that shrinks.
func homesFor(count int) int {
	const perHome = lanesPerBucket * roomNumerator
	return max(1, (count*roomDenominator+perHome-1)/perHome)
}

// place is where a key was found. It is valid until the next key is added to the table or taken from it.
type place struct {
	bucket *bucket
	lane   int
}

// reference returns the field that holds the key's reference.
func (p place) reference() *reference { return &p.bucket.references[p.lane] }

// arrayOf returns the array that a key with the given hash is in, if it is there.
func (t *table) arrayOf(hash uint64) *array {
	if t.next != nil && t.current.home(hash) < t.moved {
		return t.next
	}
	return &t.current
}

// find returns where a key is.
func (t *table) find(s *store, hash uint64, key []byte) (place, bool) {
	if t == nil {
		return place{}, false
	}
	a, tag := t.arrayOf(hash), tagOf(hash)
	for i := a.home(hash); i < a.size(); i++ {
		b := a.at(i)
		for candidates := b.match(tag); candidates != 0; candidates = candidates.rest() {
			lane := candidates.first()
			if s.holds(b.references[lane], key) {
				return place{bucket: b, lane: lane}, true
			}
		}
		if b.overflow == 0 {
			break
		}
	}
	return place{}, false
}

// locate returns where the reference of an entry with the given hash is.
func (t *table) locate(hash uint64, ref reference) (place, bool) {
	a, tag := t.arrayOf(hash), tagOf(hash)
	for i := a.home(hash); i < a.size(); i++ {
		b := a.at(i)
		for candidates := b.match(tag); candidates != 0; candidates = candidates.rest() {
			if lane := candidates.first(); b.references[lane] == ref {
				return place{bucket: b, lane: lane}, true
			}
		}
		if b.overflow == 0 {
			break
		}
	}
	return place{}, false
}

// homeBucket returns the bucket at which the search for a hash begins, or nil.
func (t *table) homeBucket(hash uint64) *bucket {
	if t == nil {
		return nil
	}
	a := t.arrayOf(hash)
	if i := a.home(hash); i < a.size() {
		return a.at(i)
	}
	return nil
}

// secondBucket returns the bucket that a search looks into behind the home of a hash, or nil.
func (t *table) secondBucket(hash uint64) *bucket {
	a := t.arrayOf(hash)
	if i := a.home(hash) + 1; i < a.size() {
		return a.at(i)
	}
	return nil
}

// insert adds an entry whose key is not there.
func (t *table) insert(s *store, hash uint64, ref reference) {
	t.count++
	if homes := t.current.homes; t.next == nil && tooFull(t.count, homes) {
		t.resize(s, homes+max(1, homes/4))
	}
	t.arrayOf(hash).put(hash, ref)
	t.advance(s)
}

// remove takes out the reference of an entry with the given hash.
func (t *table) remove(s *store, hash uint64, p place) {
	t.arrayOf(hash).take(hash, p)
	t.count--
	if homes := t.current.homes; t.next == nil && tooEmpty(t.count, homes) {
		t.resize(s, homesFor(t.count))
	}
	t.advance(s)
}

// resize begins to change the number of homes.
func (t *table) resize(s *store, homes int) {
	s.marks.HitIf(homes > t.current.homes, marks.TableGrows)
	s.marks.HitIf(homes < t.current.homes, marks.TableShrinks)
	s.marks.HitIf(t.current.homes > s.directHomes, marks.TableResizesInSteps)
	next := newArray(homes)
	t.next = &next
	if t.current.homes <= s.directHomes {
		for t.next != nil {
			t.moveHome(s)
		}
	}
}

// advance does a step's share of a resize.
func (t *table) advance(s *store) {
	for range homesPerStep {
		if t.next != nil {
			t.moveHome(s)
		}
	}
}

// moveHome moves the keys of the next home, which are in its bucket and, as far as that has overflown, in those behind.
func (t *table) moveHome(s *store) {
	first := t.current.at(t.moved)
	s.prefetchEntries(first)
	for i := t.moved; ; i++ {
		b := t.current.at(i)
		for used := b.used(); used != 0; used = used.rest() {
			lane := used.first()
			ref := b.references[lane]
			hash := s.hashAt(ref)
			if t.current.home(hash) != t.moved {
				continue
			}
			t.current.take(hash, place{bucket: b, lane: lane})
			t.next.put(hash, ref)
			s.moves++
		}
		if first.overflow == 0 {
			break
		}
	}
	t.moved++
	t.current.drop(t.moved)
	if t.moved == t.current.homes {
		t.current, t.next, t.moved = *t.next, nil, 0
	}
}

// prefetchEntries has the entries of a bucket brought near.
func (s *store) prefetchEntries(b *bucket) {
	for used := b.used(); used != 0; used = used.rest() {
		prefetchEntry(&s.arena.at(b.references[used.first()])[0])
	}
}

// each calls visit with every reference, in no useful order.
func (t *table) each(visit func(reference)) {
	t.current.each(visit)
	if t.next != nil {
		t.next.each(visit)
	}
}

// tableBytes is what a table takes beside its buckets.
const tableBytes = 128

// memory returns the bytes that the table takes.
func (t *table) memory() int64 {
	size := tableBytes + t.current.memory()
	if t.next != nil {
		size += t.next.memory()
	}
	return size
}
