package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// An Action is what a Record tells. Those up to Input are the kinds of events; then come what processes do, and what
// the world does.
type Action uint8

const (
	ActionSend      Action = iota + Action(EventInput) + 1 // the process sends a datagram
	ActionOpen                                             // it opens a stream
	ActionWrite                                            // it sends bytes on a stream
	ActionClose                                            // it closes a stream
	ActionUnlisten                                         // it closes a bus
	ActionSetTimer                                         // it sets a timer
	ActionDisk                                             // it changes its disk
	ActionExit                                             // it exits
	ActionBoot                                             // a host starts
	ActionDown                                             // a host goes down
	ActionPause                                            // a host stops
	ActionResume                                           // a host goes on
	ActionFault                                            // a fault begins
	ActionFaultEnd                                         // a fault ends
	ActionHeal                                             // the world is healed
	ActionLostInput                                        // an input comes to a host that is down
	ActionNote                                             // Tracef
	ActionFail                                             // the run fails
	actions
)

var actionNames = [actions]string{
	"", "datagram from", "opened", "data", "closed", "deadline", "timer", "input",
	"send to", "open to", "write", "close", "unlisten", "set timer", "disk", "exit", "boot", "down", "pause", "resume",
	"fault", "fault ends", "heal", "lost input", "note", "FAIL",
}

func (a Action) String() string {
	if a < actions {
		return actionNames[a]
	}
	return "unknown"
}

// IsEvent reports whether the record is an event of a process.
func (a Action) IsEvent() bool { return a > 0 && a <= Action(EventInput) }

// A Record is one event or effect, for traces. Fields that do not belong to its action are zero.
type Record struct {
	Time   time.Duration // virtual
	Event  uint64        // number of the event that it is, or during which it came about; 0 before the first
	Host   *Host         // nil: the world
	Action Action
	Port   uint16
	Peer   transport.Address
	Stream transport.StreamID
	Token  uint64
	Due    time.Duration // set timer: by the host's clock
	Length int           // bytes of the payload
	Data   []byte        // payload, or the beginning of it
	Args   []string      // input
	Text   string        // what there is to say in words
	Reason error         // closed
}

// append appends the record as a line: virtual time, host, what, who, short description.
func (r *Record) append(line []byte) []byte {
	seconds, rest := r.Time/time.Second, r.Time%time.Second
	line = fmt.Appendf(line, "%5d.%09d ", seconds, rest)
	name := "-"
	if r.Host != nil {
		name = r.Host.name
	}
	line = fmt.Appendf(line, "%-8s ", name)
	line = append(line, r.Action.String()...)
	if r.Peer.IsValid() {
		line = append(line, ' ')
		line = r.appendPeer(line)
	}
	if r.Stream != 0 {
		line = fmt.Appendf(line, " stream %x", uint64(r.Stream))
	}
	line = r.appendDetail(line)
	return append(line, '\n')
}

// appendPeer names the peer by its host, if it is one.
func (r *Record) appendPeer(line []byte) []byte {
	if r.Host != nil {
		if h := r.Host.world.hostAt(r.Peer.Addr()); h != nil {
			return strconv.AppendUint(append(append(line, h.name...), ':'), uint64(r.Peer.Port()), 10)
		}
	}
	return r.Peer.AppendTo(line)
}

// Detail returns what the record's line says after who and what.
func (r *Record) Detail() string { return strings.TrimPrefix(string(r.appendDetail(nil)), " ") }

func (r *Record) appendDetail(line []byte) []byte {
	switch r.Action {
	case Action(EventTimer):
		line = fmt.Appendf(line, " %d", r.Token)
	case ActionSetTimer:
		line = fmt.Appendf(line, " %d for %v", r.Token, r.Due)
	case Action(EventInput):
		line = fmt.Appendf(line, " %q", r.Args)
	case Action(EventStreamClosed):
		if r.Reason != nil {
			line = fmt.Appendf(line, " %v", r.Reason)
		}
	}
	if r.Text != "" {
		line = append(append(line, ' '), strings.ReplaceAll(r.Text, "\n", " ")...)
	}
	if r.Length > 0 {
		line = fmt.Appendf(line, " %d bytes", r.Length)
		line = append(append(line, ' '), r.describe()...)
	}
	return line
}

// shownPayload is how many bytes of a payload are shown that nobody can describe.
const shownPayload = 32

// describe puts the payload into words: the program's own, if it has some.
func (r *Record) describe() string {
	if d, ok := r.Host.program.(Describer); ok && r.Action != ActionDisk && len(r.Data) == r.Length {
		kind := EventDatagram
		if r.Stream != 0 {
			kind = EventStreamData
		}
		if text := d.Describe(kind, r.Port, r.Data); text != "" {
			return text
		}
	}
	return fmt.Sprintf("%.*q", shownPayload, r.Data)
}

// String returns the line.
func (r *Record) String() string { return strings.TrimSuffix(string(r.append(nil)), "\n") }
