package seal

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestWindowTakesEachNumberOnce compares the window with a list of all that it has taken.
func TestWindowTakesEachNumberOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		taken, newest := map[uint64]bool{}, uint64(0)
		near := rapid.Uint64Range(0, 2*windowSize)
		for range rapid.IntRange(1, 200).Draw(t, "numbers") {
			n := near.Draw(t, "above")
			switch rapid.IntRange(0, 9).Draw(t, "jump") {
			case 0:
				n += newest
			case 1:
				n = newest - min(newest, n)
			case 2:
				n = newest + rapid.Uint64Range(0, 100*windowSize).Draw(t, "far")
			}
			want := !taken[n] && (len(taken) == 0 || n > newest || newest-n < windowSize)
			if w.isFresh(n) != want {
				t.Fatalf("number %d is fresh: %v, want %v (newest %d)", n, !want, want, newest)
			}
			if want {
				w.take(n)
				taken[n], newest = true, max(newest, n)
			}
		}
	})
}

func TestWindowAtTheLastNumbers(t *testing.T) {
	var w window
	w.take(3)
	const last = math.MaxUint64 - 1 // the sender panics long before
	w.take(last)
	if w.isFresh(last) || w.isFresh(3) || !w.isFresh(last-1) || w.isFresh(last-windowSize) {
		t.Error("the window is wrong at the end of the numbers")
	}
}
