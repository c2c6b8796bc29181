package sim

import (
	"math/bits"

	"github.com/ember-cluster/ember/transport/netsim"
)

// itemKind says what an item of the queue does when it is due.
type itemKind uint8

const (
	itemDelivery   itemKind = iota // the network hands over delivery
	itemBoot                       // host starts, if token is still its boot number
	itemDeadline                   // the host's deadline, if token is still the one armed
	itemTimer                      // timer number token of the host
	itemInput                      // input number token of the plan
	itemFaultBegin                 // fault number token of the plan begins
	itemFaultEnd                   // fault number token of the plan ends
	itemWake                       // the host takes the next item of its backlog
)

// item is one entry of the queue: a value of half a cache line, so that pushing one allocates nothing once the queue
// has grown, and sifting moves little.
type item struct {
	// Invariant: at is not negative, so that it may be compared without its sign.
	at int64 // virtual time in nanoseconds
	// order is the number of the push, which decides among items of one instant, and in its low bits the kind.
	order    uint64
	token    uint64
	host     int32 // index of the host concerned
	delivery netsim.Delivery
}

// kindBits is how many bits of an item's order say what it is.
const kindBits = 4

func (it *item) kind() itemKind { return itemKind(it.order & (1<<kindBits - 1)) }

// before returns 1 if the item comes before the other, else 0: the total order of the queue, by time, then by number. No
// two items have the same number, so the order in which they leave does not depend on the shape of the heap.
//
// It is the borrow of a 128-bit subtraction. The times of a heap are as good as random, and a branch on them would be
// mispredicted half of the time.
func (it *item) before(other *item) uint64 {
	_, borrow := bits.Sub64(it.order, other.order, 0)
	_, borrow = bits.Sub64(uint64(it.at), uint64(other.at), borrow)
	return borrow
}

// queue is a 4-ary min-heap of values ordered by time and number of the push. Four children share two cache lines and
// halve the depth of a binary heap (LaMarca and Ladner, "The influence of caches on the performance of heaps", 1996).
//
// Invariant: items[i] is before items[4i+1] … items[4i+4], except for a root that is hollow.
type queue struct {
	items []item
	next  uint64 // number of the next push
	// hollow says that the root has been popped. What happens then mostly pushes something, which takes the place at once.
	hollow bool
}

func (q *queue) len() int {
	if q.hollow {
		return len(q.items) - 1
	}
	return len(q.items)
}

// due reports whether there is an item at or before a time.
func (q *queue) due(limit int64) bool {
	q.fill()
	return len(q.items) > 0 && q.items[0].at <= limit
}

// push adds an item, and gives it the next number.
func (q *queue) push(kind itemKind, it item) {
	it.order = q.number(kind)
	q.insert(it)
}

// number returns the order of an item that is pushed now, or is to come where it would come if it were.
func (q *queue) number(kind itemKind) uint64 {
	order := q.next<<kindBits | uint64(kind)
	q.next++
	return order
}

// insert adds an item that has its number.
func (q *queue) insert(it item) {
	if q.hollow {
		q.hollow = false
		q.sink(it)
		return
	}
	q.items = append(q.items, it)
	items, hole := q.items, len(q.items)-1
	for hole > 0 {
		parent := (hole - 1) / 4
		if it.before(&items[parent]) == 0 {
			break
		}
		items[hole] = items[parent]
		hole = parent
	}
	items[hole] = it
}

// pop removes and returns the first item. The queue must not be empty.
func (q *queue) pop() item {
	q.fill()
	q.hollow = true
	return q.items[0]
}

// fill puts the last item into the place of one that has been popped.
func (q *queue) fill() {
	if !q.hollow {
		return
	}
	q.hollow = false
	last := len(q.items) - 1
	moved := q.items[last]
	q.items = q.items[:last]
	if last > 0 {
		q.sink(moved)
	}
}

// sink puts the item into the hole at the root and moves it down to where it belongs.
func (q *queue) sink(it item) {
	items, hole := q.items, 0
	for {
		child := 4*hole + 1
		if child >= len(items) {
			break
		}
		least := leastChild(items, child)
		if it.before(&items[least]) == 1 {
			break
		}
		items[hole] = items[least]
		hole = least
	}
	items[hole] = it
}

// leastChild returns which one of up to four siblings comes first.
func leastChild(items []item, child int) int {
	if child+4 <= len(items) {
		four := items[child : child+4 : child+4]
		left := four[1].before(&four[0])      // 0 or 1
		right := 2 + four[3].before(&four[2]) // 2 or 3
		other := four[right&3].before(&four[left&3])
		return child + int(left^(left^right)&-other)
	}
	least := child
	for sibling := child + 1; sibling < len(items); sibling++ {
		if items[sibling].before(&items[least]) == 1 {
			least = sibling
		}
	}
	return least
}
