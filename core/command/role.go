package command

var roleRow = &Row{
	Name: "role", Arity: 1, Flags: NoScript | Loading | Stale | Fast, Categories: AdminCategory | DangerousCategory,
	Group: "server", Since: "2.8.12", Summary: "Tells whether this node is a primary, and who follows whom.", Complexity: "O(1)",
	Run: role,
}

// role knows of primaries without replicas, since a node has none yet whose progress it knows.
func role(c *Context) {
	word := "master"
	if !c.isPrimary() {
		word = "slave"
	}
	c.Reply.Array(3)
	c.Reply.BulkString(word)
	c.Reply.Int(0)
	c.Reply.Array(0)
}
