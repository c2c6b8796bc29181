package keyspace

import (
	"fmt"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

// From so many keys on the directory knows where the buckets of a slot are, unless they are about to move, and forgets slots that
// are emptied.
func TestDirectory(t *testing.T) {
	s := New(1)
	s.directoryKeys, s.store.directHomes = 100, 1
	key := func(i int) []byte { return fmt.Appendf(nil, "{%d}%d", i%20, i) }
	for i := range 4000 {
		s.Apply(set(string(key(i)), "v", 0))
		if (s.directory != nil) != (s.Len() >= 100) {
			t.Fatalf("a directory with %d keys: %v", s.Len(), s.directory != nil)
		}
		if s.directory == nil {
			continue
		}
		slot, hash := slots.Of(key(i)), s.store.hash(key(i))
		want := s.tables[slot].homeBucket(hash)
		if s.tables[slot].next != nil {
			want = nil
		}
		if got := s.directory.bucket(slot, hash); got != want {
			t.Fatalf("key %d: bucket %p, want %p", i, got, want)
		}
	}
	slot, hash := slots.Of(key(0)), s.store.hash(key(0))
	s.DropSlot(slot)
	if s.directory.bucket(slot, hash) != nil {
		t.Error("the directory knows the buckets of an empty slot")
	}
	for i := range 4000 {
		s.Apply(remove(key(i)))
	}
	if s.Len() > 0 || s.Check() != nil {
		t.Errorf("%d keys, %v", s.Len(), s.Check())
	}
	s.Apply(Effect{Kind: FlushAll})
	if s.directory != nil {
		t.Error("a directory without keys")
	}
}
