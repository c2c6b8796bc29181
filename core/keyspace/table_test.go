package keyspace

import (
	"fmt"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

func tagged(i int) Effect { return set(fmt.Sprintf("{x}%d", i), "", 0) }

func remove(key []byte) Effect { return Effect{Kind: Delete, Slot: slots.Of(key), Key: key} }

// A table large enough for several segments grows and shrinks under a scan which meets what stays exactly once.
func TestLargeTableGrowsAndShrinksUnderAScan(t *testing.T) {
	s := New(1)
	slot := slots.Of([]byte("{x}"))
	const staying, passing = 2_000, 60_000
	for i := range staying {
		s.Apply(tagged(i))
	}
	met := make([]int, staying)
	var cursor uint64
	started := false
	scan := func() {
		if started && cursor == 0 {
			return
		}
		started = true
		cursor = s.Scan(cursor, 3, func(key []byte, _ Value) {
			var i int
			if _, err := fmt.Sscanf(string(key), "{x}%d", &i); err != nil {
				t.Fatal(err)
			}
			if i < staying {
				met[i]++
			}
		})
	}
	resizing, segments, dropped := 0, 0, 0
	observe := func(i int) {
		if table := s.tables[slot]; table.next != nil {
			resizing++
			segments = max(segments, len(table.next.segments))
			if table.moved == segmentBuckets { // the first segment has just been emptied
				dropped++
				if n := len(keysOf(s, slot)); table.current.segments[0] != nil || n != table.count {
					t.Fatalf("%d keys of %d, first segment still there: %t", n, table.count, table.current.segments[0] != nil)
				}
			}
		}
		if i%200 == 0 {
			scan()
		}
		if i%20_000 == 0 {
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range passing {
		s.Apply(tagged(staying + i))
		observe(i)
	}
	for i := range passing {
		s.Apply(remove(tagged(staying + i).Key))
		observe(i)
	}
	for cursor != 0 {
		scan()
	}
	for i, times := range met {
		if times != 1 {
			t.Fatalf("key %d was met %d times", i, times)
		}
	}
	if resizing < passing/10 || segments < 4 || dropped == 0 {
		t.Errorf("resizes were under way at %d steps, with up to %d segments: the test shows nothing", resizing, segments)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if held := s.Memory().Tables; held > 24*staying { // both arrays of a resize
		t.Errorf("%d bytes of tables are left for %d keys", held, staying)
	}
}

// Growth and shrinking are far apart, so a key that comes and goes at a threshold does not resize the table each time.
func TestTableResizesSeldom(t *testing.T) {
	s := New(1)
	slot := slots.Of([]byte("{x}"))
	resizes, homes := 0, 0
	step := func(e Effect) {
		s.Apply(e)
		if table := s.tables[slot]; table != nil && table.current.homes != homes {
			resizes, homes = resizes+1, table.current.homes
		}
	}
	const keys = 3000
	for i := range keys {
		step(tagged(i))
		step(tagged(keys))
		step(remove(tagged(keys).Key))
	}
	for i := range keys - 1 {
		step(remove(tagged(i).Key))
		step(tagged(keys))
		step(remove(tagged(keys).Key))
	}
	if resizes > 50 { // by a quarter from 1 to 286 homes and back
		t.Errorf("%d resizes for %d keys that came and went", resizes, keys)
	}
	if homes != 1 {
		t.Errorf("%d homes left for one key", homes)
	}
}

// Growth must never take a step over a millisecond, at any size: no effect may move more than some hundred entries.
func TestNoInsertionMovesManyKeys(t *testing.T) {
	s := New(1)
	const keys = 5_000_000
	key := make([]byte, 8)
	most, total := uint64(0), uint64(0)
	for i := range keys {
		for place := range 4 {
			key[place] = byte(i >> (8 * place))
		}
		before := s.store.moves
		s.Apply(Effect{Kind: Set, Key: key}) // all into one slot
		moved := s.store.moves - before
		most, total = max(most, moved), total+moved
	}
	// All of a table of maxDirectHomes homes, or homesPerStep homes of a larger one.
	if limit := uint64(maxDirectHomes * lanesPerBucket); most > limit {
		t.Errorf("one effect moved %d entries, want at most %d", most, limit)
	}
	if s.Count(0) != keys || total > 6*keys {
		t.Errorf("%d keys were moved %d times", s.Count(0), total)
	}
}

// A long search would show a hash or a load factor gone wrong.
func TestSearchesAreShort(t *testing.T) {
	s := New(3)
	slot := slots.Of([]byte("{x}"))
	keys := 0
	for s.tables[slot] == nil || keys < 60_000 || !tooFull(keys+1, s.tables[slot].current.homes) {
		s.Apply(tagged(keys))
		keys++
	}
	a := &s.tables[slot].current
	displaced := 0
	for i := range a.size() {
		displaced += int(a.at(i).overflow)
	}
	// The sum of the overflow counts is that of the distances from home, in buckets.
	if displaced > keys/4 {
		t.Errorf("%d keys lie %d buckets behind their homes in all", keys, displaced)
	}
}
