package sim

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The queue gives back what was pushed, earliest first, and of one instant in the order of pushing, as a sorted list would.
func TestQueueAgainstSortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var twin []item
		pushed := uint64(0)
		pop := func(t *rapid.T) {
			if len(twin) == 0 {
				t.SkipNow()
			}
			got := q.pop()
			if got.token != twin[0].token || got.at != twin[0].at || got.kind() != itemKind(got.token%8) {
				t.Fatalf("popped %+v, want %+v", got, twin[0])
			}
			twin = twin[1:]
		}
		push := func(t *rapid.T) {
			it := item{at: rapid.Int64Range(0, 20).Draw(t, "at"), token: pushed}
			q.push(itemKind(pushed%8), it)
			pushed++
			place, _ := slices.BinarySearchFunc(twin, it, func(a, b item) int {
				if a.at <= b.at {
					return -1
				}
				return 1
			})
			twin = slices.Insert(twin, place, it)
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": push, "push more": push, "pop": pop,
			"": func(t *rapid.T) {
				if q.len() != len(twin) {
					t.Fatalf("%d items, want %d", q.len(), len(twin))
				}
			},
		})
	})
}

func TestBacklogAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b backlog
		var twin []uint64
		pushed := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					b.push(item{token: pushed})
					twin = append(twin, pushed)
					pushed++
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(0, len(twin)).Draw(t, "n") {
					if got := b.pop(); got.token != twin[0] {
						t.Fatalf("popped %d, want %d", got.token, twin[0])
					}
					twin = twin[1:]
				}
			},
			"": func(t *rapid.T) {
				if b.len() != len(twin) {
					t.Fatalf("%d items, want %d", b.len(), len(twin))
				}
			},
		})
	})
}
