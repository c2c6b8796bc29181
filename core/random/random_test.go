package random

import (
	"math/bits"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The reference values are those of the authors' C code of xoshiro256** for the state {1, 2, 3, 4}.
func TestXoshiroReference(t *testing.T) {
	s := &Stream{state: [4]uint64{1, 2, 3, 4}}
	for i, want := range []uint64{11520, 0, 1509978240, 1215971899390074240} {
		if got := s.Uint64(); got != want {
			t.Fatalf("output %d = %d, want %d", i, got, want)
		}
	}
}

// A change of any of these numbers changes every recorded history.
func TestStreamsArePinned(t *testing.T) {
	if got := New(42).Uint64(); got != 0x15780b2e0c2ec716 {
		t.Errorf("New(42) starts with %#x", got)
	}
	if got := Derive(42, "net/3→5").Uint64(); got != 0x894545101f88bf67 {
		t.Errorf("Derive(42, net/3→5) starts with %#x", got)
	}
}

func TestNamesAndSeedsGiveUnrelatedStreams(t *testing.T) {
	seen := map[uint64]string{}
	for _, name := range []string{"", "a", "b", "ab", "net/1→2", "net/2→1", "disk/1"} {
		for seed := uint64(0); seed < 50; seed++ {
			first := Derive(seed, name).Uint64()
			if other, ok := seen[first]; ok {
				t.Fatalf("%q with seed %d starts like %q", name, seed, other)
			}
			seen[first] = name
		}
	}
}

func TestUniformWithinBounds(t *testing.T) {
	s := New(1)
	var counts [7]int
	for range 70_000 {
		counts[s.Between(-3, 3)+3]++
	}
	for value, count := range counts {
		if count < 9_500 || count > 10_500 {
			t.Errorf("%d was drawn %d times of 70000, want about 10000", value-3, count)
		}
	}
}

func TestChance(t *testing.T) {
	s := New(2)
	hits := 0
	for range 100_000 {
		if s.Chance(250_000) {
			hits++
		}
	}
	if hits < 24_500 || hits > 25_500 {
		t.Errorf("a quarter came true %d times of 100000", hits)
	}
	for range 1_000 {
		if s.Chance(0) || !s.Chance(Million) {
			t.Fatal("never happened, or always did not")
		}
	}
}

func TestExponentialHasItsMeanAndTail(t *testing.T) {
	s := New(3)
	const n, mean = 200_000, time.Millisecond
	var sum time.Duration
	beyondMean := 0
	for range n {
		d := s.Exponential(mean)
		if d < 0 {
			t.Fatalf("negative duration %v", d)
		}
		if d > mean {
			beyondMean++
		}
		sum += d
	}
	if got := sum / n; got < 985*time.Microsecond || got > 1015*time.Microsecond {
		t.Errorf("mean %v, want about %v", got, mean)
	}
	if beyondMean < n*36/100 || beyondMean > n*38/100 { // 1/e = 36.8 %
		t.Errorf("%d of %d beyond the mean", beyondMean, n)
	}
}

func TestLog2IsWithinItsError(t *testing.T) {
	s := New(5)
	for range 100_000 {
		x := s.Uint64()>>s.IntN(64) | 1
		if got, want := log2(x), exactLog2(x); got < want-2 || got > want+2 {
			t.Fatalf("log2(%d) = %d/65536, want %d/65536", x, got, want)
		}
	}
}

func TestShuffleReachesEveryOrder(t *testing.T) {
	s := New(4)
	orders := map[[3]int]int{}
	for range 6_000 {
		order := [3]int{0, 1, 2}
		s.Shuffle(3, func(i, j int) { order[i], order[j] = order[j], order[i] })
		orders[order]++
	}
	for order, count := range orders {
		if count < 850 || count > 1150 {
			t.Errorf("order %v came %d times of 6000", order, count)
		}
	}
	if len(orders) != 6 {
		t.Errorf("%d orders of 6 came up", len(orders))
	}
}

func TestEmptyIntervalsPanic(t *testing.T) {
	for name, draw := range map[string]func(){
		"Uint64N": func() { New(1).Uint64N(0) },
		"IntN":    func() { New(1).IntN(0) },
		"Between": func() { New(1).Between(2, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of an empty interval did not panic", name)
				}
			}()
			draw()
		}()
	}
}

func TestMomentsDependOnTheInstantOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		m, n := DeriveMoments(seed, "net"), DeriveMoments(seed, "net")
		instants := rapid.SliceOfN(rapid.Int64Min(0), 1, 10).Draw(t, "instants")
		for _, at := range instants {
			for range rapid.IntRange(0, 5).Draw(t, "other draws") {
				n.At(time.Duration(rapid.Int64Min(0).Draw(t, "other"))).Uint64()
			}
			now := time.Duration(at)
			n.At(now - now%2 + (now+1)%2) // another instant, so that this one begins anew
			m.At(now - now%2 + (now+1)%2)
			for range 3 {
				if a, b := m.At(now).Uint64(), n.At(now).Uint64(); a != b {
					t.Fatalf("at %v: %x and %x", now, a, b)
				}
			}
		}
	})
}

// The first draws of neighbouring instants look like those of one stream: all values about as often, and no two alike.
func TestMomentsAreUnrelated(t *testing.T) {
	m := DeriveMoments(1, "net")
	seen := map[uint64]bool{}
	ones := 0
	const instants = 20_000
	for at := range time.Duration(instants) {
		draw := m.At(at).Uint64()
		seen[draw] = true
		ones += bits.OnesCount64(draw)
	}
	if len(seen) != instants || ones < 64*instants*495/1000 || ones > 64*instants*505/1000 {
		t.Errorf("%d of %d draws differ, with %d ones", len(seen), instants, ones)
	}
}
