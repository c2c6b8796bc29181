package keyspace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

func TestExpectedKeysAreHashedOnce(t *testing.T) {
	s := filled()
	key := []byte("key7")
	slot := slots.Of(key)
	s.Expect(slot, key)
	s.window.keys[0].hash ^= 1 << 31 // were the key hashed again, this would not show
	if _, ok := s.Peek(slot, key); ok {
		t.Error("the hash was computed again")
	}
	if _, ok := s.Peek(slot, []byte("key7")); !ok {
		t.Error("the same key elsewhere in memory was taken for the expected one")
	}
	if _, ok := s.Peek(slots.Of(key[:3]), key[:3]); ok || s.window.number(key[:3]) != 0 {
		t.Error("a part of the expected key was taken for it")
	}
	s.EndWindow()
	if _, ok := s.Peek(slot, key); !ok {
		t.Error("the window was not forgotten")
	}
}

// Whatever is expected, in whatever order it then comes, nothing changes but time.
func TestWindowsDoNotChangeResults(t *testing.T) {
	plain, windowed := New(1), New(1)
	windowed.directoryKeys = 30
	for round := range 100 {
		var effects []Effect
		for i := range 90 { // more than a window remembers
			e := set(fmt.Sprintf("{%c}%d", 'a'+i%3, (i*7+round)%50), fmt.Sprint(round, i), 0)
			if i%4 == 0 {
				e = remove(e.Key)
			}
			if i%5 != 0 {
				windowed.Expect(e.Slot, e.Key)
			}
			effects = append(effects, e)
		}
		windowed.Expect(0, nil)
		effects = append(effects, set("", "empty", 0))
		if round%10 == 9 {
			effects = append(effects, Effect{Kind: FlushAll}, effects[1])
		}
		windowed.Prefetch()
		for i := range effects {
			e := effects[i*31%len(effects)]
			plain.Apply(e)
			windowed.Apply(e)
		}
		windowed.EndWindow()
		if plain.Digest() != windowed.Digest() || plain.Len() != windowed.Len() || windowed.Check() != nil {
			t.Fatalf("round %d: %d keys, want %d; %v", round, windowed.Len(), plain.Len(), windowed.Check())
		}
	}
}

// Where an expected key was seen is not trusted any more once the tables have changed: the memory that it was seen in may be one
// that a table has left, with all that is written there.
func TestExpectedKeysAreFoundWhereTablesHaveGone(t *testing.T) {
	key := func(i int) []byte { return fmt.Appendf(nil, "{a}%d", i) }
	value := func(round, i int) string { return strings.Repeat("v", (round*37+i*11)%90) }
	for name, change := range map[string]func(s *Space, round int){
		"grown": func(s *Space, round int) {
			for i := range 40 {
				s.Apply(set(string(key(1000+40*round+i)), "new", 0))
			}
		},
		"shrunk": func(s *Space, round int) {
			for i := range 40 {
				s.Apply(remove(key(1000 + 40*(round-4) + i)))
			}
		},
		"flushed": func(s *Space, round int) {
			s.Apply(Effect{Kind: FlushAll})
			for i := range 30 {
				s.Apply(set(string(key(i)), value(round+1, i), 0))
			}
		},
		"dropped": func(s *Space, round int) {
			s.Apply(set("another slot", "stays", 0))
			s.DropSlot(slots.Of(key(0)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			plain, windowed := New(1), New(1)
			windowed.directoryKeys = 50
			for round := range 60 {
				effects := make([]Effect, 30)
				for i := range effects {
					effects[i] = set(string(key(i)), value(round, i), 0)
					windowed.Expect(effects[i].Slot, effects[i].Key)
				}
				windowed.Prefetch()
				change(windowed, round)
				change(plain, round)
				for i := range effects {
					_, want := plain.Peek(effects[i].Slot, effects[i].Key)
					if _, ok := windowed.Peek(effects[i].Slot, effects[i].Key); ok != want {
						t.Fatalf("round %d: key %d is there: %v, want %v", round, i, ok, want)
					}
					windowed.Apply(effects[i])
					plain.Apply(effects[i])
				}
				windowed.EndWindow()
				if err := windowed.Check(); err != nil || plain.Digest() != windowed.Digest() {
					t.Fatalf("round %d: %d keys, want %d; %v", round, windowed.Len(), plain.Len(), err)
				}
			}
		})
	}
}

// Keys for which their homes had no room are brought near as well, as long as they are in the next bucket, whatever else has their tags.
func TestDisplacedKeysAreBroughtNear(t *testing.T) {
	s := New(1)
	key := func(i int) []byte { return fmt.Appendf(nil, "{a}%d", i) }
	const keys = 3000
	for i := range keys {
		s.Apply(set(string(key(i)), "v", 0))
	}
	s.EndWindow()
	slot := slots.Of(key(0))
	table := s.tables[slot]
	next := 0
	for first := 0; first < keys; first += windowKeys {
		for i := range windowKeys {
			s.Expect(slot, key(first+i))
		}
		s.Prefetch()
		for i := range s.window.keys {
			k := &s.window.keys[i]
			want, found := table.find(&s.store, k.hash, key(first+i))
			if !found || want.bucket != table.homeBucket(k.hash) && want.bucket != table.secondBucket(k.hash) {
				continue
			}
			if want.bucket == table.secondBucket(k.hash) {
				next++
				if table.homeBucket(k.hash).match(tagOf(k.hash)) != 0 {
					continue // what has the tag at home comes first
				}
			}
			if at, ok := s.tryCandidates(k, key(first+i)); !ok || at != want {
				t.Errorf("key %d of the window is at %+v, was expected at %+v: %v", i, want, at, ok)
			}
		}
		s.EndWindow()
	}
	if next < keys/100 {
		t.Errorf("only %d keys are in the bucket behind their homes: this test tests nothing", next)
	}
}
