package command

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/keyspace"
)

// diagnosticRows tell what the server does, and how long it takes.
var diagnosticRows = []*Row{slowlogRow, latencyRow, monitorRow, debugRow, shutdownRow}

var slowlogRow = &Row{
	Name: "slowlog", Arity: -2,
	Group: "server", Since: "2.2.12", Summary: "Commands about the slow log.", Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "slowlog|get", Arity: -2, Flags: Admin | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "nondeterministic_output"},
			Group: "server", Since: "2.2.12", Summary: "Returns the newest entries of the slow log.", Complexity: "O(N) in the entries returned",
			Arguments: []Argument{{Name: "count", Type: IntegerArgument, Optional: true}},
			Run:       slowlogGet,
		},
		{
			Name: "slowlog|len", Arity: 2, Flags: Admin | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
			Group: "server", Since: "2.2.12", Summary: "Counts the entries of the slow log.", Complexity: "O(1)",
			Run: func(c *Context) { c.Reply.Int(int64(len(c.Statistics.slow.entries))) },
		},
		{
			Name: "slowlog|reset", Arity: 2, Flags: Admin | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "server", Since: "2.2.12", Summary: "Empties the slow log.", Complexity: "O(N) in the entries",
			Run: func(c *Context) { c.Statistics.slow.entries = nil; c.ok() },
		},
		helpRow("slowlog", "server", "6.2.0", 0),
	},
}

// slowLog holds the commands that took long.
type slowLog struct {
	// entries are from old to new.
	entries []slowEntry
	lastID  int64
}

// slowEntry is one command of the slow log.
type slowEntry struct {
	id             int64
	seconds        int64 // Unix time
	duration       time.Duration
	args           []string
	address, named string
}

// What an entry shows of a command's arguments.
const (
	maxSlowArguments = 32
	maxSlowArgument  = 128
)

func (l *slowLog) add(e *Execution, maxLength int64) {
	l.entries = append(l.entries, slowEntry{
		id: l.lastID, seconds: e.Wall / 1000, duration: e.Duration, args: shownArguments(e.Row.shown(e.Args)),
		address: e.Session.Address, named: e.Session.Name,
	})
	l.lastID++
	if excess := int64(len(l.entries)) - maxLength; excess > 0 {
		l.entries = slices.Delete(l.entries, 0, int(excess))
	}
}

// shownArguments cuts what is too long, and says so.
func shownArguments(args [][]byte) []string {
	shown := make([]string, 0, min(len(args), maxSlowArguments))
	for i, arg := range args {
		switch {
		case len(args) > maxSlowArguments && i == maxSlowArguments-1:
			return append(shown, fmt.Sprintf("... (%d more arguments)", len(args)-i))
		case len(arg) > maxSlowArgument:
			shown = append(shown, fmt.Sprintf("%s... (%d more bytes)", arg[:maxSlowArgument], len(arg)-maxSlowArgument))
		default:
			shown = append(shown, string(arg))
		}
	}
	return shown
}

const errSlowlogCount Error = "ERR count should be greater than or equal to -1"

// slowlogGet shows ten entries, or as many as are asked for, or all for -1; the newest first.
func slowlogGet(c *Context) {
	entries := c.Statistics.slow.entries
	count := int64(10)
	switch len(c.Args) {
	case 2:
	case 3:
		var ok bool
		if count, ok = keyspace.ParseInteger(c.Args[2]); !ok || count < -1 {
			c.fail(errSlowlogCount)
			return
		}
	default:
		c.fail(wrongSubcommandSyntax(c.Args))
		return
	}
	if count == -1 || count > int64(len(entries)) {
		count = int64(len(entries))
	}
	c.Reply.Array(int(count))
	for i := range int(count) {
		c.slowEntry(&entries[len(entries)-1-i])
	}
}

func (c *Context) slowEntry(e *slowEntry) {
	c.Reply.Array(6)
	c.Reply.Int(e.id)
	c.Reply.Int(e.seconds)
	c.Reply.Int(e.duration.Microseconds())
	c.Reply.Array(len(e.args))
	for _, arg := range e.args {
		c.Reply.BulkString(arg)
	}
	c.Reply.BulkString(e.address)
	c.Reply.BulkString(e.named)
}
