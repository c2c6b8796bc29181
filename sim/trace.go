package sim

import (
	"fmt"
	"io"
	"net/netip"

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
	idle   bool   // nobody looks, and the window was not asked for
	count  uint64 // records so far. Invariant: record n is at window[n % len(window)] until len(window) later ones came
	event  uint64 // one more than the number of the record of the latest event, 0 if none
}

func newTrace(config Config) trace {
	t := trace{writer: config.Trace, observe: config.Observe, window: make([]Record, max(config.Window, 1))}
	t.idle = config.Window < 0 && !t.watched()
	return t
}

// watched reports whether somebody reads the trace as it is written.
func (t *trace) watched() bool { return t.writer != nil || t.observe != nil }

// add keeps a record, and shows it.
func (t *trace) add(r *Record) {
	if r.Action.IsEvent() {
		t.event = t.count + 1
	}
	kept := &t.window[t.count%uint64(len(t.window))]
	t.count++
	data := r.Data
	r.Length = len(data)
	if !t.watched() {
		data = data[:min(len(data), windowPayload)]
	}
	r.Data = append(kept.Data[:0], data...)
	*kept = *r
	if t.watched() {
		t.show(kept)
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

// lastEvent returns the line of the latest event, empty if it is not in the window.
func (t *trace) lastEvent() string {
	if t.event == 0 || t.count-(t.event-1) > uint64(len(t.window)) {
		return ""
	}
	return t.window[(t.event-1)%uint64(len(t.window))].String()
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
		w.trace.add(&Record{Time: w.Now(), Event: w.events, Host: h, Action: ActionNote, Text: fmt.Sprintf(format, args...)})
	}
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
	if !w.trace.idle {
		w.trace.add(&Record{
			Time: w.Now(), Event: w.events, Host: h, Action: Action(e.Kind), Port: e.Port, Peer: e.From, Stream: e.Stream,
			Token: e.Token, Data: e.Data, Args: e.Args, Reason: e.Reason,
		})
	}
}

// effect folds something that a process does into the hash, and shows it.
func (h *Host) effect(r *Record) {
	w := h.world
	w.hash.word(uint64(r.Port)<<8 | uint64(r.Action))
	switch r.Action {
	case ActionSend, ActionOpen:
		w.hash.address(r.Peer)
	case ActionWrite, ActionClose:
		w.hash.word(uint64(r.Stream))
	case ActionSetTimer:
		w.hash.word(r.Token)
		w.hash.word(uint64(r.Due))
	case ActionDisk:
		w.hash.text(r.Text)
		w.hash.word(r.Token)
	}
	w.hash.bytes(r.Data)
	if !w.trace.idle {
		r.Time, r.Event, r.Host = w.Now(), w.events, h
		w.trace.add(r)
	}
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
		w.trace.add(&Record{Time: w.Now(), Event: w.events, Host: h, Action: action, Text: text})
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
