package keyspace

import (
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

// A string that shrank keeps its buffer; the bytes of the longer value before must not come back between the end and the
// offset.
func TestOverwriteFillsUpWithZeros(t *testing.T) {
	s := New(1)
	key := []byte("key")
	s.Apply(set("key", strings.Repeat("x", 20), 0))
	s.Apply(set("key", "short", 5))
	s.Apply(Effect{Kind: Overwrite, Slot: slots.Of(key), Key: key, Value: []byte("end"), Offset: 8})
	value, ok := s.Peek(slots.Of(key), key)
	if got := string(value.Append(nil)); !ok || got != "short\x00\x00\x00end" || value.ExpireAt() != 5 {
		t.Errorf("%q ending at %d, %t", got, value.ExpireAt(), ok)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}
