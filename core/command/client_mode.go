package command

import (
	"math"
	"time"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/session"
)

// clientModeRows change how connections are served.
var clientModeRows = []*Row{
	{
		Name: "client|reply", Arity: 3, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "3.2.0", Summary: "Says which commands of this connection are answered.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "on-off-skip", Type: OneOf, Arguments: []Argument{token("ON", ""), token("OFF", ""), token("SKIP", "")}}},
		Run:       clientReply,
	},
	{
		Name: "client|pause", Arity: -3, Flags: adminOfClients, Categories: ConnectionCategory,
		Group: "connection", Since: "3.0.0", Summary: "Holds the commands of clients for a time.", Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "timeout", Type: IntegerArgument},
			{Name: "mode", Type: OneOf, Since: "6.2.0", Optional: true, Arguments: []Argument{token("WRITE", ""), token("ALL", "")}},
		},
		Run: clientPause,
	},
	{
		Name: "client|unpause", Arity: 2, Flags: adminOfClients, Categories: ConnectionCategory,
		Group: "connection", Since: "6.2.0", Summary: "Ends a pause.", Complexity: "O(N) in the number of clients that wait",
		Run: func(c *Context) { c.Server.Unpause(); c.ok() },
	},
	{
		Name: "client|unblock", Arity: -3, Flags: adminOfClients, Categories: ConnectionCategory,
		Group: "connection", Since: "5.0.0", Summary: "Ends the waiting of another connection's blocking command.", Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "client-id", Type: IntegerArgument},
			{Name: "unblock-type", Type: OneOf, Optional: true, Arguments: []Argument{token("TIMEOUT", ""), token("ERROR", "")}},
		},
		Run: clientUnblock,
	},
	{
		Name: "client|no-evict", Arity: 3, Flags: adminOfClients, Categories: ConnectionCategory,
		Group: "connection", Since: "7.0.0", Summary: "Exempts this connection from being closed when memory is short.", Complexity: "O(1)",
		Arguments: onOff,
		Run:       func(c *Context) { c.flip(&c.Session.NoEvict) },
	},
	{
		Name: "client|no-touch", Arity: 3, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "7.2.0", Summary: "Lets reads of this connection leave no trace in what is known of keys' use.", Complexity: "O(1)",
		Arguments: onOff,
		Run:       func(c *Context) { c.flip(&c.Session.NoTouch) },
	},
}

var onOff = []Argument{{Name: "enabled", Type: OneOf, Arguments: []Argument{token("ON", ""), token("OFF", "")}}}

const (
	errPauseMode     Error = "ERR CLIENT PAUSE mode must be WRITE or ALL"
	errUnblockReason Error = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
)

// clientReply answers ON only.
func clientReply(c *Context) {
	switch mode := c.Args[2]; {
	case isWord(mode, "on"):
		c.Session.Replies = session.ReplyOn
		c.Reply = c.Unmuted
		c.ok()
	case isWord(mode, "off"):
		c.Session.Replies = session.ReplyOff
	case isWord(mode, "skip"):
		if c.Session.Replies != session.ReplyOff {
			c.Session.Replies = session.ReplySkipNext
		}
	default:
		c.fail(errSyntax)
	}
}

func clientPause(c *Context) {
	all := true
	if len(c.Args) > 3 {
		switch mode := c.Args[3]; {
		case len(c.Args) > 4:
			c.fail(wrongSubcommandSyntax(c.Args))
			return
		case isWord(mode, "write"):
			all = false
		case !isWord(mode, "all"):
			c.fail(errPauseMode)
			return
		}
	}
	milliseconds, ok := keyspace.ParseInteger(c.Args[2])
	switch {
	case !ok || milliseconds > math.MaxInt64/int64(time.Millisecond):
		c.fail(errTimeout)
	case milliseconds < 0:
		c.fail(errTimeoutNegative)
	default:
		c.Server.Pause(all, time.Duration(milliseconds)*time.Millisecond)
		c.ok()
	}
}

// clientUnblock finds nobody: there is no command yet for which a connection waits.
func clientUnblock(c *Context) {
	switch {
	case len(c.Args) > 4:
		c.fail(wrongSubcommandSyntax(c.Args))
		return
	case len(c.Args) == 4 && !isWord(c.Args[3], "timeout") && !isWord(c.Args[3], "error"):
		c.fail(errUnblockReason)
		return
	}
	if _, ok := c.integer(c.Args[2]); ok {
		c.Reply.Int(0)
	}
}

func (c *Context) flip(mode *bool) {
	switch {
	case isWord(c.Args[2], "on"):
		*mode = true
	case isWord(c.Args[2], "off"):
		*mode = false
	default:
		c.fail(errSyntax)
		return
	}
	c.ok()
}
