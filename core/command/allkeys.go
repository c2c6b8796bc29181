package command

import (
	"bytes"
	"math"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

// allKeyRows look at the keys of all slots.
var allKeyRows = []*Row{
	{
		Name: "keys", Arity: 2, Flags: ReadOnly, Categories: KeyspaceCategory | DangerousCategory,
		Tips:  []string{"request_policy:all_shards", "nondeterministic_output_order"},
		Group: "generic", Since: "1.0.0", Summary: "Returns the keys of this node that match a pattern.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{{Name: "pattern", Type: PatternArgument}},
		Run:        matchingKeys,
	},
	{
		Name: "randomkey", Arity: 1, Flags: ReadOnly, Categories: KeyspaceCategory,
		Tips:  []string{"request_policy:all_shards", "response_policy:special", "nondeterministic_output"},
		Group: "generic", Since: "1.0.0", Summary: "Returns one of this node's keys, each with the same chance.",
		Complexity: "O(N) in the number of slots and of the keys of one slot",
		Run:        randomKey,
	},
	objectRow,
}

func matchingKeys(c *Context) {
	pattern := c.Args[1]
	all := string(pattern) == "*" // unlike any other pattern, it takes the empty key too
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		cursor = c.Space.Scan(cursor, math.MaxInt32, func(key []byte, value keyspace.Value) {
			if !value.Expired(c.Wall) && (all || globMatch(pattern, key, false)) {
				c.keys = append(c.keys, key)
			}
		})
	}
	c.writeKeys()
}

// maxReplicaDraws bounds the search for a key that has not expired where expired keys cannot be deleted.
const maxReplicaDraws = 100

// randomKey deletes the expired keys that it meets. On a replica, which must not, it returns one of them if it finds
// nothing else.
func randomKey(c *Context) {
	for draws := 1; c.Space.Len() > 0; draws++ {
		slot, key := c.drawKey()
		if c.Space.Expired(slot, key, c.Wall) && !(c.Replica && draws == maxReplicaDraws) {
			c.expire(slot, bytes.Clone(key)) // the key itself goes with it
			continue
		}
		c.Reply.Bulk(key)
		return
	}
	c.Reply.Null()
}

// drawKey returns one of the keys, of which there are some. It depends on the content and the node's randomness only.
func (c *Context) drawKey() (slots.Slot, []byte) {
	left := c.Server.Random().IntN(c.Space.Len())
	occupied := c.Space.Occupied()
	slot, ok := occupied.Next(0)
	for ; ok && left >= c.Space.Count(slot); slot, ok = occupied.Next(slot + 1) {
		left -= c.Space.Count(slot)
	}
	var drawn []byte
	for key := range c.Space.Keys(slot, left+1) {
		drawn = key
	}
	return slot, drawn
}
