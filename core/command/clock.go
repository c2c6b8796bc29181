package command

import (
	"math"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
)

var clockRows = []*Row{
	{
		Name: "time", Arity: 1, Flags: Loading | Stale | Fast, Tips: []string{"nondeterministic_output"},
		Group: "server", Since: "2.6.0", Summary: "Returns the time in seconds and, of the current second, microseconds.",
		Complexity: "O(1)",
		Run:        wallTime,
	},
	{
		Name: "lastsave", Arity: 1, Flags: Loading | Stale | Fast, Categories: AdminCategory | DangerousCategory,
		Tips:  []string{"nondeterministic_output"},
		Group: "server", Since: "1.0.0", Summary: "Returns when the data was last saved as a whole, in Unix seconds.",
		Complexity: "O(1)",
		Run:        func(c *Context) { c.Reply.Int(c.LastSave / 1000) },
	},
	{
		Name: "wait", Arity: 3, Categories: ConnectionCategory,
		Tips:  []string{"request_policy:all_shards", "response_policy:agg_min"},
		Group: "generic", Since: "3.0.0", Summary: "Returns how many replicas have the writes of this connection.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "numreplicas", Type: IntegerArgument}, {Name: "timeout", Type: IntegerArgument}},
		Run:        waitForReplicas,
	},
}

const (
	errWaitReplica Error = "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica " +
		"is configured to be writable (which is not the default) writes to replicas are just local and are not propagated."
	errTimeout         Error = "ERR timeout is not an integer or out of range"
	errTimeoutNegative Error = "ERR timeout is negative"
	errTimeoutRange    Error = "ERR timeout is out of range"
)

// wallTime knows the time to the millisecond.
func wallTime(c *Context) {
	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendInt(c.scratch[:0], c.Wall/1000, 10))
	c.Reply.Bulk(strconv.AppendInt(c.scratch[:0], c.Wall%1000*1000, 10))
}

// waitForReplicas never waits: there are no replicas that could be waited for.
func waitForReplicas(c *Context) {
	if !c.isPrimary() {
		c.fail(errWaitReplica)
		return
	}
	if _, ok := c.integer(c.Args[1]); !ok {
		return
	}
	timeout, ok := keyspace.ParseInteger(c.Args[2])
	switch {
	case !ok:
		c.fail(errTimeout)
	case timeout < 0:
		c.fail(errTimeoutNegative)
	case timeout > math.MaxInt64-c.Wall:
		c.fail(errTimeoutRange)
	default:
		c.Reply.Int(0)
	}
}
