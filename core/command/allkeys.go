package command

import (
	"bytes"
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
		Complexity: "O(1)",
		Run:        randomKey,
	},
	objectRow,
}

// maxReplicaDraws bounds the search for a key that has not expired where expired keys cannot be deleted.
const maxReplicaDraws = 100

// randomKey deletes the expired keys that it meets. On a replica, which must not, it returns one of them if it finds
// nothing else.
func randomKey(c *Context) {
	for draws := 1; c.Space.Len() > 0; draws++ {
		slot, key := c.Space.RandomKey(c.Server.Random())
		if c.Space.Expired(slot, key, c.Wall) && !(c.Replica && draws == maxReplicaDraws) {
			c.expire(slot, bytes.Clone(key)) // the key itself goes with it
			continue
		}
		c.Reply.Bulk(key)
		return
	}
	c.Reply.Null()
}
