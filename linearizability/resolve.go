package linearizability

import (
	"fmt"
	"time"
)

// Log says of an operation, by its ID, when it took effect first on the way that led to the present data; false if it did
// not: a write that a failover took back never did.
type Log func(id uint64) (at time.Duration, ok bool)

// Resolve replaces ignorance by what the servers know. Of the operations with an unknown outcome those which never took effect
// are left out, and the others become Applied, with that time as their Return. The result takes the place of the history.
//
// That is sound if applied is complete, which Unlogged checks. It panics if an operation took effect before its call: then
// the times are of different clocks, or the IDs of different histories.
func Resolve(history []Operation, applied Log) []Operation {
	kept := 0
	for i := range history {
		o := &history[i]
		if o.Outcome == Unknown {
			at, ok := applied(o.ID)
			if !ok {
				continue
			}
			if at < o.Call {
				panic(fmt.Sprintf("linearizability: operation %d was called at %v and applied at %v", o.ID, o.Call, at))
			}
			o.Outcome, o.Return = Applied, at
		}
		if kept < i {
			history[kept] = *o
		}
		kept++
	}
	clear(history[kept:])
	return history[:kept]
}

// Unlogged returns the operations whose replies say that they changed something, and which applied does not know: if there
// is one, applied is not complete, and what Resolve made of it proves nothing. Operations that the model does not know are
// left out; Check reports them.
func Unlogged(history []Operation, applied Log) []Operation {
	var missing []Operation
	for i := range history {
		o := &history[i]
		if o.Outcome != OK {
			continue
		}
		if _, ok := applied(o.ID); !ok && saysChanged(o) {
			missing = append(missing, *o)
		}
	}
	return missing
}

// saysChanged reports whether an operation's reply proves that it changed what a key holds.
func saysChanged(o *Operation) bool {
	c, err := o.meaning()
	return err == nil && !c.reads && o.Reply.Kind != Error && c.changed(o.Reply)
}
