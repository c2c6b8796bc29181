package sim

import (
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// windowPayload is how many bytes of a payload the window keeps: any datagram, and the beginning of stream data.
const windowPayload = transport.MaxDatagram

// trace shows the history to those who look: each record at once to the writer and the observer, and the latest ones
// in a window, a ring whose records are overwritten in place and put into words only when they are asked for.
type trace struct {
	writer  io.Writer
	observe func(r *Record)
	line    []byte // the writer's, reused

	// window has at least one place, so that there is always one to put a record together in.
	window []Record
	place  int    // index of the next record
	idle   bool   // nobody looks, and the window was not asked for
	count  uint64 // records so far. Invariant: record n is at window[n % len(window)] until len(window) later ones came
	latest latestEvent
}

// latestEvent is the event of a process that came last, which is known without a window. Its payload is there until the event ends.
type latestEvent struct {
	event  Event
	host   *Host // nil: there was none
	at     time.Duration
	number uint64
}

func newTrace(config Config) trace {
	t := trace{writer: config.Trace, observe: config.Observe, window: make([]Record, max(config.Window, 1))}
	t.idle = config.Window < 0 && !t.watched()
	return t
}

// watched reports whether somebody reads the trace as it is written.
func (t *trace) watched() bool { return t.writer != nil || t.observe != nil }

// next returns the place of the next record, which is put together there. It holds an earlier one still: the caller sets everything
// but the payload, and then calls finish.
func (t *trace) next(action Action) *Record {
	r := &t.window[t.place]
	if t.place++; t.place == len(t.window) {
		t.place = 0
	}
	t.count++
	r.Action = action
	return r
}

// finish gives a record its payload, and shows it.
func (t *trace) finish(r *Record, data []byte) {
	r.Length, r.Data = len(data), r.Data[:0]
	if t.watched() {
		r.Data = append(r.Data, data...)
		t.show(r)
	} else if len(data) > 0 {
		r.Data = append(r.Data, data[:min(len(data), windowPayload)]...)
	}
}

func (t *trace) show(r *Record) {
	if t.observe != nil {
		t.observe(r)
	}
	if t.writer != nil {
		t.line = r.append(t.line[:0])
		// A trace that cannot be written must not change the run.
		_, _ = t.writer.Write(t.line)
	}
}

// since returns the records of the window from a number on, as lines.
func (t *trace) since(number uint64) []string {
	if n := uint64(len(t.window)); t.count > n {
		number = max(number, t.count-n)
	}
	var lines []string
	for ; number < t.count; number++ {
		lines = append(lines, t.window[number%uint64(len(t.window))].String())
	}
	return lines
}

// lastEvent returns the line of the latest event, empty if there was none.
func (t *trace) lastEvent() string {
	l := &t.latest
	if l.host == nil {
		return ""
	}
	r := Record{Action: Action(l.event.Kind), Data: l.event.Data, Length: len(l.event.Data)}
	l.fill(&r)
	return r.String()
}

// fill writes all that a record says of the event but its action and its payload.
func (l *latestEvent) fill(r *Record) {
	e := &l.event
	r.Time, r.Event, r.Host = l.at, l.number, l.host
	r.Port, r.Peer, r.Stream, r.Token = e.Port, e.From, e.Stream, e.Token
	r.Args, r.Reason = e.Args, e.Reason
	r.Due, r.Text = 0, ""
}

// WriteWindow writes the latest events and effects, a line each.
func (w *World) WriteWindow(to io.Writer) error {
	for _, line := range w.trace.since(0) {
		if _, err := fmt.Fprintln(to, line); err != nil {
			return err
		}
	}
	return nil
}

// Tracef adds a line of the world's own to the trace, if somebody reads it. It has no influence on the hash.
func (w *World) Tracef(format string, args ...any) { w.tracef(nil, format, args...) }

func (w *World) tracef(h *Host, format string, args ...any) {
	if w.trace.watched() {
		r := w.record(h, ActionNote)
		r.Text = fmt.Sprintf(format, args...)
		w.trace.finish(r, nil)
	}
}

// record begins a record of now, of which the rest is zero.
func (w *World) record(h *Host, action Action) *Record {
	r := w.trace.next(action)
	*r = Record{Time: w.Now(), Event: w.events, Host: h, Action: action, Data: r.Data}
	return r
}

// received folds an event into the hash, and shows it.
func (w *World) received(h *Host, e *Event) {
	w.hash.word(uint64(w.now))
	w.hash.word(uint64(h.index)<<32 | uint64(e.Port)<<8 | uint64(e.Kind))
	switch e.Kind {
	case EventDatagram:
		w.hash.address(e.From)
		w.hash.bytes(e.Data)
	case EventStreamOpened:
		w.hash.word(uint64(e.Stream))
		w.hash.address(e.From)
	case EventStreamData:
		w.hash.word(uint64(e.Stream))
		w.hash.bytes(e.Data)
	case EventStreamClosed:
		w.hash.word(uint64(e.Stream))
		if e.Reason != nil {
			w.hash.text(e.Reason.Error())
		}
	case EventTimer:
		w.hash.word(e.Token)
	case EventInput:
		for _, arg := range e.Args {
			w.hash.text(arg)
		}
	}
	w.trace.latest = latestEvent{event: *e, host: h, at: w.Now(), number: w.events}
	if w.trace.idle {
		return
	}
	r := w.trace.next(Action(e.Kind))
	w.trace.latest.fill(r)
	w.trace.finish(r, e.Data)
}

// effect is something that a process does. Fields that do not belong to its action are zero.
type effect struct {
	action Action
	port   uint16
	peer   transport.Address
	stream transport.StreamID
	token  uint64
	due    time.Duration
	text   string
	data   []byte
}

// effect folds something that a process does into the hash, and shows it.
func (h *Host) effect(e *effect) {
	w := h.world
	w.hash.word(uint64(e.port)<<8 | uint64(e.action))
	switch e.action {
	case ActionSend, ActionOpen:
		w.hash.address(e.peer)
	case ActionWrite, ActionClose:
		w.hash.word(uint64(e.stream))
	case ActionSetTimer:
		w.hash.word(e.token)
		w.hash.word(uint64(e.due))
	case ActionDisk:
		w.hash.text(e.text)
		w.hash.word(e.token)
	}
	w.hash.bytes(e.data)
	if w.trace.idle {
		return
	}
	r := w.trace.next(e.action)
	r.Time, r.Event, r.Host = w.Now(), w.events, h
	r.Port, r.Peer, r.Stream, r.Token = e.port, e.peer, e.stream, e.token
	r.Due, r.Text = e.due, e.text
	r.Args, r.Reason = nil, nil
	w.trace.finish(r, e.data)
}

// note folds something that happens to a host, or to the world, into the hash, and shows it.
func (w *World) note(h *Host, action Action, text string) {
	index := uint64(0)
	if h != nil {
		index = uint64(h.index) + 1
	}
	w.hash.word(uint64(w.now))
	w.hash.word(index<<8 | uint64(action))
	w.hash.text(text)
	if !w.trace.idle {
		r := w.record(h, action)
		r.Text = text
		w.trace.finish(r, nil)
	}
}

// hostAt returns the host of an address, nil if there is none.
func (w *World) hostAt(address netip.Addr) *Host {
	for _, h := range w.hosts {
		if h.options.Address == address {
			return h
		}
	}
	return nil
}
