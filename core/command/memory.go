package command

var memoryRow = &Row{
	Name: "memory", Arity: -2,
	Group: "server", Since: "4.0.0", Summary: "Commands about memory.", Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "memory|usage", Arity: -3, Flags: ReadOnly, Keys: subcommandKey("RO"),
			Group: "server", Since: "4.0.0", Summary: "Returns the bytes that a key and its value take.", Complexity: "O(1)",
			Arguments: []Argument{
				{Name: "key", Type: KeyArgument}, {Name: "count", Type: IntegerArgument, Token: "SAMPLES", Optional: true},
			},
			Run: memoryUsage,
		},
		{
			Name: "memory|stats", Arity: 2,
			Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Group: "server", Since: "4.0.0", Summary: "Tells what the memory is used for.", Complexity: "O(1)",
			Run: memoryStatistics,
		},
		{
			Name: "memory|doctor", Arity: 2,
			Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Group: "server", Since: "4.0.0", Summary: "Reports problems with memory.",
			Complexity: "O(1)",
			Run:        memoryDoctor,
		},
		{
			Name: "memory|malloc-stats", Arity: 2,
			Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Group: "server", Since: "4.0.0", Summary: "Tells about the allocator, which has nothing to tell.",
			Complexity: "O(1)",
			Run:        func(c *Context) { c.Reply.BulkString("Stats not supported for the current allocator") },
		},
		{
			Name: "memory|purge", Arity: 2,
			Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "server", Since: "4.0.0", Summary: "Asks the allocator to give memory back, which it does by itself.",
			Complexity: "O(1)",
			Run:        (*Context).ok,
		},
		helpRow("memory", "server", "4.0.0", 0),
	},
}

// memoryUsage does not count as a use of the key, and deletes nothing.
func memoryUsage(c *Context) {
	for args := c.Args[3:]; len(args) > 0; args = args[2:] {
		if !isWord(args[0], "samples") || len(args) < 2 {
			c.fail(errSyntax)
			return
		}
		samples, ok := c.integer(args[1])
		switch {
		case !ok:
			return
		case samples < 0:
			c.fail(errSyntax)
			return
		}
	}
	key := c.Args[2]
	if _, found := c.Space.Lookup(c.Slot, key, c.Wall); !found {
		c.Reply.Null()
		return
	}
	c.Reply.Int(c.Space.Usage(c.Slot, key))
}
