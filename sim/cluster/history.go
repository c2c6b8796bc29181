package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/linearizability"
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
	Client int
	Args   []string
	// Call and Return are virtual times. Return is meaningless while Pending or Unknown.
	Call, Return time.Duration
	Outcome      Outcome
	Reply        linearizability.Reply
	// Attempts are the times that it was sent; a redirected or refused one surely had no effect.
	Attempts []Attempt
}

// Attempt is one sending of an operation.
type Attempt struct {
	// Connection is the name that the client gave to its connection, unique in the run.
	Connection string
	// Ordinal counts the commands on that connection from 1.
	Ordinal uint64
	// Harmless says that the node answered without executing: a redirect, or a refusal.
	Harmless bool
}

func (a Attempt) key() attemptKey { return attemptKey{a.Connection, a.Ordinal} }

type attemptKey struct {
	connection string
	ordinal    uint64
}

// History is all that the clients of a run did and saw, and what the nodes say that they executed.
type History struct {
	Operations []*Operation
	// firstApplied is when the first effect of an attempt happened, by any node. It is looked up, never walked over.
	firstApplied map[attemptKey]time.Duration
	moved, asked int
}

func newHistory() *History { return &History{firstApplied: map[attemptKey]time.Duration{}} }

// begin adds an operation.
func (h *History) begin(client int, args []string, now time.Duration) *Operation {
	op := &Operation{ID: len(h.Operations), Client: client, Args: args, Call: now}
	h.Operations = append(h.Operations, op)
	return op
}

// applied records that a command had an effect.
func (h *History) applied(connection string, ordinal uint64, now time.Duration) {
	key := attemptKey{connection, ordinal}
	if _, ok := h.firstApplied[key]; !ok {
		h.firstApplied[key] = now
	}
}

// Applied returns when an operation first had an effect, by any of its attempts.
func (h *History) Applied(op *Operation) (at time.Duration, ok bool) {
	for _, attempt := range op.Attempts {
		if t, applied := h.firstApplied[attempt.key()]; applied && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// checkAttempts verifies that what clients were told agrees with what nodes did: a redirected or refused attempt had no
// effect, and no operation had an effect twice.
func (h *History) checkAttempts() error {
	for _, op := range h.Operations {
		effective := 0
		for _, attempt := range op.Attempts {
			if _, applied := h.firstApplied[attempt.key()]; !applied {
				continue
			}
			if attempt.Harmless {
				return fmt.Errorf("operation %d %q was redirected or refused on %s, and had an effect there", op.ID, op.Args, attempt.Connection)
			}
			effective++
		}
		// A read that is repeated may find an expired key, and delete it, each time.
		if effective > 1 && !op.readOnly() {
			return fmt.Errorf("operation %d %q had an effect %d times", op.ID, op.Args, effective)
		}
	}
	return nil
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

// keys returns the keys of all operations, sorted.
func (h *History) keys() []string {
	var keys []string
	for _, op := range h.Operations {
		arguments := byteArguments(op.Args)
		row := command.Resolve(arguments)
		if row == nil {
			continue
		}
		positions, ok := row.KeyPositions(arguments)
		if !ok {
			continue
		}
		for i := range positions.Count {
			keys = append(keys, op.Args[positions.First+i*positions.Step])
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func byteArguments(args []string) [][]byte {
	arguments := make([][]byte, len(args))
	for i, argument := range args {
		arguments[i] = []byte(argument)
	}
	return arguments
}

// readOnly reports whether the operation only reads.
func (op *Operation) readOnly() bool {
	row := command.Resolve(byteArguments(op.Args))
	return row != nil && row.Flags.Has(command.ReadOnly)
}
