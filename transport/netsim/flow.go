package netsim

import "time"

// A flow is the bytes of a stream in one direction: those that were sent and not yet read.
//
//	buffer:  │ read │ admitted: the reader's   │ under way: arrives │ waits for the   │
//	         │      │ operating system has it  │ with its segment   │ stream to open  │
//	         0     head                                           segments' end      len
type flow struct {
	buffer   []byte
	head     int // bytes of the buffer that were read
	admitted int // bytes behind them that have arrived

	segments []segment     // under way, in order
	first    int           // segments before this one have arrived
	arrival  time.Duration // of the latest segment
	ended    bool          // the end has arrived: the sender has closed, and admitted are its last bytes

	// Invariant: at most one onRead with the flow's ticket is scheduled, or held by a clogged link, and then armed is set.
	armed  bool
	ticket uint32
	// stalled is since when the segment at the head is lost again and again, attempts how often; 0 if it is not.
	stalled  time.Duration
	attempts uint8
	// orphaned is set once the machine that sends is gone: what is lost now is not sent again.
	orphaned bool
	// unacknowledged is set while an onAcknowledge is scheduled: bytes have arrived that the sender does not know of.
	unacknowledged bool
}

// A segment is some bytes that are lost or arrive together.
type segment struct {
	arrives time.Duration
	length  int  // bytes; 0 for the end
	end     bool // the sender has closed
}

// unread returns how many bytes were sent and not read.
func (f *flow) unread() int { return len(f.buffer) - f.head }

// readable reports whether a read would return something.
func (f *flow) readable() bool { return f.admitted > 0 || f.ended }

// underWay reports whether anything was sent that has not arrived.
func (f *flow) underWay() bool { return f.first < len(f.segments) }

// send puts a segment under way.
func (f *flow) send(arrives time.Duration, length int, end bool) {
	f.arrival = max(f.arrival, arrives)
	f.segments = append(f.segments, segment{f.arrival, length, end})
}

// admit lets arrive what is due, up to the first segment that is lost, and reports whether there was one.
func (f *flow) admit(now time.Duration, l *link) (lost bool) {
	for f.underWay() && f.segments[f.first].arrives <= now {
		if l.loses(now) {
			lost = true
			break
		}
		f.attempts = 0
		s := f.segments[f.first]
		f.admitted += s.length
		f.ended = f.ended || s.end
		f.first++
	}
	if !f.underWay() {
		f.segments, f.first = f.segments[:0], 0
	} else if f.first > 64 && f.first > len(f.segments)/2 {
		f.segments = f.segments[:copy(f.segments, f.segments[f.first:])]
		f.first = 0
	}
	return lost
}

// consume forgets bytes that were read. It may move the rest of the buffer.
func (f *flow) consume(length int) {
	f.head += length
	f.admitted -= length
	switch {
	case f.head == len(f.buffer):
		f.buffer, f.head = f.buffer[:0], 0
	case f.head > 4096 && f.head > len(f.buffer)/2:
		f.buffer = f.buffer[:copy(f.buffer, f.buffer[f.head:])]
		f.head = 0
	}
}

// orphan loses what the sender would have to send again, or has not sent yet.
func (f *flow) orphan(after time.Duration) {
	f.orphaned = true
	for f.underWay() && (f.attempts > 0 || f.segments[len(f.segments)-1].arrives > after) {
		f.segments = f.segments[:len(f.segments)-1]
	}
}

// next returns when there is something to read next: a moment after now, if there is something now. The flow must not
// be empty.
func (f *flow) next(now time.Duration) time.Duration {
	if f.readable() {
		return now
	}
	return max(now, f.segments[f.first].arrives)
}

// reset makes the flow empty, and keeps its memory unless that is much.
func (f *flow) reset() {
	*f = flow{buffer: f.buffer[:0], segments: f.segments[:0], ticket: f.ticket + 1}
	if cap(f.buffer) > maxRead {
		f.buffer = nil
	}
}
