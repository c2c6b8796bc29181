package sim

import "github.com/ember-cluster/ember/transport/netsim"

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

// item is one entry of the queue: a value, so that pushing one allocates nothing once the queue has grown.
type item struct {
	at       int64  // virtual time in nanoseconds
	sequence uint64 // order among items of one instant: first pushed, first out
	token    uint64
	host     int32 // index of the host concerned, -1 if none
	delivery netsim.Delivery
	kind     itemKind
}

// before is the total order of the queue. Sequence numbers are unique, so no two items are equal and
// the order in which they leave does not depend on the shape of the heap.
func (a *item) before(b *item) bool {
	return a.at < b.at || a.at == b.at && a.sequence < b.sequence
}

// queue is a 4-ary min-heap of values ordered by (time, sequence). Four children share two cache lines and
// halve the depth of a binary heap (LaMarca and Ladner, "The influence of caches on the performance of heaps", 1996).
//
// Invariant: items[i] is before items[4i+1] … items[4i+4].
type queue struct {
	items []item
	next  uint64 // sequence number of the next push
}

func (q *queue) len() int { return len(q.items) }

// push adds the item and gives it the next sequence number.
func (q *queue) push(it item) {
	it.sequence = q.next
	q.next++
	q.items = append(q.items, it)
	items, hole := q.items, len(q.items)-1
	for hole > 0 {
		parent := (hole - 1) / 4
		if !it.before(&items[parent]) {
			break
		}
		items[hole] = items[parent]
		hole = parent
	}
	items[hole] = it
}

// pop removes and returns the first item. The queue must not be empty.
func (q *queue) pop() item {
	items := q.items
	first := items[0]
	last := len(items) - 1
	moved := items[last]
	q.items = items[:last]
	if last > 0 {
		q.sink(moved)
	}
	return first
}

// sink puts the item into the hole at the root and moves it down to where it belongs.
func (q *queue) sink(it item) {
	items, hole := q.items, 0
	for {
		child := 4*hole + 1
		if child >= len(items) {
			break
		}
		least := child
		for other := child + 1; other < min(child+4, len(items)); other++ {
			if items[other].before(&items[least]) {
				least = other
			}
		}
		if it.before(&items[least]) {
			break
		}
		items[hole] = items[least]
		hole = least
	}
	items[hole] = it
}
