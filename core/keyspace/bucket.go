package keyspace

import "math/bits"

// lanesPerBucket is how many keys a bucket takes.
const lanesPerBucket = 12

// bucket is one cache line of a table: twelve lanes, each a tag and a reference, and what tells a search when to stop.
//
//	0            8        12         16                                  64
//	┌────────────┬────────┬──────────┬───────────────────────────────────┐
//	│ 8 tags     │ 4 tags │ overflow │ 12 references of 4 bytes          │
//	└────────────┴────────┴──────────┴───────────────────────────────────┘
//
// All tags are compared at once, in two words, so a search reads this line and then, in all likelihood, only the entry it
// looks for: a lane of another key has the same tag once in 255.
type bucket struct {
	// lowTags and highTags are a byte per lane, lane 0 in the lowest byte; 0 marks a free lane.
	lowTags  uint64
	highTags uint32
	// overflow counts the keys whose search has to go past this bucket: their homes are here or before, and they lie
	// behind. So a search ends at the first bucket whose count is 0, and a removal leaves no tombstone (the same
	// counts are in Bronson and Shi's F14 tables).
	overflow   uint32
	references [lanesPerBucket]reference
}

// tagOf returns the tag of a hash, 1 to 255. It is taken from the low half of the hash, since keys of one bucket
// agree in leading bits.
func tagOf(hash uint64) uint8 { return uint8(hash&0xffff_ffff*255>>32) + 1 }

// lanes is a set of lanes: bit 8i stands for lane i, bit 8i+1 for lane 8+i. It is what comparing the bytes of two words
// yields with the least work.
type lanes uint64

// first returns the lowest lane of one word and, in between, of the other. The set must not be empty.
func (l lanes) first() int {
	place := bits.TrailingZeros64(uint64(l))
	return place>>3 | place&1<<3
}

// rest returns the set without its first lane.
func (l lanes) rest() lanes { return l & (l - 1) }

const (
	everyByte   = 0x0101_0101_0101_0101
	lowSevens   = 0x7f7f_7f7f_7f7f_7f7f
	highTagBits = 0x8080_8080 // of the four bytes of highTags
)

// zeroBytes returns a word with the highest bit of each byte set that is 0 in word, and no other bit.
func zeroBytes(word uint64) uint64 {
	return ^((word&lowSevens + lowSevens) | word | lowSevens)
}

// match returns the lanes with the given tag; of tag 0, the free lanes.
func (b *bucket) match(tag uint8) lanes {
	pattern := uint64(tag) * everyByte
	low := zeroBytes(b.lowTags ^ pattern)
	high := zeroBytes(uint64(b.highTags)^pattern) & highTagBits
	return lanes(low>>7 | high>>6)
}

// allLanes is the set of all lanes.
const allLanes lanes = everyByte | 0x0202_0202

// used returns the lanes that hold a key.
func (b *bucket) used() lanes { return allLanes &^ b.match(0) }

// put fills a lane.
func (b *bucket) put(lane int, tag uint8, ref reference) {
	b.setTag(lane, tag)
	b.references[lane] = ref
}

// clear empties a lane.
func (b *bucket) clear(lane int) { b.put(lane, 0, noReference) }

// tag returns the tag of a lane.
func (b *bucket) tag(lane int) uint8 {
	if lane < 8 {
		return uint8(b.lowTags >> (8 * uint(lane)))
	}
	return uint8(b.highTags >> (8 * uint(lane-8)))
}

func (b *bucket) setTag(lane int, tag uint8) {
	if lane < 8 {
		shift := 8 * uint(lane)
		b.lowTags = b.lowTags&^(0xff<<shift) | uint64(tag)<<shift
		return
	}
	shift := 8 * uint(lane-8)
	b.highTags = b.highTags&^(0xff<<shift) | uint32(tag)<<shift
}
