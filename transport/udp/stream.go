package udp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A stream is one TCP connection, from the first attempt to make it.
type stream struct {
	bus     *Bus
	id      transport.StreamID
	peer    transport.Address
	inbound bool
	// dialing is done when the stream is to end at once, connected or not.
	dialing context.Context
	cancel  context.CancelFunc

	mutex sync.Mutex
	// changed tells the writer of a change to what follows.
	changed *sync.Cond
	// connection is nil until the stream is open.
	connection *net.TCPConn
	// queue holds the bytes that wait to be sent, sending counts those that the writer has taken from it.
	//
	// Invariant: len(queue) + sending <= Options.SendQueue.
	queue   []byte
	sending int
	// closing is set by CloseStream: what is queued is still sent, what arrives is dropped.
	closing bool
	// aborted is set when the stream is to end at once, for the given reason.
	aborted bool
	reason  error
}

// maxKeptQueue is the size in bytes of the largest empty queue that a stream keeps for what comes next.
const maxKeptQueue = 64 << 10

// OpenStream implements transport.Bus.
func (b *Bus) OpenStream(to transport.Address) transport.StreamID {
	s := b.add(to, nil)
	if s == nil {
		return 0
	}
	return s.id
}

// add makes a stream and runs it: an inbound one if it has a connection. It returns nil if the bus is closed, or has too
// many inbound ones.
func (b *Bus) add(peer transport.Address, connection *net.TCPConn) *stream {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.closed {
		return nil
	}
	inbound := connection != nil
	if inbound && b.inbound == b.options.MaxInbound {
		b.streamsTooMany.Add(1)
		return nil
	}
	if inbound {
		b.inbound++
	}
	b.last++
	s := &stream{bus: b, id: b.last, peer: peer, inbound: inbound, connection: connection}
	s.changed = sync.NewCond(&s.mutex)
	s.dialing, s.cancel = context.WithCancel(b.stopping)
	b.streams[s.id] = s
	if inbound {
		b.running.Go(s.run)
	} else {
		b.running.Go(s.open)
	}
	return s
}

// remove forgets a stream: from now on its id is unknown.
func (b *Bus) remove(s *stream) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delete(b.streams, s.id)
	if s.inbound {
		b.inbound--
	}
}

// find returns the stream of that id, or nil.
func (b *Bus) find(id transport.StreamID) *stream {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.streams[id]
}

// SendStream implements transport.Bus.
func (b *Bus) SendStream(id transport.StreamID, data []byte) {
	s := b.find(id)
	if s == nil || !s.enqueue(data) {
		return
	}
	b.streamsTooSlow.Add(1)
	s.abort(transport.ErrTooSlow)
}

// enqueue queues bytes to be sent. It reports true if there is no room for them.
func (s *stream) enqueue(data []byte) (full bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closing || s.aborted {
		return false
	}
	if len(data) > s.bus.options.SendQueue-len(s.queue)-s.sending {
		return true
	}
	s.queue = append(s.queue, data...)
	s.changed.Signal()
	return false
}

// CloseStream implements transport.Bus.
func (b *Bus) CloseStream(id transport.StreamID) {
	s := b.find(id)
	if s == nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closing || s.aborted {
		return
	}
	s.closing = true
	if s.connection != nil {
		s.limitClose()
	}
	s.changed.Signal()
}

// limitClose bounds how long the rest of a stream that is closed may take. Called with the mutex held.
func (s *stream) limitClose() {
	// It fails only for a connection that is closed already.
	_ = s.connection.SetDeadline(time.Now().Add(s.bus.options.CloseTimeout))
}

// abort ends a stream at once.
func (s *stream) abort(reason error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.aborted {
		return
	}
	s.aborted, s.reason = true, reason
	s.cancel()
	if s.connection != nil {
		s.connection.Close()
	}
	s.changed.Signal()
}

// open dials, and goes on as the stream's reader.
func (s *stream) open() {
	connection, err := s.dial()
	if err != nil {
		s.end(err)
		return
	}
	s.mutex.Lock()
	s.connection = connection
	if s.aborted {
		connection.Close()
	} else if s.closing {
		s.limitClose()
	}
	s.mutex.Unlock()
	s.run()
}

// dial makes the connection. The error is the reason why the stream is closed.
func (s *stream) dial() (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: s.bus.options.ConnectTimeout}
	if local := s.bus.local.Addr(); !local.IsUnspecified() {
		// A host of several addresses shall be seen at the one where it listens.
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
		dialer.Control = leavePortOpen
	}
	connection, err := dialer.DialContext(s.dialing, "tcp", s.peer.String())
	switch {
	case err == nil:
	case isTimeout(err):
		return nil, fmt.Errorf("%w: %w", transport.ErrTimeout, err)
	case errors.Is(err, syscall.ECONNRESET):
		return nil, fmt.Errorf("%w: %w", transport.ErrReset, err)
	default:
		return nil, fmt.Errorf("%w: %w", transport.ErrRefused, err)
	}
	// The kernel may choose the very port that is dialled as the local one, and then the connection is with itself.
	if connection.LocalAddr().String() == connection.RemoteAddr().String() {
		connection.Close()
		return nil, fmt.Errorf("%w: connected to itself", transport.ErrRefused)
	}
	return connection.(*net.TCPConn), nil
}

func isTimeout(err error) bool {
	failure, ok := errors.AsType[net.Error](err)
	return ok && failure.Timeout()
}

// accept takes inbound connections.
func (b *Bus) accept() {
	for b.stopping.Err() == nil {
		connection, err := b.listener.AcceptTCP()
		if err != nil {
			b.pause()
			continue
		}
		s := b.add(unmap(connection.RemoteAddr().(*net.TCPAddr).AddrPort()), connection)
		if s == nil {
			_ = connection.SetLinger(0) // a reset: the peer shall not take it for an orderly close
			connection.Close()
		}
	}
}

// run reads a connected stream to its end, beside its writer.
func (s *stream) run() {
	s.bus.deliver(func(r transport.Receiver) {
		if !s.isClosing() {
			r.StreamOpened(s.id, s.peer, s.inbound)
		}
	})
	var writer sync.WaitGroup
	writer.Go(s.write)
	err := s.read()
	s.abort(s.reasonOf(err))
	writer.Wait()
	s.end(nil)
}

func (s *stream) isClosing() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.closing
}

// read delivers what arrives until the stream ends, and returns how it ended.
func (s *stream) read() error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := s.connection.Read(buffer)
		if n > 0 {
			s.bus.deliver(func(r transport.Receiver) {
				if !s.isClosing() {
					r.StreamData(s.id, buffer[:n])
				}
			})
		}
		if err != nil {
			return err
		}
	}
}

// reasonOf returns why a stream is closed on which reading has ended with an error.
func (s *stream) reasonOf(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case isTimeout(err):
		return fmt.Errorf("%w: %w", transport.ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", transport.ErrReset, err)
}

// write sends what is queued until the stream ends.
func (s *stream) write() {
	var spare []byte
	for {
		data, ok := s.next(spare)
		if !ok {
			return
		}
		if len(data) == 0 { // closing, and all is sent
			_ = s.connection.CloseWrite()
			return
		}
		if _, err := s.connection.Write(data); err != nil {
			// The reader finds out why: there may be an orderly end behind what has arrived already.
			_ = s.connection.SetReadDeadline(time.Now().Add(s.bus.options.CloseTimeout))
			return
		}
		spare = data[:0]
		if cap(spare) > maxKeptQueue {
			spare = nil
		}
	}
}

// next waits for bytes to send and takes all that are queued, leaving the spare slice in their place. It returns none
// when the stream is closing, and reports false when it has ended.
func (s *stream) next(spare []byte) (data []byte, ok bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.sending = 0
	for len(s.queue) == 0 && !s.closing && !s.aborted {
		s.changed.Wait()
	}
	data, s.queue = s.queue, spare
	s.sending = len(data)
	return data, !s.aborted
}

// end makes the last call for a stream, with the reason for which it was aborted, else the given one.
func (s *stream) end(reason error) {
	s.mutex.Lock()
	if s.aborted {
		reason = s.reason
	}
	s.aborted = true
	s.queue = nil
	s.mutex.Unlock()
	s.cancel()
	s.bus.remove(s)
	s.bus.deliver(func(r transport.Receiver) { r.StreamClosed(s.id, reason) })
}
