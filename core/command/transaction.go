package command

import (
	"strings"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
)

var transactionRows = []*Row{
	{
		Name: "multi", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Categories: TransactionCategory,
		Group: "transactions", Since: "1.2.0", Summary: "Begins a transaction: commands are queued from now on.", Complexity: "O(1)",
		Immediate: true,
		Run:       multi,
	},
	{
		Name: "exec", Arity: 1, Flags: NoScript | Loading | Stale | SkipSlowlog, Categories: TransactionCategory,
		Group: "transactions", Since: "1.2.0", Summary: "Executes the queued commands, with nothing in between.",
		Complexity: "Depends on the commands in the transaction",
		Immediate:  true,
		Run:        exec,
	},
	{
		Name: "discard", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Categories: TransactionCategory,
		Group: "transactions", Since: "2.0.0", Summary: "Forgets the queued commands.", Complexity: "O(N) in the queued commands",
		Immediate: true,
		Run:       discard,
	},
	{
		Name: "watch", Arity: -2, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Categories: TransactionCategory,
		Keys:  everyKey(1, "RO"),
		Group: "transactions", Since: "2.2.0", Summary: "Lets the next EXEC do nothing if one of the keys changes before it.",
		Complexity: "O(1) for every key",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument, Multiple: true}},
		Immediate:  true,
		Run:        watch,
	},
	{
		Name: "unwatch", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Categories: TransactionCategory,
		Group: "transactions", Since: "2.2.0", Summary: "Forgets the watched keys.", Complexity: "O(1)",
		Run: func(c *Context) { c.Sessions.Unwatch(c.Session); c.ok() },
	},
}

const (
	errNestedMulti      Error = "ERR MULTI calls can not be nested"
	errExecAlone        Error = "ERR EXEC without MULTI"
	errDiscardAlone     Error = "ERR DISCARD without MULTI"
	errWatchInMulti     Error = "ERR WATCH inside MULTI is not allowed"
	errExecAbort        Error = "EXECABORT Transaction discarded because of previous errors."
	execAbortPrefix           = "EXECABORT Transaction discarded because of: "
	errNotInTransaction Error = "ERR Command not allowed inside a transaction"
	errOutOfMemory      Error = "OOM command not allowed when used memory > 'maxmemory'."
)

// NotInTransaction is the error for a command that may not be queued.
func NotInTransaction() error { return errNotInTransaction }

// OutOfMemory is the error for a command that needs memory when there is none.
func OutOfMemory() error { return errOutOfMemory }

// ExecAbort returns the error for an EXEC that is refused itself.
func ExecAbort(reason error) error {
	return Error(execAbortPrefix + strings.TrimPrefix(reason.Error(), "ERR "))
}

func multi(c *Context) {
	if c.Session.Transaction.Open {
		c.fail(errNestedMulti)
		return
	}
	c.Session.Transaction.Open = true
	c.ok()
}

// exec lets the node run the queue, unless something speaks against it. What was watched is forgotten in any case.
func exec(c *Context) {
	t := &c.Session.Transaction
	if !t.Open {
		c.fail(errExecAlone)
		return
	}
	switch changed := t.Changed || !c.Session.WatchedStand(c.present); {
	case t.Failed:
		c.fail(errExecAbort)
	case changed:
		c.Marks.Hit(marks.TransactionChanged)
		c.Reply.NullArray()
	default:
		c.Sessions.Unwatch(c.Session)
		c.Server.Execute(c)
	}
	c.Sessions.EndTransaction(c.Session)
}

func discard(c *Context) {
	if !c.Session.Transaction.Open {
		c.fail(errDiscardAlone)
		return
	}
	c.Sessions.EndTransaction(c.Session)
	c.ok()
}

func watch(c *Context) {
	if c.Session.Transaction.Open {
		c.fail(errWatchInMulti)
		return
	}
	for _, key := range c.Args[1:] {
		c.Sessions.Watch(c.Session, string(key), c.present(string(key)))
	}
	c.ok()
}

// present reports whether a key is there and not past its time. It changes nothing.
func (c *Context) present(key string) bool {
	name := []byte(key)
	value, ok := c.Space.Peek(slots.Of(name), name)
	return ok && !value.Expired(c.Wall)
}
