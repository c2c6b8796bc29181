package command

import "github.com/ember-cluster/ember/core/keyspace"

var keyRows = []*Row{
	{
		Name: "del", Arity: -2, Flags: Write, Categories: KeyspaceCategory, Keys: everyKey(1, "RM delete"),
		Tips:  []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Group: "generic", Since: "1.0.0", Summary: "Deletes keys and returns how many there were.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument, Multiple: true}},
		Run:        deleteKeys,
	},
	{
		Name: "unlink", Arity: -2, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: everyKey(1, "RM delete"),
		Tips:  []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Group: "generic", Since: "4.0.0", Summary: "Deletes keys and returns how many there were.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument, Multiple: true}},
		Run:        deleteKeys,
	},
	{
		Name: "touch", Arity: -2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: everyKey(1, "RO"),
		Tips:  []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Group: "generic", Since: "3.2.1", Summary: "Counts which of the keys exist; a key given twice counts twice.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument, Multiple: true}},
		Run:        exists,
	},
	{
		Name: "exists", Arity: -2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: everyKey(1, "RO"),
		Tips:  []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Group: "generic", Since: "1.0.0", Summary: "Counts which of the keys exist; a key given twice counts twice.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument, Multiple: true}},
		NoTouch:    true,
		Run:        exists,
	},
	{
		Name: "type", Arity: 2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: oneKey("RO"),
		Group: "generic", Since: "1.0.0", Summary: "Returns the type of the value of a key.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		NoTouch:   true,
		Run:       typeOf,
	},
	{
		Name: "scan", Arity: -2, Flags: ReadOnly, Categories: KeyspaceCategory,
		Tips:  []string{"nondeterministic_output", "request_policy:special", "response_policy:special"},
		Group: "generic", Since: "2.8.0", Summary: "Walks over the keys of this node, some at a time.",
		Complexity: "O(COUNT) for every call, O(N) in the number of keys for the whole walk",
		Arguments: []Argument{
			{Name: "cursor", Type: IntegerArgument},
			{Name: "pattern", Type: PatternArgument, Token: "MATCH", Optional: true},
			{Name: "count", Type: IntegerArgument, Token: "COUNT", Optional: true},
			{Name: "type", Type: StringArgument, Token: "TYPE", Since: "6.0.0", Optional: true},
		},
		Run: scan,
	},
	{
		Name: "dbsize", Arity: 1, Flags: ReadOnly | Fast, Categories: KeyspaceCategory,
		Tips:  []string{"request_policy:all_shards", "response_policy:agg_sum"},
		Group: "server", Since: "1.0.0", Summary: "Returns the number of keys of this node.", Complexity: "O(1)",
		Run: func(c *Context) { c.Reply.Int(int64(c.Space.Len())) },
	},
	{
		Name: "flushall", Arity: -1, Flags: Write, Categories: KeyspaceCategory | DangerousCategory,
		Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Group: "server", Since: "1.0.0", Summary: "Deletes all keys of this node.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{flushMode("", "4.0.0", "6.2.0")},
		Run:        flushAll,
	},
	{
		Name: "flushdb", Arity: -1, Flags: Write, Categories: KeyspaceCategory | DangerousCategory,
		Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Group: "server", Since: "1.0.0", Summary: "Deletes all keys of this node.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{flushMode("", "4.0.0", "6.2.0")},
		Run:        flushAll,
	},
}

func deleteKeys(c *Context) {
	deleted := int64(0)
	for _, key := range c.Args[1:] {
		if c.delete(key) {
			deleted++
		}
	}
	c.Reply.Int(deleted)
}

func exists(c *Context) {
	found := int64(0)
	for _, key := range c.Args[1:] {
		if _, ok := c.read(key); ok {
			found++
		}
	}
	c.Reply.Int(found)
}

func typeOf(c *Context) {
	value, ok := c.read(c.Args[1])
	if !ok {
		c.Reply.Simple("none")
		return
	}
	c.Reply.Simple(value.Type().String())
}

// flushAll takes both modes for the same: what makes way at once in ASYNC mode is left to the garbage collector anyway.
func flushAll(c *Context) {
	known := len(c.Args) == 1 || len(c.Args) == 2 && isFlushMode(c.Args[1])
	if !known {
		c.fail(errSyntax)
		return
	}
	if c.Space.Len() > 0 {
		c.Apply(keyspace.Effect{Kind: keyspace.FlushAll})
	} else {
		c.Sessions.ForgetCaches()
	}
	c.ok()
}
