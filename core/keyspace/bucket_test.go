package keyspace

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func lanesOf(l lanes) []int {
	var all []int
	for ; l != 0; l = l.rest() {
		all = append(all, l.first())
	}
	slices.Sort(all)
	return all
}

func TestBucketAgreesWithAnArrayOfTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bucket
		var twin [lanesPerBucket]uint8
		// Tags that differ in one bit are what a comparison by carries could confuse.
		tag := rapid.SampledFrom([]uint8{0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff})
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			lane := rapid.IntRange(0, lanesPerBucket-1).Draw(t, "lane")
			twin[lane] = tag.Draw(t, "tag")
			b.put(lane, twin[lane], reference(lane))
		}
		var used []int
		for lane, tag := range twin {
			if tag != 0 {
				used = append(used, lane)
			}
			if b.tag(lane) != tag {
				t.Fatalf("lane %d has tag %d, want %d", lane, b.tag(lane), tag)
			}
		}
		if got := lanesOf(b.used()); !slices.Equal(got, used) {
			t.Fatalf("used are %v, want %v", got, used)
		}
		for _, tag := range []uint8{0, 1, 2, 3, 0x7f, 0x80, 0x81, 0xfe, 0xff} {
			var want []int
			for lane, other := range twin {
				if other == tag {
					want = append(want, lane)
				}
			}
			if got := lanesOf(b.match(tag)); !slices.Equal(got, want) {
				t.Fatalf("tag %d is in %v, want %v", tag, got, want)
			}
		}
	})
}

func TestTagsAreNeverThatOfAFreeLane(t *testing.T) {
	seen := map[uint8]bool{}
	for i := range uint64(1 << 16) {
		seen[tagOf(i<<16|0xffff)] = true
	}
	for _, hash := range []uint64{0, 1, math.MaxUint32, math.MaxUint64} {
		seen[tagOf(hash)] = true
	}
	if seen[0] || len(seen) != 255 {
		t.Errorf("%d tags, the free lane's among them: %t", len(seen), seen[0])
	}
}
