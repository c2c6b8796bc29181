package keyspace

import (
	"slices"

	"github.com/ember-cluster/ember/core/slots"
)

// candidates are keys that eviction has drawn and not chosen. With the best of many draws at hand, a few new ones for each key
// that is evicted come close to a choice among all keys. They are remembered by their hashes, so a candidate may be gone, or
// be used again; who takes one looks.
type candidates struct {
	// Invariant: the first count items are sorted, from the most used to the least used.
	items [maxCandidates]candidate
	count int
}

const maxCandidates = 16

type candidate struct {
	disuse int64
	hash   uint64
	slot   slots.Slot
}

func (c *candidates) clear() { c.count = 0 }

// add puts a candidate in its place. If there is no room, the most used one goes.
func (c *candidates) add(fresh candidate) {
	known := c.items[:c.count]
	at := 0
	for i := range known {
		if known[i].hash == fresh.hash && known[i].slot == fresh.slot {
			return
		}
		if known[i].disuse < fresh.disuse {
			at = i + 1
		}
	}
	switch {
	case c.count < maxCandidates:
		c.count++
		copy(c.items[at+1:c.count], c.items[at:])
	case at == 0:
		return
	default:
		at--
		copy(c.items[:at], c.items[1:])
	}
	c.items[at] = fresh
}

// take takes out the candidate that is used the least.
func (c *candidates) take() (candidate, bool) {
	if c.count == 0 {
		return candidate{}, false
	}
	c.count--
	return c.items[c.count], true
}

// sorted reports whether the candidates are in order.
func (c *candidates) sorted() bool {
	return slices.IsSortedFunc(c.items[:c.count], func(a, b candidate) int { return int(a.disuse - b.disuse) })
}

// search returns an entry with the given hash that is accepted.
func (t *table) search(s *store, hash uint64, accept func(reference) bool) (reference, bool) {
	if t == nil {
		return noReference, false
	}
	a, tag := t.arrayOf(hash), tagOf(hash)
	for i := a.home(hash); i < a.size(); i++ {
		b := a.at(i)
		for found := b.match(tag); found != 0; found = found.rest() {
			if ref := b.references[found.first()]; s.hashAt(ref) == hash && accept(ref) {
				return ref, true
			}
		}
		if b.overflow == 0 {
			break
		}
	}
	return noReference, false
}
