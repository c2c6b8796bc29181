package session

import "iter"

// ordered is a map that is walked in the order in which its keys were added. Finding, adding and removing take constant
// time, amortized. The zero value is empty.
type ordered[K comparable, V any] struct {
	// index tells where in entries a key is. It is never ranged over.
	index map[K]int
	// entries are in the order of their adding, with those that were removed still among them.
	// Invariant: at most half of them are removed ones, but for a few.
	entries []orderedEntry[K, V]
	// first is an index before which no entry is left.
	first int
}

type orderedEntry[K comparable, V any] struct {
	key     K
	value   V
	present bool
}

// slack is how many removed entries an ordered keeps at least before it bothers to close the gaps.
const slack = 16

func (o *ordered[K, V]) len() int { return len(o.index) }

func (o *ordered[K, V]) get(key K) (value V, ok bool) {
	at, ok := o.index[key]
	if !ok {
		return value, false
	}
	return o.entries[at].value, true
}

func (o *ordered[K, V]) has(key K) bool {
	_, ok := o.index[key]
	return ok
}

// put sets the value of a key. A key that is there already keeps its place.
func (o *ordered[K, V]) put(key K, value V) {
	if at, ok := o.index[key]; ok {
		o.entries[at].value = value
		return
	}
	if o.index == nil {
		o.index = map[K]int{}
	}
	o.index[key] = len(o.entries)
	o.entries = append(o.entries, orderedEntry[K, V]{key: key, value: value, present: true})
}

// remove takes a key out and reports whether it was there.
func (o *ordered[K, V]) remove(key K) bool {
	at, ok := o.index[key]
	if !ok {
		return false
	}
	delete(o.index, key)
	o.entries[at] = orderedEntry[K, V]{}
	for o.first < len(o.entries) && !o.entries[o.first].present {
		o.first++
	}
	if len(o.entries) > 2*len(o.index)+slack {
		o.closeGaps()
	}
	return true
}

func (o *ordered[K, V]) closeGaps() {
	left := make([]orderedEntry[K, V], 0, len(o.index))
	for _, e := range o.entries[o.first:] {
		if e.present {
			o.index[e.key] = len(left)
			left = append(left, e)
		}
	}
	o.entries, o.first = left, 0
}

// oldest returns the key that was added first of those that are there.
func (o *ordered[K, V]) oldest() (key K, value V, ok bool) {
	if o.first == len(o.entries) {
		return key, value, false
	}
	e := &o.entries[o.first]
	return e.key, e.value, true
}

// all walks over the entries, oldest first. Nothing may be added or removed meanwhile.
func (o *ordered[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := o.first; i < len(o.entries); i++ {
			if e := &o.entries[i]; e.present && !yield(e.key, e.value) {
				return
			}
		}
	}
}

// keys returns a copy of the keys, oldest first.
func (o *ordered[K, V]) keys() []K {
	keys := make([]K, 0, o.len())
	for key := range o.all() {
		keys = append(keys, key)
	}
	return keys
}

// clear removes everything.
func (o *ordered[K, V]) clear() { *o = ordered[K, V]{} }
