package keyspace

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
)

// evictHalf fills a Space with keys that are used one after the other, evicts half of them, and returns how many of those were
// of the half that was used first.
func evictHalf(t *testing.T, e Eviction, key func(i int) []byte, use func(s *Space, i int)) (older int) {
	t.Helper()
	const keys = 4000
	s := New(1)
	s.SetEviction(e)
	for i := range keys {
		s.Apply(set(string(key(i)), "value", int64(keys+i)))
	}
	for i := range keys {
		use(s, i)
	}
	for range keys / 2 {
		slot, victim, ok := s.Victim()
		if !ok {
			t.Fatal("no key to evict")
		}
		s.Apply(Effect{Kind: Delete, Slot: slot, Key: bytes.Clone(victim)})
	}
	for i := range keys / 2 {
		if _, ok := s.Peek(slots.Of(key(i)), key(i)); !ok {
			older++
		}
	}
	return older * 100 / (keys / 2)
}

// What matters of an approximation: how many of the victims belong there. A choice by chance would get half of them right.
func TestEvictionPrefersWhatIsUsedLeast(t *testing.T) {
	spread := func(i int) []byte { return fmt.Append(nil, i) }
	inOneSlot := func(i int) []byte { return fmt.Appendf(nil, "{tag}%d", i) }
	byTime := func(key func(int) []byte) func(*Space, int) {
		return func(s *Space, i int) { s.SetTime(int64(i) * 1000); s.Use(slots.Of(key(i)), key(i)) }
	}
	byCount := func(key func(int) []byte) func(*Space, int) {
		return func(s *Space, i int) {
			for range i / 40 {
				s.Use(slots.Of(key(i)), key(i))
			}
		}
	}
	for _, test := range []struct {
		name  string
		by    Eviction
		key   func(int) []byte
		use   func(*Space, int)
		least int
	}{
		{"LRU, 5 samples", Eviction{Policy: AllKeysLRU, Samples: 5}, spread, byTime(spread), 90},
		{"LRU, 10 samples", Eviction{Policy: AllKeysLRU, Samples: 10}, spread, byTime(spread), 95},
		{"LRU, one slot", Eviction{Policy: AllKeysLRU, Samples: 5}, inOneSlot, byTime(inOneSlot), 90},
		{"LRU of keys that end", Eviction{Policy: VolatileLRU, Samples: 5}, spread, byTime(spread), 90},
		{"LFU", Eviction{Policy: AllKeysLFU, Samples: 5, DecayMinutes: 1}, spread, byCount(spread), 90},
		{"LFU of keys that end", Eviction{Policy: VolatileLFU, Samples: 5, DecayMinutes: 1}, spread, byCount(spread), 90},
		{"the first to end", Eviction{Policy: VolatileTTL}, spread, byTime(spread), 100},
	} {
		if share := evictHalf(t, test.by, test.key, test.use); share < test.least {
			t.Errorf("%s: %d%% of the victims were of the half that should go, want at least %d%%", test.name, share, test.least)
		}
	}
}

// Chance treats all keys alike.
func TestRandomEvictionIsFair(t *testing.T) {
	for _, policy := range []EvictionPolicy{AllKeysRandom, VolatileRandom} {
		share := evictHalf(t, Eviction{Policy: policy}, func(i int) []byte { return fmt.Append(nil, i) }, func(*Space, int) {})
		if share < 45 || share > 55 {
			t.Errorf("policy %d: %d%% of the victims were of one half", policy, share)
		}
	}
}

// RandomKey gives keys the same chance, in full and in nearly empty slots.
func TestRandomKeysAreUniform(t *testing.T) {
	s, source := New(1), random.New(2)
	for i := range 90 {
		s.Apply(set(fmt.Sprintf("{many}%d", i), "", 0))
	}
	for i := range 10 {
		s.Apply(set(fmt.Sprintf("{%d}", i), "", 0))
	}
	drawn := map[string]int{}
	for range 100_000 {
		slot, key := s.RandomKey(source)
		if slot != slots.Of(key) {
			t.Fatalf("%q was drawn for slot %d", key, slot)
		}
		drawn[string(key)]++
	}
	if len(drawn) != s.Len() {
		t.Errorf("%d keys of %d were drawn", len(drawn), s.Len())
	}
	for key, n := range drawn {
		if n < 850 || n > 1150 {
			t.Errorf("%q was drawn %d times of 100,000, want about 1,000", key, n)
		}
	}
}

// The counter's values are those of the table in Redis's documentation of lfu-log-factor.
func TestFrequencyCounterIsLogarithmic(t *testing.T) {
	for _, test := range []struct{ factor, uses, low, high int64 }{
		{0, 100, 100, 110}, {0, 1000, 255, 255},
		{1, 100, 15, 22}, {1, 1000, 43, 56}, {1, 100_000, 255, 255},
		{10, 100, 8, 13}, {10, 1000, 15, 22}, {10, 100_000, 130, 155}, {10, 1_000_000, 255, 255},
		{100, 100, 6, 11}, {100, 1000, 8, 14}, {100, 100_000, 38, 62}, {100, 1_000_000, 135, 155},
	} {
		s := New(3)
		s.SetEviction(Eviction{Policy: AllKeysLFU, Samples: 5, LogFactor: test.factor, DecayMinutes: 1})
		var sum, keys int64 = 0, max(1, 100_000/test.uses)
		for i := range keys {
			key := fmt.Append(nil, i)
			slot := slots.Of(key)
			s.Apply(set(string(key), "v", 0))
			for range test.uses {
				s.Use(slot, key)
			}
			value, _ := s.Peek(slot, key)
			sum += s.Frequency(value)
		}
		if got := sum / keys; got < test.low || got > test.high {
			t.Errorf("factor %d: the counter is %d after %d uses, want %d to %d", test.factor, got, test.uses, test.low, test.high)
		}
	}
}

func TestFrequencyCounterDecays(t *testing.T) {
	for _, test := range []struct{ decay, minutes, want int64 }{{1, 3, 97}, {2, 3, 99}, {0, 1000, 100}, {1, 1000, 0}} {
		s := New(3)
		s.SetEviction(Eviction{Policy: AllKeysLFU, Samples: 5, LogFactor: 10, DecayMinutes: test.decay})
		s.Apply(set("k", "v", 0))
		slot := slots.Of([]byte("k"))
		s.SetFrequency(slot, []byte("k"), 100)
		s.SetTime(test.minutes * 60_000)
		value, _ := s.Peek(slot, []byte("k"))
		if got := s.Frequency(value); got != test.want {
			t.Errorf("decay %d: %d after %d minutes, want %d", test.decay, got, test.minutes, test.want)
		}
	}
}

// However full a slot is, to empty it is not more work than another effect; the rest is done in bounded pieces.
func TestLargeSlotsAreEmptiedBitByBit(t *testing.T) {
	const keys = 20_000
	for _, way := range []struct {
		name  string
		empty func(*Space, slots.Slot)
	}{
		{"FLUSHSLOT", func(s *Space, slot slots.Slot) { s.Apply(Effect{Kind: FlushSlot, Slot: slot}) }},
		{"DropSlot", (*Space).DropSlot},
	} {
		s := New(1)
		slot := slots.Of([]byte("{tag}"))
		s.Apply(set("other", "value", 0))
		empty := s.Memory().Used()
		for i := range keys {
			s.Apply(set(fmt.Sprintf("{tag}%d", i), "a value of some length", int64(1+i%2)))
		}
		full := s.Memory().Used()
		way.empty(s, slot)
		if s.Count(slot) != 0 || s.Len() != 1 || s.Expiring() != 0 || !s.Working() {
			t.Fatalf("%s: %d keys are left, %d in all, of which %d end; work left: %t", way.name, s.Count(slot), s.Len(), s.Expiring(), s.Working())
		}
		for range s.Due(1000, 10) {
			t.Fatalf("%s: a key that is gone is due", way.name)
		}
		last, pieces := s.Memory().Used(), 0
		if last < full/2 {
			t.Errorf("%s: of %d bytes %d are left: that was no bounded work", way.name, full, last)
		}
		for ; s.Working(); pieces++ {
			s.Work()
			if err := s.Check(); err != nil {
				t.Fatalf("%s: %v", way.name, err)
			}
			if freed := last - s.Memory().Used(); freed > full/10 {
				t.Errorf("%s: a piece of work has freed %d bytes of %d", way.name, freed, full)
			}
			last = s.Memory().Used()
		}
		if pieces < keys/droppedPerWork || last > empty+3*pageItems*expiryItemBytes {
			t.Errorf("%s: %d bytes are left after %d pieces of work, %d at the start", way.name, last, pieces, empty)
		}
	}
}
