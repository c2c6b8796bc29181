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
	encoded   []byte
	slot      slots.Slot
	keyed     bool // slot counts
	redirects int
	retries   int
	// target overrides the slot cache for the next sending, asking prefixes it with ASKING.
	target transport.Address
	asking bool
	// transaction is set for one, which then takes the place of encoded.
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
	arguments := c.byteArguments(args)
	t := c.taskOf(args)
	t.encoded = c.encode(arguments)
	row := command.Resolve(arguments)
	if row == nil {
		return t // the node will say so
	}
	t.op.readOnly = row.Flags.Has(command.ReadOnly)
	if keys, ok := row.KeyPositions(arguments); ok && keys.Count > 0 {
		t.op.keys = keys
		t.slot, t.keyed = slots.Of(arguments[keys.First]), true
		t.op.crossSlot = crossSlot(arguments, keys, t.slot)
	}
	return t
}

// taskOf returns the task of an operation. Many lie in one piece of memory.
func (c *client) taskOf(args []string) *task {
	if len(c.tasks) == 0 {
		c.tasks = make([]task, tasksAtOnce)
	}
	t := &c.tasks[0]
	c.tasks = c.tasks[1:]
	t.op = c.cluster.history.newOperation(c.number, args)
	return t
}

// tasksAtOnce is for how many tasks memory is taken at once.
const tasksAtOnce = 32

// encode returns a command as it is sent. Many lie in one piece of memory, one behind the other.
func (c *client) encode(arguments [][]byte) []byte {
	const perArgument = len("$1000000000\r\n\r\n")
	if room := len(c.argumentBytes) + (len(arguments)+1)*perArgument; cap(c.encoded)-len(c.encoded) < room {
		c.encoded = make([]byte, 0, max(room, encodedAtOnce))
	}
	start := len(c.encoded)
	c.encoded = resp.AppendCommand(c.encoded, arguments...)
	return c.encoded[start:len(c.encoded):len(c.encoded)]
}

// encodedAtOnce is how much memory for commands is taken at once, in bytes.
const encodedAtOnce = 4 << 10

// byteArguments returns the arguments as bytes, which are valid until the next call.
func (c *client) byteArguments(args []string) [][]byte {
	c.arguments, c.argumentBytes = c.arguments[:0], c.argumentBytes[:0]
	for _, argument := range args {
		start := len(c.argumentBytes)
		c.argumentBytes = append(c.argumentBytes, argument...)
		c.arguments = append(c.arguments, c.argumentBytes[start:len(c.argumentBytes):len(c.argumentBytes)])
	}
	return c.arguments
}
