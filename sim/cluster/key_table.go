package cluster

import (
	"maps"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

// keyTable is which keys there are by the effects so far, and when each ends, in Unix milliseconds, 0 if it does not. It is kept
// by rules of its own, so that it can judge the keyspace.
type keyTable map[string]int64

func (t keyTable) apply(e *keyspace.Effect) {
	key := string(e.Key)
	switch e.Kind {
	case keyspace.Set:
		t[key] = e.ExpireAt
	case keyspace.Append, keyspace.Overwrite:
		t[key] += 0 // the end stays
	case keyspace.Delete:
		delete(t, key)
	case keyspace.ExpireAt, keyspace.Persist:
		if t.has(key) {
			t[key] = e.ExpireAt
		}
	case keyspace.FlushSlot:
		//unordered: what remains does not depend on the order
		maps.DeleteFunc(t, func(key string, _ int64) bool { return slots.Of([]byte(key)) == e.Slot })
	case keyspace.FlushAll:
		clear(t)
	}
}

func (t keyTable) has(key string) bool {
	_, there := t[key]
	return there
}

// ended reports whether a key with this end counts as gone, though nothing may have removed it yet.
func ended(end, wall int64) bool { return end != 0 && end < wall }
