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
// Invariant: the entry of item i has due i and the item's time, and no item comes before its parent, item (i-1)/4.
type expiryIndex struct {
	store *store
	items pages[expiryItem]
}

// expiryItem is a key that expires.
type expiryItem struct {
	// at is when, in Unix milliseconds; the entry has it too, so that most comparisons need not look there.
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

// earliest returns the key that ends first.
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

// replace gives the item at index i another time or place.
func (x *expiryIndex) replace(i int, item expiryItem) {
	old := x.items.at(i)
	if old.at == item.at {
		old.ref = item.ref
		return
	}
	x.store.arena.at(item.ref).setExpireAt(item.at)
	x.settle(i, item)
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
