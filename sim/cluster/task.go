package cluster

import (
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/transport"
)

// task is one thing that a client wants answered: an operation, or a look at the slots if op is nil.
type task struct {
	op        *Operation
	slot      slots.Slot
	keyed     bool // slot counts
	redirects int
	retries   int
	// target overrides the slot cache for the next sending, asking prefixes it with ASKING.
	target transport.Address
	asking bool
	// transaction is set for one, which is sent in parts.
	transaction *transaction
	// scan is set for an iteration, of which each call is sent anew.
	scan *scan
}

// retry is a task that waits for its next sending.
type retry struct {
	at   time.Duration
	task *task
}

// taskQueue is what a client has been told and has not begun, first in, first out.
type taskQueue struct {
	tasks []*task
	begun int // so many of the first ones are gone
}

func (q *taskQueue) len() int { return len(q.tasks) - q.begun }

func (q *taskQueue) push(t *task) {
	if q.len() == 0 {
		q.tasks, q.begun = q.tasks[:0], 0
	}
	q.tasks = append(q.tasks, t)
}

// pushFirst puts a task before all others.
func (q *taskQueue) pushFirst(t *task) {
	if q.begun == 0 {
		q.tasks, q.begun = append([]*task{nil}, q.tasks...), 1
	}
	q.begun--
	q.tasks[q.begun] = t
}

// pop takes the first task. The queue must not be empty.
func (q *taskQueue) pop() *task {
	t := q.tasks[q.begun]
	q.tasks[q.begun] = nil
	q.begun++
	return t
}

func (c *client) newTask(args []string) *task {
	if args[0] == scanInstruction {
		return c.newScan(args[1:])
	}
	if linearizability.IsTransaction(args) {
		if t, err := c.newTransaction(args); err == nil {
			return t
		} // else the node and the checker will say what is wrong with it
	}
	t := c.taskOf(args)
	row := rowOf(args)
	if row == nil {
		return t // the node will say so
	}
	t.op.readOnly = row.Flags.Has(command.ReadOnly)
	if keys, ok := row.KeysAmong(len(args)); ok && keys.Count > 0 {
		var crossSlot bool
		t.slot, crossSlot = c.cluster.history.touch(args, keys)
		t.keyed, t.op.crossSlot = true, crossSlot
	}
	return t
}

// rowOf returns the row of a command, nil if there is none.
func rowOf(args []string) *command.Row {
	if len(args) == 1 {
		return command.Resolve([][]byte{[]byte(args[0])})
	}
	return command.Resolve([][]byte{[]byte(args[0]), []byte(args[1])})
}

// taskOf returns the task of an operation that has not begun.
func (c *client) taskOf(args []string) *task {
	op := c.cluster.history.newOperation(c.number, args)
	last := len(c.finished) - 1
	if last < 0 {
		return &task{op: op}
	}
	t := c.finished[last]
	c.finished = c.finished[:last]
	*t = task{op: op}
	return t
}

// encode returns a command as it is sent, valid until the next call.
func (c *client) encode(args ...string) []byte {
	c.encoded = resp.AppendCommand(c.encoded[:0], args...)
	return c.encoded
}
