package keyspace

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// naiveTable is a sorted slice.
type naiveTable []cell

func (n *naiveTable) find(hash uint64, key string) (int, bool) {
	return slices.BinarySearchFunc(*n, cell{hash: hash, record: &record{key: []byte(key)}}, compareCells)
}

// hashers spread keys evenly, in clumps at the ends of the range, or not at all.
var hashers = map[string]func(i int) uint64{
	"even":   func(i int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 },
	"top":    func(i int) uint64 { return ^uint64(i % 7) },
	"bottom": func(i int) uint64 { return uint64(i % 7) },
	"clumps": func(i int) uint64 { return uint64(i%5) << 61 },
	"equal":  func(int) uint64 { return 0x8000000000000000 },
}

func TestTableAgreesWithASortedSlice(t *testing.T) {
	for _, name := range []string{"even", "top", "bottom", "clumps", "equal"} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { compareTables(t, hashers[name]) })
		})
	}
}

func compareTables(t *rapid.T, hash func(int) uint64) {
	table, twin := &table{}, naiveTable{}
	for range rapid.IntRange(1, 200).Draw(t, "steps") {
		// More insertions than removals for a while, then the reverse, so that tables grow and shrink.
		i := rapid.IntRange(0, 99).Draw(t, "key")
		key := fmt.Sprintf("key%d", i)
		at, known := twin.find(hash(i), key)
		index, found := table.search(hash(i), []byte(key))
		if found != known {
			t.Fatalf("search of %s found %t, want %t", key, found, known)
		}
		if known {
			table.remove(index)
			twin = slices.Delete(twin, at, at+1)
		} else {
			c := cell{hash: hash(i), record: &record{key: []byte(key)}}
			table.insert(c.hash, c.record)
			twin = slices.Insert(twin, at, c)
		}
		if len(twin) == 0 {
			continue // a Space drops empty tables
		}
		if err := table.check(); err != nil {
			t.Fatal(err)
		}
	}
	got := slices.DeleteFunc(slices.Clone(table.cells), func(c cell) bool { return c.record == nil })
	if !slices.Equal(got, twin) {
		t.Fatalf("order\n%v, want\n%v", got, twin)
	}
	if table.count == 0 {
		return
	}
	from := rapid.OneOf(rapid.Uint64(), rapid.Map(rapid.IntRange(0, 99), hash)).Draw(t, "from")
	rest := slices.DeleteFunc(slices.Clone(table.cells[table.from(from):]), func(c cell) bool { return c.record == nil })
	want, _ := slices.BinarySearchFunc(twin, from, func(c cell, from uint64) int { return cmp.Compare(c.hash, from) })
	if !slices.Equal(rest, twin[want:]) {
		t.Fatalf("from %#x: %v, want %v", from, rest, twin[want:])
	}
}

// Growth doubles the homes and shrinking halves them, far apart, so that a key that comes and goes at a threshold
// does not resize the table each time.
func TestTableResizesSeldom(t *testing.T) {
	table := &table{}
	resizes, homes := 0, 0
	step := func() {
		if table.homes != homes {
			resizes, homes = resizes+1, table.homes
		}
	}
	key := func(i int) []byte { return fmt.Appendf(nil, "key%d", i) }
	hash := hashKey{first: 1, second: 2}
	add := func(i int) { table.insert(hash.sum(key(i)), &record{key: key(i)}); step() }
	drop := func(i int) { index, _ := table.search(hash.sum(key(i)), key(i)); table.remove(index); step() }
	const keys = 3000
	for i := range keys {
		add(i)
		add(keys)
		drop(keys)
	}
	for i := range keys - 1 {
		drop(i)
		add(keys)
		drop(keys)
	}
	if resizes > 25 { // 4 to 4096 homes and back, and a threshold crossed early by the extra key
		t.Errorf("%d resizes for %d keys that came and went", resizes, keys)
	}
	if table.homes > shrinkDenominator {
		t.Errorf("%d homes left for one key", table.homes)
	}
}

// A long probe sequence would show a hash or a load factor gone wrong.
func TestKeysAreNearTheirHomes(t *testing.T) {
	table, hash := &table{}, hashKey{first: 3, second: 4}
	const keys = 24_000 // of 32768 homes: just below the load at which the table grows
	for i := range keys {
		key := fmt.Appendf(nil, "key:%012d", i)
		table.insert(hash.sum(key), &record{key: key})
	}
	if table.homes != 32768 {
		t.Fatalf("%d homes", table.homes)
	}
	distance, longest := 0, 0
	for i, c := range table.cells {
		if c.record != nil {
			d := i - home(c.hash, table.homes)
			distance, longest = distance+d, max(longest, d)
		}
	}
	// Linear probing at load a displaces by a/(2(1-a)) on average (Knuth, volume 3, section 6.4): 1.37 at 0.732.
	if average := float64(distance) / keys; average > 1.7 || longest > 100 {
		t.Errorf("average distance %.2f, longest %d", average, longest)
	}
}
