package keyspace

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

const benchmarkKeys = 1_000_000

// benchmarkSpace holds a million keys of 16 bytes with values of 64, as redis-benchmark makes them.
func benchmarkSpace(b *testing.B, expireAt int64) *Space {
	b.Helper()
	s := New(1)
	value := []byte(strings.Repeat("v", 64))
	var key []byte
	for i := range benchmarkKeys {
		key = fmt.Appendf(key[:0], "key:%012d", i)
		e := Effect{Kind: Set, Slot: slots.Of(key), Key: key, Value: value}
		if expireAt != 0 {
			e.ExpireAt = expireAt + int64(i*7919%benchmarkKeys)
		}
		s.Apply(e)
	}
	return s
}

// inWindows calls run for b.N keys, no two neighbours of which are near in memory; prefetched says whether their memory is
// asked for in windows of 32. The keys are spelled in a buffer, as those of commands are.
func inWindows(b *testing.B, s *Space, prefetched bool, run func(slot slots.Slot, key []byte)) {
	b.ReportAllocs()
	const window = 32
	var found [window]slots.Slot
	var keys [window][]byte
	for i := range keys {
		keys[i] = []byte("key:000000000000")
	}
	for start := 0; start < b.N; start += window {
		for i, key := range keys {
			number := (start + i) * 611953 % benchmarkKeys
			for place := 15; place > 9; place-- {
				key[place] = byte('0' + number%10)
				number /= 10
			}
			found[i] = slots.Of(key)
			if prefetched {
				s.Expect(found[i], key)
			}
		}
		s.Prefetch()
		for i, key := range keys {
			run(found[i], key)
		}
		s.EndWindow()
	}
}

func BenchmarkGet(b *testing.B) {
	s := benchmarkSpace(b, 0)
	sum := 0
	var scratch [MaxIntegerLength]byte
	for _, prefetched := range []bool{false, true} {
		b.Run(fmt.Sprintf("prefetched=%t", prefetched), func(b *testing.B) {
			inWindows(b, s, prefetched, func(slot slots.Slot, key []byte) {
				value, _ := s.Lookup(slot, key, 0)
				for _, c := range value.Bytes(&scratch) { // a reply would read them
					sum += int(c)
				}
			})
		})
	}
}

func BenchmarkSet(b *testing.B) {
	s := benchmarkSpace(b, 0)
	value := []byte(strings.Repeat("w", 64))
	for _, prefetched := range []bool{false, true} {
		b.Run(fmt.Sprintf("prefetched=%t", prefetched), func(b *testing.B) {
			inWindows(b, s, prefetched, func(slot slots.Slot, key []byte) {
				s.Apply(Effect{Kind: Set, Slot: slot, Key: key, Value: value})
			})
		})
	}
}

// BenchmarkMemory reports the bytes per key, of the heap and by the Space's own account.
func BenchmarkMemory(b *testing.B) {
	for _, expireAt := range []int64{0, 1_000_000} {
		b.Run(fmt.Sprintf("expiring=%t", expireAt != 0), func(b *testing.B) {
			for range b.N {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				s := benchmarkSpace(b, expireAt)
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/benchmarkKeys, "heap-B/key")
				m := s.Memory()
				b.ReportMetric(float64(m.Total())/benchmarkKeys, "held-B/key")
				b.ReportMetric(float64(m.Tables)/benchmarkKeys, "tables-B/key")
				b.ReportMetric(float64(s.Bytes())/benchmarkKeys, "entry-B/key")
			}
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	s := benchmarkSpace(b, 0)
	for b.Loop() {
		s.Digest()
	}
}

// BenchmarkInsert fills one slot, whose table then grows all the time.
func BenchmarkInsert(b *testing.B) {
	s := New(1)
	value := []byte(strings.Repeat("v", 64))
	key := make([]byte, 16)
	b.ReportAllocs()
	for i := range b.N {
		for j := range 8 {
			key[j] = byte(i >> (8 * j))
		}
		s.Apply(Effect{Kind: Set, Key: key, Value: value})
	}
}

func BenchmarkScan(b *testing.B) {
	s := benchmarkSpace(b, 0)
	b.ReportAllocs()
	var cursor uint64
	visited := 0
	for visited < b.N {
		cursor = s.Scan(cursor, 100, func([]byte, Value) { visited++ })
	}
}
