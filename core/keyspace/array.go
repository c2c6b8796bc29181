package keyspace

import "math/bits"

// segmentBuckets is how many buckets a segment has: 64 KiB, little enough to be cleared within one step.
const (
	segmentShift   = 10
	segmentBuckets = 1 << segmentShift
)

// array is a sequence of buckets. The first of them are the homes; behind the last home there is room for displaced keys
// only. A small one is a single piece of exactly its size. A large one consists of segments that come one by one as it
// fills from its start, and go one by one as it is emptied from its start, so that no step has to touch all of it.
type array struct {
	// homes is how many buckets are somebody's home.
	homes int
	// Invariant: at most one of direct and segments is there; direct has at most segmentBuckets, a segment exactly.
	direct   []bucket
	segments [][]bucket
	// held is how many buckets there is memory for.
	held int
}

func newArray(homes int) array {
	if homes > segmentBuckets {
		return array{homes: homes}
	}
	return array{homes: homes, direct: make([]bucket, homes), held: homes}
}

// home returns the bucket at which the search for a hash begins. It rises with the hash, for any number of homes.
func (a *array) home(hash uint64) int { return homeOf(hash, a.homes) }

// homeOf is home for an array of so many homes.
func homeOf(hash uint64, homes int) int {
	high, _ := bits.Mul64(hash, uint64(homes))
	return int(high)
}

// size returns the number of buckets that there are by now.
func (a *array) size() int { return len(a.direct) + len(a.segments)<<segmentShift }

// at returns a bucket. It must be there, and not be dropped.
func (a *array) at(i int) *bucket {
	if i < len(a.direct) {
		return &a.direct[i]
	}
	return &a.segments[i>>segmentShift][i&(segmentBuckets-1)]
}

// extend adds at least one bucket at the end.
func (a *array) extend() {
	before := a.size()
	switch {
	case a.segments == nil && a.homes <= segmentBuckets && len(a.direct) < segmentBuckets:
		grown := make([]bucket, len(a.direct)+1)
		copy(grown, a.direct)
		a.direct = grown
	case a.direct != nil:
		a.segments = [][]bucket{a.direct, make([]bucket, segmentBuckets)}
		a.direct = nil
	default:
		a.segments = append(a.segments, make([]bucket, segmentBuckets))
	}
	a.held += a.size() - before
}

// drop lets go of the segments that end before bucket i. They must be empty and are not looked at again.
func (a *array) drop(i int) {
	if segment := i>>segmentShift - 1; segment >= 0 && segment < len(a.segments) && a.segments[segment] != nil {
		a.held -= len(a.segments[segment])
		a.segments[segment] = nil
	}
}

// put adds a reference in the first free lane from the hash's home on.
func (a *array) put(hash uint64, ref reference) {
	for i := a.home(hash); ; i++ {
		for i >= a.size() {
			a.extend()
		}
		b := a.at(i)
		if free := b.match(0); free != 0 {
			b.put(free.first(), tagOf(hash), ref)
			return
		}
		b.overflow++
	}
}

// take removes what is in a place and has the given hash.
func (a *array) take(hash uint64, p place) {
	p.bucket.clear(p.lane)
	for i := a.home(hash); ; i++ {
		passed := a.at(i)
		if passed == p.bucket {
			return
		}
		passed.overflow--
	}
}

// each calls visit with every reference, in no useful order.
func (a *array) each(visit func(reference)) {
	eachReference(a.direct, visit)
	for _, segment := range a.segments {
		eachReference(segment, visit)
	}
}

func eachReference(buckets []bucket, visit func(reference)) {
	for i := range buckets {
		for used := buckets[i].used(); used != 0; used = used.rest() {
			visit(buckets[i].references[used.first()])
		}
	}
}

// memory returns the bytes that the buckets take.
func (a *array) memory() int64 { return int64(a.held) * bucketBytes }

const bucketBytes = 64
