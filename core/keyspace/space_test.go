package keyspace

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/ember-cluster/ember/core/slots"
)

func set(key, value string, expireAt int64) Effect {
	return Effect{Kind: Set, Slot: slots.Of([]byte(key)), Key: []byte(key), Value: []byte(value), ExpireAt: expireAt}
}

// filled returns a Space with keys of one slot and of others, some of which end.
func filled() *Space {
	s := New(1)
	for i := range 40 {
		s.Apply(set(fmt.Sprintf("{tag}%d", i), fmt.Sprint("value ", i), int64(i%3)*1000))
		s.Apply(set(fmt.Sprint("key", i), fmt.Sprint(i), 0))
	}
	return s
}

// TestScripts runs the scripts of testdata/scripts. The commands are those of parseEffect, and scan, keys, due and
// state.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		space := New(42)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			switch d.Cmd {
			case "apply":
				for line := range strings.Lines(d.Input) {
					space.Apply(parseEffect(t, strings.Fields(line)))
				}
			case "scan":
				var cursor uint64
				var count int
				d.ScanArgs(t, "cursor", &cursor)
				d.ScanArgs(t, "count", &count)
				next := space.Scan(cursor, count, func(key []byte, value Value) {
					fmt.Fprintf(&out, "slot %d: %s = %s\n", slots.Of(key), key, value.Append(nil))
				})
				fmt.Fprintf(&out, "next %d\n", next)
			case "due":
				var wall int64
				d.ScanArgs(t, "wall", &wall)
				for e := range space.Due(wall, 100) {
					space.Apply(e)
					fmt.Fprintln(&out, e)
				}
				next, ok := space.NextExpiry()
				fmt.Fprintln(&out, "next", next, ok)
			case "state":
				fmt.Fprintf(&out, "%d keys, %d end, slots %v, %d bytes, digest %#x\n",
					space.Len(), space.Expiring(), space.Occupied(), space.Bytes(), space.Digest())
			default:
				t.Fatalf("unknown command %q", d.Cmd)
			}
			if err := space.Check(); err != nil {
				t.Fatal(err)
			}
			return out.String()
		})
	})
}

// parseEffect reads "set key value [expiry]", "append key value", "delete key", "expire key time", "persist key",
// "flushslot key" or "flushall".
func parseEffect(t *testing.T, words []string) Effect {
	kinds := map[string]EffectKind{
		"set": Set, "append": Append, "delete": Delete, "expire": ExpireAt, "persist": Persist,
		"flushslot": FlushSlot, "flushall": FlushAll,
	}
	e := Effect{Kind: kinds[words[0]]}
	rest := words[1:]
	if e.Kind.hasKey() || e.Kind == FlushSlot {
		e.Key, rest = []byte(rest[0]), rest[1:]
		e.Slot = slots.Of(e.Key)
	}
	if e.Kind.hasValue() {
		e.Value, rest = []byte(rest[0]), rest[1:]
	}
	if len(rest) > 0 {
		if _, err := fmt.Sscan(rest[0], &e.ExpireAt); err != nil || !e.Kind.hasExpiry() {
			t.Fatalf("%q: %v", words, err)
		}
	}
	return e
}

// Redis's guarantee does not depend on the hash: keys that a cursor cannot tell apart come in one call.
func TestScanWithEqualHashes(t *testing.T) {
	s := New(1)
	s.store.hashBits = 3<<62 | 1 // four positions, each of two hashes that agree in all bits that a cursor has
	slot := slots.Of([]byte("{x}"))
	position := map[uint64]int{}
	for i := range 100 {
		e := set(fmt.Sprintf("{x}%d", i), "", 0)
		s.Apply(e)
		position[s.store.hash(e.Key)>>slotBits]++
	}
	met := map[string]int{}
	calls := 0
	for cursor := uint64(0); calls == 0 || cursor != 0; calls++ {
		visited, hash := 0, uint64(0)
		cursor = s.Scan(cursor, 3, func(key []byte, _ Value) { met[string(key)]++; visited++; hash = s.store.hash(key) })
		if want := position[hash>>slotBits]; visited != want {
			t.Errorf("call %d visited %d keys, want the %d of one position", calls, visited, want)
		}
	}
	if len(met) != 100 || calls != 4 || s.Count(slot) != 100 {
		t.Errorf("%d calls met %d keys of 100", calls, len(met))
	}
	for i := range 100 {
		if key := fmt.Sprintf("{x}%d", i); met[key] != 1 {
			t.Errorf("%s was met %d times", key, met[key])
		}
	}
}

// Any number is a cursor, since clients can send any.
func TestScanFromAnywhere(t *testing.T) {
	s := filled()
	for _, cursor := range []uint64{1, 1<<50 - 1, 1 << 50, 12345 << 50, math.MaxUint64, math.MaxUint64 - 1, 1 << 63} {
		for calls := 0; ; calls++ {
			next := s.Scan(cursor, 1, func([]byte, Value) {})
			if next == 0 {
				break
			}
			if next <= cursor {
				t.Fatalf("cursor %d leads back to %d", cursor, next)
			}
			cursor = next
		}
	}
}

func TestKeysStopAtTheLimit(t *testing.T) {
	s := filled()
	slot := slots.Of([]byte("{tag}"))
	for _, limit := range []int{-1, 0, 1, 39, 40, 1000} {
		count := 0
		for range s.Keys(slot, limit) {
			count++
		}
		if want := min(max(limit, 0), 40); count != want {
			t.Errorf("limit %d gives %d keys, want %d", limit, count, want)
		}
	}
	for range s.Keys(slots.Of([]byte("nothing here")), 10) {
		t.Error("a key in an empty slot")
	}
}

// The keys that Due lends stay valid while their effect is applied and logged.
func TestDueStopsAtAnEffectThatIsNotApplied(t *testing.T) {
	s := filled()
	count := 0
	for range s.Due(math.MaxInt64, 100) {
		count++
	}
	if count != 1 {
		t.Errorf("%d effects, want 1", count)
	}
	for e := range s.Due(math.MaxInt64, 100) {
		key := string(e.Key)
		s.Apply(e)
		if key != string(e.Key) {
			t.Errorf("the effect on %s became one on %s", key, e.Key)
		}
		break
	}
	if s.Expiring() != 25 {
		t.Errorf("%d keys end, want 25 of the 26", s.Expiring())
	}
}

// A key that is given another time ends then, whether the index knows of that already or not, and no look at the index takes long.
func TestKeysAreGivenAnotherTime(t *testing.T) {
	s := New(1)
	const keys, perLook = 40, 5
	expire := func(i int, at int64) { s.Apply(set(fmt.Sprintf("key%02d", i), "v", at)) }
	for i := range keys {
		expire(i, 1000+int64(i))
	}
	for i := 0; i < keys; i += 2 {
		expire(i, 3000-int64(i)) // later
	}
	expire(8, 2000) // between the two
	expire(10, 900) // before both
	expire(39, 1)
	var got []string
	take := func(wall int64) int {
		looks := 0
		for next, ok := s.NextExpiry(); ok && next <= wall; next, ok = s.NextExpiry() {
			for e := range s.Due(wall, perLook) {
				got = append(got, string(e.Key))
				s.Apply(e)
			}
			looks++
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		return looks
	}
	want := []string{"key39", "key10"}
	for i := 1; i < keys-1; i += 2 {
		want = append(want, fmt.Sprintf("key%02d", i))
	}
	if looks := take(1999); !slices.Equal(got, want) || looks < keys/perLook {
		t.Errorf("%d looks found %q, want %q", looks, got, want)
	}
	if next, _ := s.NextExpiry(); next != 2001 {
		t.Errorf("the next ends at %d", next)
	}
	want = append(want, "key08")
	for i := keys - 2; i >= 0; i -= 2 {
		if i != 8 && i != 10 {
			want = append(want, fmt.Sprintf("key%02d", i))
		}
	}
	if take(3001); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestAKeyLivesThroughItsLastMillisecond(t *testing.T) {
	s := New(1)
	s.Apply(set("k", "v", 1000))
	slot := slots.Of([]byte("k"))
	if _, ok := s.Lookup(slot, []byte("k"), 1000); !ok || s.Expired(slot, []byte("k"), 1000) {
		t.Error("gone in the millisecond of its expiry")
	}
	if _, ok := s.Lookup(slot, []byte("k"), 1001); ok || !s.Expired(slot, []byte("k"), 1001) {
		t.Error("there after its expiry")
	}
	wall, _ := s.NextExpiry()
	for range s.Due(wall-1, 1) {
		t.Error("due before NextExpiry")
	}
	due := 0
	for range s.Due(wall, 1) {
		due++
	}
	if due != 1 {
		t.Error("not due at NextExpiry")
	}
	s.Apply(set("k", "v", math.MaxInt64))
	for range s.Due(wall, 1) {
		t.Error("due though it was given another time")
	}
	if _, ok := s.NextExpiry(); ok {
		t.Error("the last millisecond there is has a next")
	}
}

func TestDropSlotForgetsOneSlot(t *testing.T) {
	s := filled()
	slot := slots.Of([]byte("{tag}"))
	s.DropSlot(slot)
	s.DropSlot(slot)
	if s.Count(slot) != 0 || s.Len() != 40 || s.Expiring() != 0 || s.Check() != nil {
		t.Errorf("%d keys there, %d in all, %d end, %v", s.Count(slot), s.Len(), s.Expiring(), s.Check())
	}
}

// The hot path: what is read, or replaced by something of its size, needs no memory.
func TestHotPathAllocatesNothing(t *testing.T) {
	s := filled()
	key := []byte("key7")
	slot := slots.Of(key)
	values := [][]byte{bytes.Repeat([]byte("v"), 64), bytes.Repeat([]byte("w"), 64), bytes.Repeat([]byte("x"), 200)}
	var scratch [MaxIntegerLength]byte
	read := 0
	for name, run := range map[string]func(i int){
		"GET": func(int) {
			value, _ := s.Lookup(slot, key, 0)
			read += len(value.Bytes(&scratch))
		},
		"SET": func(i int) { s.Apply(Effect{Kind: Set, Slot: slot, Key: key, Value: values[i%2]}) },
		"SET of another size": func(i int) {
			s.Apply(Effect{Kind: Set, Slot: slot, Key: key, Value: values[i%3]})
		},
		"INCR": func(i int) {
			s.Apply(Effect{Kind: Set, Slot: slot, Key: key, Value: strconv.AppendInt(scratch[:0], int64(i)<<40, 10)})
		},
		"EXPIRE": func(i int) { s.Apply(Effect{Kind: ExpireAt, Slot: slot, Key: key, ExpireAt: int64(i%7 + 1)}) },
		"EXPIRE and PERSIST": func(i int) {
			s.Apply(Effect{Kind: ExpireAt + EffectKind(i%2), Slot: slot, Key: key, ExpireAt: int64(1 - i%2)})
		},
		"a window of commands": func(int) { s.Expect(slot, key); s.Prefetch(); s.EndWindow() },
	} {
		i := 0
		if n := testing.AllocsPerRun(100, func() { run(i); i++ }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestDigestsDiffer(t *testing.T) {
	base := filled().Digest()
	for name, change := range map[string]Effect{
		"value":   set("key1", "other", 0),
		"expiry":  set("key1", "1", 5),
		"key":     set("new", "", 0),
		"missing": {Kind: Delete, Slot: slots.Of([]byte("key1")), Key: []byte("key1")},
	} {
		s := filled()
		s.Apply(change)
		if s.Digest() == base {
			t.Errorf("%s: the digest is the same", name)
		}
	}
	// Two keys whose values are swapped.
	s := filled()
	s.Apply(set("key1", "2", 0))
	s.Apply(set("key2", "1", 0))
	if s.Digest() == base {
		t.Error("swapped values: the digest is the same")
	}
}

func TestUnknownEffectsPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an effect of no kind was applied")
		}
	}()
	New(1).Apply(Effect{})
}
