package cluster

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/transport"
)

// Outcome is what a client knows of its operation.
type Outcome uint8

const (
	Pending  Outcome = iota // not answered yet
	Answered                // the reply is known
	Refused                 // surely not executed: redirects or refusals until the client gave up
	Unknown                 // sent, and no answer came
)

// Operation is one command of a client, with all its attempts.
type Operation struct {
	ID     int
	Client int // number of its host
	Args   []string
	// Call and Return are virtual times. Return is meaningless while Pending or Unknown.
	Call, Return time.Duration
	Reply        linearizability.Reply
	Outcome      Outcome
	// Attempts are the times that it was sent; a redirected or refused one surely had no effect.
	Attempts []Attempt
	// first is memory of Attempts, most often enough.
	first [1]Attempt
	// readOnly says that the command only reads, or that the transaction does or will not run.
	readOnly bool
	// crossSlot says that the keys are in several slots, for which a cluster must refuse the command.
	crossSlot bool
}

// Attempt is one sending of an operation.
type Attempt struct {
	// At is when it was sent, in virtual time.
	At time.Duration
	// log is what nodes did on the connection.
	log *connectionLog
	// Ordinal counts the commands on that connection from 1. That of a transaction is EXEC's.
	Ordinal uint64
	// Ahead says that this was the read ahead of a transaction, of which EXEC is another attempt.
	Ahead bool
	// Harmless says that the node answered without executing: a redirect, or a refusal.
	Harmless bool
	// Idle says that the node answered that EXEC or DISCARD did nothing: a key had changed, or a command was refused before.
	Idle bool
	// Refusal is the error that sent the client elsewhere or made it wait.
	Refusal string
}

// History is all that the clients of a run did and saw, and what the nodes say that they executed.
type History struct {
	Operations []*Operation
	// byClient holds the first so many of them, by number of the client, for those who look.
	byClient [][]*Operation
	sorted   int
	// slots holds the keys of all operations, and their slots.
	slots map[string]slots.Slot
	// memory is that of operations to come, replies that of what they are answered.
	memory  []Operation
	replies replyMemory
	// logs hold what nodes executed, by connection. They are looked up, never walked over.
	logs         map[string]*connectionLog
	moved, asked int
	scans        []*scan
	// latest is the latest instant at which a command was executed.
	latest time.Duration
}

// instant returns a time for an execution that is not before now and after that of every earlier execution. The commands
// of one batch are executed at one virtual time, and their order would be lost otherwise; nanoseconds between them
// are less than any reply takes.
func (h *History) instant(now time.Duration) time.Duration {
	h.latest = max(now, h.latest+1)
	return h.latest
}

// newHistory returns a history that will have about so many operations.
func newHistory(expected int) *History {
	return &History{
		Operations: make([]*Operation, 0, expected+expected/16), slots: map[string]slots.Slot{}, logs: map[string]*connectionLog{},
	}
}

// connectionLog is what nodes did with the commands of one connection, by ordinal from 1.
type connectionLog struct {
	// name is what the client has called the connection, unique in the run, and to the client port of the node that it led to.
	name     string
	to       transport.Address
	commands []commandLog
	// noting says that the node notes where it was at each command, in notes, by ordinal.
	noting bool
	notes  []note
}

// commandLog is when a command was executed, 0 if it never was, and whether that had an effect.
type commandLog struct {
	executed  time.Duration
	effective bool
}

// command returns the entry of an ordinal.
func (l *connectionLog) command(ordinal uint64) *commandLog {
	if l.commands == nil {
		l.commands = make([]commandLog, 0, 16)
	}
	for uint64(len(l.commands)) < ordinal {
		l.commands = append(l.commands, commandLog{})
	}
	return &l.commands[ordinal-1]
}

// log returns the log of a connection, a new one if it is not known.
func (h *History) log(connection string) *connectionLog {
	log := h.logs[connection]
	if log == nil {
		log = &connectionLog{name: connection}
		h.logs[connection] = log
	}
	return log
}

// To returns the client port of the node that the attempt was sent to.
func (a *Attempt) To() transport.Address { return a.log.to }

// Connection returns the name that the client gave to its connection, unique in the run.
func (a *Attempt) Connection() string { return a.log.name }

// command returns what nodes did with the attempt.
func (a *Attempt) command() commandLog {
	if uint64(len(a.log.commands)) < a.Ordinal {
		return commandLog{}
	}
	return a.log.commands[a.Ordinal-1]
}

// start notes that a client begins a task.
func (h *History) start(t *task, now time.Duration) {
	if t.scan != nil {
		t.scan.call = now
		h.scans = append(h.scans, t.scan)
		return
	}
	h.begin(t.op, now)
}

// operationsAtOnce is for how many operations memory is taken at once: they all stay to the end.
const operationsAtOnce = 128

// newOperation returns an operation that has not begun.
func (h *History) newOperation(client int, args []string) *Operation {
	if len(h.memory) == 0 {
		h.memory = make([]Operation, operationsAtOnce)
	}
	op := &h.memory[0]
	h.memory = h.memory[1:]
	op.Client, op.Args = client, args
	return op
}

// attempted adds an attempt.
func (op *Operation) attempted(a Attempt) {
	if op.Attempts == nil {
		op.Attempts = op.first[:0]
	}
	op.Attempts = append(op.Attempts, a)
}

// begin adds an operation, which is called now.
func (h *History) begin(op *Operation, now time.Duration) {
	op.ID, op.Call = len(h.Operations), now
	h.Operations = append(h.Operations, op)
}

// of returns the operations of a client, in the order in which they began.
func (h *History) of(client int) []*Operation {
	for _, op := range h.Operations[h.sorted:] {
		for len(h.byClient) <= op.Client {
			h.byClient = append(h.byClient, nil)
		}
		h.byClient[op.Client] = append(h.byClient[op.Client], op)
	}
	h.sorted = len(h.Operations)
	if client >= len(h.byClient) {
		return nil
	}
	return h.byClient[client]
}

// Applied returns when an operation first had an effect, by any of its attempts. What is read ahead of a transaction can find an
// expired key, and delete it, which is not the transaction's doing.
func (h *History) Applied(op *Operation) (at time.Duration, ok bool) {
	for i := range op.Attempts {
		if op.Attempts[i].Ahead {
			continue
		}
		if did := op.Attempts[i].command(); did.effective && (!ok || did.executed < at) {
			at, ok = did.executed, true
		}
	}
	return at, ok
}

// Executed returns when the attempt was executed that decided an operation: the last one that a node executed. For a
// transaction that did nothing that is the read ahead of it.
func (h *History) Executed(op *Operation) (at time.Duration, ok bool) {
	idle := true // all so far
	for i := range op.Attempts {
		attempt := &op.Attempts[i]
		if t := attempt.command().executed; t > 0 && (idle || !attempt.Idle) {
			at, ok, idle = t, true, idle && attempt.Idle
		}
	}
	return at, ok
}

// touch notes the keys of a command. It returns the slot of the first, and whether another is in another slot.
func (h *History) touch(args []string, keys command.KeyRange) (slot slots.Slot, crossSlot bool) {
	slot = h.slot(args[keys.First])
	for i := 1; i < keys.Count; i++ {
		crossSlot = h.slot(args[keys.First+i*keys.Step]) != slot || crossSlot
	}
	return slot, crossSlot
}

// slot notes a key, and returns its slot.
func (h *History) slot(key string) slots.Slot {
	slot, noted := h.slots[key]
	if !noted {
		slot = slots.Of([]byte(key))
		h.slots[key] = slot
	}
	return slot
}

// checkAttempts verifies that what clients were told agrees with what nodes did: a redirected or refused attempt was not
// executed, a transaction that did not run had no effect, and no operation had an effect twice.
func (h *History) checkAttempts() (check string, err error) {
	for _, op := range h.Operations {
		effective := 0
		for i := range op.Attempts {
			attempt := &op.Attempts[i]
			did := attempt.command()
			if attempt.Harmless && did != (commandLog{}) {
				return "harmless refusal", fmt.Errorf("operation %d %q was redirected or refused on %s, and executed there", op.ID, op.Args, attempt.Connection())
			}
			if attempt.Idle && did.effective {
				return "idle transaction", fmt.Errorf("operation %d %q did not run on %s, and had an effect there",
					op.ID, op.Args, attempt.Connection())
			}
			if op.crossSlot && did != (commandLog{}) {
				return "cross slot", fmt.Errorf("operation %d %q has keys in several slots, and was executed", op.ID, op.Args)
			}
			if did.effective && !attempt.Ahead {
				effective++
			}
		}
		// A read that is repeated may find an expired key, and delete it, each time.
		if effective > 1 && !op.readOnly {
			return "one effect", fmt.Errorf("operation %d %q had an effect %d times", op.ID, op.Args, effective)
		}
	}
	return "", nil
}

// count returns how many operations came to each outcome.
func (h *History) count() (answered, refused, unknown int) {
	for _, op := range h.Operations {
		switch op.Outcome {
		case Answered:
			answered++
		case Refused:
			refused++
		case Unknown, Pending:
			unknown++
		}
	}
	return answered, refused, unknown
}

// keys returns the keys of all operations, also of those that never began, sorted.
func (h *History) keys() []string { return slices.Sorted(maps.Keys(h.slots)) }
