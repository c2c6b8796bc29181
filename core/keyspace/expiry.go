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
// Invariant: items[i].record.due == i, and no item comes before its parent, items[(i-1)/4].
type expiryIndex struct {
	items []expiryItem
}

// expiryItem is a key that expires.
type expiryItem struct {
	// at equals record.expireAt; it is kept here so that most comparisons need not look at the record.
	at     int64
	record *record
	slot   slots.Slot
}

const expiryArity = 4

func (a expiryItem) compare(b expiryItem) int {
	if order := cmp.Compare(a.at, b.at); order != 0 {
		return order
	}
	return bytes.Compare(a.record.key, b.record.key)
}

// earliest returns the key that ends first.
func (x *expiryIndex) earliest() (expiryItem, bool) {
	if len(x.items) == 0 {
		return expiryItem{}, false
	}
	return x.items[0], true
}

// change moves a record to another time; 0 stands for never, before and after.
func (x *expiryIndex) change(slot slots.Slot, r *record, at int64) {
	before := r.expireAt
	r.expireAt = at
	item := expiryItem{at: at, record: r, slot: slot}
	switch {
	case before == at:
	case before == 0:
		x.items = append(x.items, item)
		x.rise(len(x.items)-1, item)
	case at == 0:
		x.remove(r.due)
	default:
		x.settle(r.due, item)
	}
}

// remove takes the item at index i out: the last item moves into its place.
func (x *expiryIndex) remove(i int) {
	last := len(x.items) - 1
	item := x.items[last]
	x.items[last] = expiryItem{}
	x.items = x.items[:last]
	if i < last {
		x.settle(i, item)
	}
}

// settle puts an item into place i or, if it does not belong there, nearer to the root or to the leaves.
func (x *expiryIndex) settle(i int, item expiryItem) {
	if i > 0 && item.compare(x.items[(i-1)/expiryArity]) < 0 {
		x.rise(i, item)
		return
	}
	x.sink(i, item)
}

// rise moves the free place i towards the root until item fits in.
func (x *expiryIndex) rise(i int, item expiryItem) {
	for i > 0 {
		parent := (i - 1) / expiryArity
		if item.compare(x.items[parent]) >= 0 {
			break
		}
		x.put(i, x.items[parent])
		i = parent
	}
	x.put(i, item)
}

// sink moves the free place i towards the leaves until item fits in.
func (x *expiryIndex) sink(i int, item expiryItem) {
	for {
		child := x.earliestChild(i)
		if child < 0 || item.compare(x.items[child]) <= 0 {
			break
		}
		x.put(i, x.items[child])
		i = child
	}
	x.put(i, item)
}

// earliestChild returns the index of the earliest child of i, or -1 if i is a leaf.
func (x *expiryIndex) earliestChild(i int) int {
	first := i*expiryArity + 1
	if first >= len(x.items) {
		return -1
	}
	best := first
	for child := first + 1; child < min(first+expiryArity, len(x.items)); child++ {
		if x.items[child].compare(x.items[best]) < 0 {
			best = child
		}
	}
	return best
}

func (x *expiryIndex) put(i int, item expiryItem) {
	x.items[i] = item
	item.record.due = i
}
