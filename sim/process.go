package sim

import (
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A Program is what a host runs. Boot is called at every start of the host: the first one, and those after a crash.
// All that the new process may know of the past is what it finds on h.Disk(); keeping it in the Program
// instead would be cheating.
type Program interface {
	Boot(h *Host) Process
}

// ProgramFunc is a function as a Program.
type ProgramFunc func(h *Host) Process

// Boot calls f.
func (f ProgramFunc) Boot(h *Host) Process { return f(h) }

// A Describer is a Program that can put the bytes of its datagrams and stream data into words, for traces. It is asked
// only when somebody reads them, possibly long after, possibly for bytes that were corrupted on their way.
type Describer interface {
	Describe(kind EventKind, port uint16, data []byte) string
}

// A Process is one run of a program, from a start of its host to the next crash. It is a step function: it does
// something only inside Handle, it reads no clock but its host's, and it draws no random number but its
// host's. It never blocks and starts no goroutine.
type Process interface {
	// Handle takes one event. Whatever the process sends meanwhile is sent in that order.
	Handle(e Event)
	// NextDeadline is when, by the host's own monotonic clock, the process wants a Deadline event; Never if it
	// waits for nothing. It is asked after Boot and after each Handle. A deadline that has passed is due at once.
	NextDeadline() time.Duration
}

// EventKind says what an Event tells.
type EventKind uint8

const (
	EventDatagram     EventKind = iota + 1 // Data from From
	EventStreamOpened                      // Stream to or from the peer From; see Inbound
	EventStreamData                        // Data of Stream
	EventStreamClosed                      // Stream, for Reason
	EventDeadline                          // the process's deadline is reached
	EventTimer                             // the timer that was set with Token is due
	EventInput                             // an Input of the plan: Args
)

var eventNames = [...]string{"none", "datagram", "opened", "data", "closed", "deadline", "timer", "input"}

func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// An Event is one thing that happens to a process. Fields that its kind does not mention are zero.
type Event struct {
	Kind    EventKind
	Inbound bool               // StreamOpened: the peer opened it
	Port    uint16             // which of the host's listening ports it came to
	From    transport.Address  // Datagram: the sender; StreamOpened: the peer
	Stream  transport.StreamID // of the streams of that port
	Data    []byte             // valid during Handle only
	Token   uint64             // Timer: as given to Host.After
	Reason  error              // StreamClosed: why, nil if closed in order
	Args    []string           // Input: as the plan has them; not to be changed
}
