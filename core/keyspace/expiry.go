package keyspace

import (
	"bytes"
	"cmp"

	"github.com/ember-cluster/ember/core/slots"
)

// expiryIndex orders the keys that expire by (time, key), the earliest first. It is a 4-ary heap, so a key is added and
// taken out in O(log n), and the earliest is at hand. Keys differ, so the order is total: which key is next depends on
// the content only.
//
// A key that is given a later time, as sessions and caches do it with each use, keeps its item as it is: that one is put right
// when it has come to the front. So to prolong a key looks into no memory but its entry.
//
// Invariant: the entry of item i has due i and the item's time or a later one, and no item comes before its parent, item (i-1)/4.
type expiryIndex struct {
	store *store
	items pages[expiryItem]
}

// expiryItem is a key that expires.
type expiryItem struct {
	// at is when, in Unix milliseconds, or before that: the entry knows. Most comparisons need not look there.
	at   int64
	ref  reference
	slot slots.Slot
}

const (
	expiryArity     = 4
	expiryItemBytes = 16
)

func (x *expiryIndex) compare(a, b expiryItem) int {
	if order := cmp.Compare(a.at, b.at); order != 0 {
		return order
	}
	return bytes.Compare(x.store.key(a.ref), x.store.key(b.ref))
}

func (x *expiryIndex) size() int { return x.items.length }

// earliest returns the item at the front. No key ends before it.
func (x *expiryIndex) earliest() (expiryItem, bool) {
	if x.size() == 0 {
		return expiryItem{}, false
	}
	return *x.items.at(0), true
}

// add puts in an entry whose header says that it ends.
func (x *expiryIndex) add(item expiryItem) {
	x.store.arena.at(item.ref).setExpireAt(item.at)
	x.items.push(item)
	x.rise(x.size()-1, item)
}

// reschedule gives an entry that is in the index another time.
func (x *expiryIndex) reschedule(ref reference, from, to int64) {
	b := x.store.arena.at(ref)
	b.setExpireAt(to)
	if to >= from {
		return
	}
	i := b.due()
	if item := *x.items.at(i); to < item.at {
		item.at = to
		x.rise(i, item)
	}
}

// putRight gives the item at the front the time of its entry. It reports whether it had another.
func (x *expiryIndex) putRight() bool {
	item := *x.items.at(0)
	b := x.store.arena.at(item.ref)
	at := b.expireAt(b.header())
	if at == item.at {
		return false
	}
	item.at = at
	x.sink(0, item)
	return true
}

// remove takes the item at index i out: the last item moves into its place.
func (x *expiryIndex) remove(i int) {
	last := x.size() - 1
	item := *x.items.at(last)
	x.items.pop()
	if i < last {
		x.settle(i, item)
	}
}

// settle puts an item into place i or, if it does not belong there, nearer to the root or to the leaves.
func (x *expiryIndex) settle(i int, item expiryItem) {
	if i > 0 && x.compare(item, *x.items.at((i - 1) / expiryArity)) < 0 {
		x.rise(i, item)
		return
	}
	x.sink(i, item)
}

// rise moves the free place i towards the root until item fits in.
func (x *expiryIndex) rise(i int, item expiryItem) {
	for i > 0 {
		parent := (i - 1) / expiryArity
		if x.compare(item, *x.items.at(parent)) >= 0 {
			break
		}
		x.put(i, *x.items.at(parent))
		i = parent
	}
	x.put(i, item)
}

// sink moves the free place i towards the leaves until item fits in.
func (x *expiryIndex) sink(i int, item expiryItem) {
	for {
		child := x.earliestChild(i)
		if child < 0 || x.compare(item, *x.items.at(child)) <= 0 {
			break
		}
		x.put(i, *x.items.at(child))
		i = child
	}
	x.put(i, item)
}

// earliestChild returns the index of the earliest child of i, or -1 if i is a leaf.
func (x *expiryIndex) earliestChild(i int) int {
	first := i*expiryArity + 1
	if first >= x.size() {
		return -1
	}
	best := first
	for child := first + 1; child < min(first+expiryArity, x.size()); child++ {
		if x.compare(*x.items.at(child), *x.items.at(best)) < 0 {
			best = child
		}
	}
	return best
}

func (x *expiryIndex) put(i int, item expiryItem) {
	*x.items.at(i) = item
	x.store.arena.at(item.ref).setDue(i)
}
