package command

var connectionRows = []*Row{
	{
		Name: "ping", Arity: -1, Flags: Fast, Categories: ConnectionCategory,
		Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Group: "connection", Since: "1.0.0", Summary: "Returns PONG, or the message.", Complexity: "O(1)",
		Arguments:  []Argument{{Name: "message", Type: StringArgument, Optional: true}},
		Subscriber: true,
		Run:        ping,
	},
	{
		Name: "echo", Arity: 2, Flags: Loading | Stale | Fast, Categories: ConnectionCategory,
		Group: "connection", Since: "1.0.0", Summary: "Returns the message.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "message", Type: StringArgument}},
		Run:       func(c *Context) { c.Reply.Bulk(c.Args[1]) },
	},
	{
		Name: "select", Arity: 2, Flags: Loading | Stale | Fast, Categories: ConnectionCategory,
		Group: "connection", Since: "1.0.0", Summary: "Chooses the database; a cluster has only the one of index 0.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "index", Type: IntegerArgument}},
		Run:        selectDatabase,
	},
	{
		Name: "quit", Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Categories: ConnectionCategory,
		Group: "connection", Since: "1.0.0", Summary: "Closes the connection.", Complexity: "O(1)",
		DeprecatedSince: "7.2.0", ReplacedBy: "just closing the connection",
		Immediate: true, Subscriber: true,
		Run: quit,
	},
	{
		Name: "reset", Arity: 1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Categories: ConnectionCategory,
		Group: "connection", Since: "6.2.0", Summary: "Brings the connection back to how it began.", Complexity: "O(1)",
		Immediate: true, Subscriber: true,
		Run: reset,
	},
	{
		Name: "asking", Arity: 1, Flags: Fast, Categories: ConnectionCategory,
		Group: "cluster", Since: "3.0.0", Summary: "Announces that the next command follows an ASK redirect.",
		Complexity: "O(1)",
		Run:        func(c *Context) { c.Session.Asking = true; c.ok() },
	},
	{
		Name: "readonly", Arity: 1, Flags: Loading | Stale | Fast, Categories: ConnectionCategory,
		Group: "cluster", Since: "3.0.0", Summary: "Lets a replica serve the reads of this connection.",
		Complexity: "O(1)",
		Run:        func(c *Context) { c.Session.ReadOnly = true; c.ok() },
	},
	{
		Name: "readwrite", Arity: 1, Flags: Loading | Stale | Fast, Categories: ConnectionCategory,
		Group: "cluster", Since: "3.0.0", Summary: "Takes READONLY back.", Complexity: "O(1)",
		Run: func(c *Context) { c.Session.ReadOnly = false; c.ok() },
	},
	helloRow,
	authRow,
	aclRow,
	clientRow,
}

const errSelect Error = "ERR SELECT is not allowed in cluster mode"

func ping(c *Context) {
	// A RESP2 connection that listens to channels can tell this answer from the messages on them.
	inSubscriberMode := c.Session.Protocol == 2 && c.Session.Subscribed()
	switch len(c.Args) {
	case 1:
		if inSubscriberMode {
			c.subscriberPong(nil)
			return
		}
		c.Reply.Simple("PONG")
	case 2:
		if inSubscriberMode {
			c.subscriberPong(c.Args[1])
			return
		}
		c.Reply.Bulk(c.Args[1])
	default:
		c.fail(WrongArity(c.Row))
	}
}

func (c *Context) subscriberPong(message []byte) {
	c.Reply.Array(2)
	c.Reply.BulkString("pong")
	c.Reply.Bulk(message)
}

func selectDatabase(c *Context) {
	index, ok := c.integer32(c.Args[1])
	switch {
	case !ok:
	case index != 0:
		c.fail(errSelect)
	default:
		c.ok()
	}
}

func quit(c *Context) {
	c.ok()
	c.Session.CloseAfterReply = true
}

func reset(c *Context) {
	c.Sessions.Reset(c.Session)
	c.Session.Authenticated = c.Settings.RequirePass == ""
	c.Reply = c.Unmuted
	c.Reply.Protocol = c.Session.Protocol
	c.Reply.Simple("RESET")
}
