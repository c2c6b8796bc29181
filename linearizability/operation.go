package linearizability

import (
	"math"
	"slices"
	"time"
)

// Never is an instant after all others: the return of an operation that may still take effect.
const Never = time.Duration(math.MaxInt64)

// Outcome is what a client knows of its operation.
type Outcome uint8

const (
	// OK: the client has a reply. Errors that a command itself gives, such as for a value that is no number, are replies.
	OK Outcome = iota
	// Failed: the operation surely had no effect, for it was redirected or refused before it was executed.
	Failed
	// Unknown: there is no reply, and the operation may have taken effect, or may do so later.
	Unknown
	// Applied: there is no reply, and yet the operation took effect, not after Return. Resolve finds these.
	Applied
)

var outcomeNames = [...]string{OK: "ok", Failed: "failed", Unknown: "unknown", Applied: "applied"}

// String returns the outcome in one word.
func (o Outcome) String() string { return outcomeNames[o] }

// Operation is one command of one client.
type Operation struct {
	// ID tells operations apart. Invariant: unique in a history.
	ID uint64
	// Client is the connection or process that sent the command, from 0.
	Client int
	// Args are the command's name and its arguments.
	Args []string
	// Call and Return are the instants between which it took effect, if it did, on the clock of the whole history.
	// The Return of an Unknown operation does not count.
	// Invariant: Call <= Return.
	Call, Return time.Duration
	Outcome      Outcome
	// Reply counts if the outcome is OK.
	Reply Reply
	// read is what Args mean, if Read has found out.
	read *command
}

// Read finds out what the operations mean, for all judgements of them and of copies of them that follow: without it, each
// has to find out for itself. Those that the model does not know are left out.
func Read(history []Operation) {
	memory := make([]command, len(history))
	for i := range history {
		if c, err := meaning(history[i].Args); err == nil {
			memory[i] = c
			history[i].read = &memory[i]
		}
	}
}

// meaning returns what the arguments mean. The error is for commands that the model does not have.
func (o *Operation) meaning() (*command, error) {
	if o.read != nil {
		return o.read, nil
	}
	c, err := meaning(o.Args)
	return &c, err
}

// ReplyKind is the type of a reply.
type ReplyKind uint8

const (
	// Nil: there is no such value.
	Nil ReplyKind = iota
	// Status: a short text such as "OK".
	Status
	// Bulk: a value.
	Bulk
	// Integer: a number.
	Integer
	// Array: Items.
	Array
	// Error: the error line, without the leading '-'.
	Error
)

// Reply is what a command answers. Only the fields of its kind are set.
type Reply struct {
	Kind  ReplyKind
	Text  string // Status, Bulk, Error
	Int   int64  // Integer
	Items []Reply
}

// Equal reports whether two replies are the same.
func (r Reply) Equal(other Reply) bool { return r.same(&other) }

func (r *Reply) same(other *Reply) bool {
	return r.Kind == other.Kind && r.Int == other.Int && r.Text == other.Text &&
		len(r.Items) == len(other.Items) && (len(r.Items) == 0 || slices.EqualFunc(r.Items, other.Items, Reply.Equal))
}

func statusReply(text string) Reply { return Reply{Kind: Status, Text: text} }
func bulkReply(text string) Reply   { return Reply{Kind: Bulk, Text: text} }
func integerReply(n int64) Reply    { return Reply{Kind: Integer, Int: n} }
func errorReply(text string) Reply  { return Reply{Kind: Error, Text: text} }

var okReply = statusReply("OK")
