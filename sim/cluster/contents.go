package cluster

import (
	"bytes"
	"fmt"
	"maps"
	"math"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

// contents is what the effects on a node's data come to, by key. It is kept by rules of its own, so that it can judge the keyspace.
type contents map[string]*storedValue

type storedValue struct {
	value []byte // of which the memory may be the effects'
	end   int64  // in Unix milliseconds, 0 if there is none
}

func (c contents) apply(e *keyspace.Effect) {
	switch e.Kind {
	case keyspace.FlushSlot:
		//unordered: what remains does not depend on the order
		maps.DeleteFunc(c, func(key string, _ *storedValue) bool { return slots.Of([]byte(key)) == e.Slot })
		return
	case keyspace.FlushAll:
		clear(c)
		return
	case keyspace.Delete:
		delete(c, string(e.Key))
		return
	}
	held := c[string(e.Key)]
	switch {
	case held == nil && (e.Kind == keyspace.ExpireAt || e.Kind == keyspace.Persist):
		return
	case held == nil:
		held = &storedValue{}
		c[string(e.Key)] = held
	}
	held.change(e)
}

// change applies an effect on one key.
func (v *storedValue) change(e *keyspace.Effect) {
	switch e.Kind {
	case keyspace.Set:
		v.value, v.end = e.Value[:len(e.Value):len(e.Value)], e.ExpireAt // what is appended must not overwrite the effects behind
	case keyspace.Append:
		v.value = append(v.value, e.Value...)
	case keyspace.Overwrite:
		longer := make([]byte, max(len(v.value), int(e.Offset)+len(e.Value)))
		copy(longer, v.value)
		copy(longer[e.Offset:], e.Value)
		v.value = longer
	case keyspace.ExpireAt, keyspace.Persist:
		v.end = e.ExpireAt
	}
}

// compare returns what a node's data has otherwise.
func (c contents) compare(data *keyspace.Space) error {
	if data.Len() != len(c) {
		return fmt.Errorf("replaying the effects gives %d keys, the node has %d", len(c), data.Len())
	}
	var scratch [keyspace.MaxIntegerLength]byte
	occupied := data.Occupied()
	for slot, ok := occupied.Next(0); ok; slot, ok = occupied.Next(slot + 1) {
		for key := range data.Keys(slot, math.MaxInt) {
			value, _ := data.Peek(slot, key)
			want := c[string(key)]
			if want == nil {
				return fmt.Errorf("the node has the key %q, which no effect has left there", key)
			}
			if got := value.Bytes(&scratch); !bytes.Equal(got, want.value) || value.ExpireAt() != want.end {
				return fmt.Errorf("replaying the effects gives %q the value %q and the end %d, the node has %q and %d", key, want.value, want.end, got, value.ExpireAt())
			}
		}
	}
	return nil
}
