package seal

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/transport"
)

// A link is a stream of the bus below, from the first moment on.
type link struct {
	stream  *Stream
	inbound bool
	// plain is set for a stream that is not sealed.
	plain bool
	peer  transport.Address
	// opening is set until the other side is confirmed; opened, what the receiver knows of, comes later.
	opening, opened bool
	// waiting are bytes to be sealed once the stream is confirmed.
	waiting []byte
	// closing is set when this side has closed the stream, closed when the bus below knows it.
	closing, closed bool
	// reason is why the stream was abandoned, nil if it was not.
	reason error
	// cancel ends the watch on the opening.
	cancel func()
}

// OpenStream implements transport.Bus.
func (b *Bus) OpenStream(to transport.Address) transport.StreamID {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	id := b.inner.OpenStream(to)
	if id != 0 {
		b.add(id, &link{peer: to, plain: b.mode == Accept})
	}
	return id
}

// add begins to keep a link. Called with the mutex held, as all that follows unless it says otherwise.
func (b *Bus) add(id transport.StreamID, l *link) {
	l.opening = true
	l.cancel = b.options.After(b.options.HandshakeTimeout, func() { b.expire(id) })
	b.streams[id] = l
	place, _ := slices.BinarySearch(b.order, id)
	b.order = slices.Insert(b.order, place, id)
	if l.inbound {
		l.stream = AcceptStream(b.ring, b.name, b.options.Random)
		b.opening = append(b.opening, id)
	}
}

// remove forgets a link.
func (b *Bus) remove(id transport.StreamID, l *link) {
	l.cancel()
	delete(b.streams, id)
	place, _ := slices.BinarySearch(b.order, id)
	b.order = slices.Delete(b.order, place, place+1)
	b.endOpening(id)
}

func (b *Bus) endOpening(id transport.StreamID) {
	if place := slices.Index(b.opening, id); place >= 0 {
		b.opening = slices.Delete(b.opening, place, place+1)
	}
}

// expire ends the opening of a stream that has taken too long. Called without the mutex.
func (b *Bus) expire(id transport.StreamID) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if l := b.streams[id]; l != nil && l.opening {
		b.abandon(id, l, refuse(HandshakeTimeout))
	}
}

// abandon closes a stream for a reason of ours.
func (b *Bus) abandon(id transport.StreamID, l *link, refusal error) {
	b.count(refusal)
	b.close(id, l, refusal)
}

func (b *Bus) close(id transport.StreamID, l *link, reason error) {
	if l.closed {
		return
	}
	l.closing, l.closed, l.opening, l.reason, l.waiting = true, true, false, reason, nil
	b.endOpening(id)
	b.inner.CloseStream(id)
}

// SendStream implements transport.Bus.
func (b *Bus) SendStream(id transport.StreamID, data []byte) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	l := b.streams[id]
	switch {
	case l == nil || l.closing:
	case !l.opening:
		b.send(id, l, data)
	case len(l.waiting)+len(data) > maxUnsealed:
		b.close(id, l, transport.ErrTooSlow)
	default:
		l.waiting = append(l.waiting, data...)
	}
}

// send sends bytes of a stream that is open: it is confirmed, or plain.
func (b *Bus) send(id transport.StreamID, l *link, data []byte) {
	if l.plain {
		b.inner.SendStream(id, data)
		return
	}
	b.sealed = l.stream.Seal(b.sealed[:0], data)
	b.inner.SendStream(id, b.sealed)
	if cap(b.sealed) > maxKeptRoom {
		b.sealed = nil
	}
}

// CloseStream implements transport.Bus. What waits for the opening of the stream is sent first.
func (b *Bus) CloseStream(id transport.StreamID) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	l := b.streams[id]
	if l == nil || l.closing {
		return
	}
	l.closing = true
	if !l.opening || len(l.waiting) == 0 {
		b.finish(id, l)
	}
}

// finish closes a stream in order.
func (b *Bus) finish(id transport.StreamID, l *link) {
	if !l.opening && !l.plain {
		b.inner.SendStream(id, l.stream.End(nil))
	}
	b.close(id, l, nil)
}

// StreamOpened implements transport.Receiver: now the two sides can begin to open it.
func (r innerReceiver) StreamOpened(id transport.StreamID, peer transport.Address, inbound bool) {
	if r.beginOpening(id, peer, inbound) {
		r.receiver.StreamOpened(id, peer, inbound)
	}
}

// beginOpening begins to open a stream, and reports whether it is open with that.
func (b *Bus) beginOpening(id transport.StreamID, peer transport.Address, inbound bool) (isOpen bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if inbound {
		if len(b.opening) == b.options.MaxHandshakes {
			oldest := b.opening[0]
			b.abandon(oldest, b.streams[oldest], refuse(HandshakesTooMany))
		}
		b.add(id, &link{peer: peer, inbound: true})
		return false
	}
	l := b.streams[id]
	switch {
	case l == nil || l.closed:
		return false
	case l.plain:
		l.opened = !l.closing
		b.confirm(id, l)
		return l.opened
	}
	var opening []byte
	l.stream, opening = OpenStream(b.ring, b.name, b.options.Random)
	b.inner.SendStream(id, opening)
	return false
}

// StreamData implements transport.Receiver.
func (r innerReceiver) StreamData(id transport.StreamID, data []byte) {
	l, received, isNew := r.openData(id, data)
	if l == nil {
		return
	}
	if isNew {
		r.receiver.StreamOpened(id, l.peer, l.inbound)
	}
	if len(received) > 0 && r.isOpen(l) {
		r.receiver.StreamData(id, received)
	}
}

// isOpen reports whether this side has not closed a stream, as the receiver may do when it is told of it.
func (b *Bus) isOpen(l *link) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return !l.closing || l.reason != nil
}

// openData opens what has arrived on a stream, and returns it with whether the receiver has still to be told of the stream. It
// returns no link if there is nothing to tell. What it returns stays valid during this call of the inner receiver.
func (b *Bus) openData(id transport.StreamID, data []byte) (l *link, received []byte, isNew bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	l = b.streams[id]
	if l == nil || l.closed {
		return nil, nil, false
	}
	if l.plain {
		return l, data, false
	}
	r, err := l.stream.Receive(data)
	if l.inbound && b.takesPlain(err) {
		l.plain, l.opened = true, true
		b.confirm(id, l)
		return l, l.stream.Unread(), true
	}
	if len(r.Send) > 0 {
		b.inner.SendStream(id, r.Send)
	}
	wasClosing := l.closing
	if r.Confirmed {
		b.confirm(id, l)
	}
	if err != nil {
		b.abandon(id, l, err)
	}
	if wasClosing || !l.opened && !r.Confirmed {
		return nil, nil, false
	}
	isNew, l.opened = !l.opened, true
	return l, r.Data, isNew
}

// confirm sends what has waited for this.
func (b *Bus) confirm(id transport.StreamID, l *link) {
	l.opening = false
	l.cancel()
	b.endOpening(id)
	if len(l.waiting) > 0 {
		b.send(id, l, l.waiting)
		l.waiting = nil
	}
	if l.closing {
		b.finish(id, l)
	}
}

// StreamClosed implements transport.Receiver.
func (r innerReceiver) StreamClosed(id transport.StreamID, reason error) {
	if tell, reason := r.endLink(id, reason); tell {
		r.receiver.StreamClosed(id, reason)
	}
}

// endLink forgets a stream, and returns whether the receiver knows of it and why it was closed.
func (b *Bus) endLink(id transport.StreamID, reason error) (tell bool, why error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	l := b.streams[id]
	if l == nil {
		return false, nil
	}
	b.remove(id, l)
	switch {
	case l.reason != nil:
		reason = closeReason(l.reason)
	case reason == nil && !l.plain && !l.closed && (l.stream == nil || !l.stream.Ended()):
		reason = fmt.Errorf("%w: %w", cutReason(l), refuse(Truncated))
		b.counters[Truncated]++
	}
	return l.opened || !l.inbound, reason
}

// cutReason is what a stream's end amounts to that the other side has not announced.
func cutReason(l *link) error {
	if l.opening {
		return transport.ErrRefused
	}
	return transport.ErrReset
}

// closeReason puts a refusal of ours among the reasons of package transport.
func closeReason(reason error) error {
	refusal, ok := reason.(*Error)
	switch {
	case !ok:
		return reason
	case refusal.Kind == HandshakeTimeout:
		return fmt.Errorf("%w: %w", transport.ErrTimeout, reason)
	}
	return fmt.Errorf("%w: %w", transport.ErrReset, reason)
}
