package main

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/ember-cluster/ember/core"
)

// netConnection is the connection of one client.
//
//	                  ended (end of input, error)          nothing queued
//	open ──► reading ─────────────────────────────► finishing ─────────────► released ──► closed
//	            │       lost (write error, bound)       ▲
//	            └──────── finish (the node's wish) ─────┘
type netConnection struct {
	driver *netDriver
	socket streamSocket
	raw    syscall.RawConn
	from   origin

	// What follows belongs to the loop.

	output
	// id is how the node calls the connection, from open until it is released.
	id core.ClientID
	// leaving says that the node is being told that the connection is closed; finishing that the node has closed it or knows
	// it closed, so that it is to be released once nothing is queued.
	leaving, finishing, released bool
	// active is when something was last read or written.
	active time.Duration

	// The driver's mutex guards what follows.

	// chunks counts those of this connection that the loop has not let go. Invariant: at most maxChunks, so no client gets
	// more than its share of a round.
	chunks int
	// throttled says that nothing must be read, since too much is queued for the client to read.
	throttled bool
	// stopped says that nothing must be read ever again.
	stopped bool
	// waiting says that the reader waits for resume.
	waiting bool
	// hungry says that the last read has filled its buffer.
	hungry bool
	resume chan struct{}

	// letGo is closed when the loop has no more to do with the connection; linger is set before that.
	letGo  chan struct{}
	linger bool
}

// streamSocket is a TCP connection or one by a Unix socket.
type streamSocket interface {
	net.Conn
	syscall.Conn
	// CloseWrite ends what is sent.
	CloseWrite() error
}

const (
	// maxChunks is one to be executed and one to be read meanwhile. The second one is needed in any case to find that there
	// is no more to read: what a socket says at its end, it says only to who reads on.
	maxChunks = 2
	// lingerTime is how long a connection that the node closes is kept to take what the client still sends: closing a
	// socket with unread input resets it, and the client could lose the error that tells why.
	lingerTime = time.Second
	// lastReplyTime is how long a client has to take what was queued for it before its connection was to be closed.
	lastReplyTime = 10 * time.Second
)

func newNetConnection(d *netDriver, socket streamSocket, from origin) (*netConnection, error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &netConnection{
		driver: d, socket: socket, raw: raw, from: from,
		resume: make(chan struct{}, 1), letGo: make(chan struct{}),
	}
	c.output.init(c)
	return c, nil
}

// originOf returns where a connection that a listener has accepted comes from.
func originOf(socket net.Conn) origin {
	if _, local := socket.(*net.UnixConn); local {
		return origin{path: socket.LocalAddr().String()}
	}
	return origin{remote: addressOf(socket.RemoteAddr()), local: addressOf(socket.LocalAddr())}
}

func addressOf(address net.Addr) netip.AddrPort {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	both := tcp.AddrPort()
	return netip.AddrPortFrom(both.Addr().Unmap(), both.Port())
}

// serve is the reader's goroutine.
func (c *netConnection) serve() {
	// One call for the whole life of the connection, so that one that is idle has no buffer.
	err := c.raw.Read(c.readReady)
	c.driver.readerEnded(c, err)
	<-c.letGo
	if c.linger {
		_, _ = io.Copy(io.Discard, c.socket) // until the client closes too, or the deadline
	}
	c.socket.Close()
	c.driver.socketClosed()
}

// readReady reads until nothing is left to read, and reports whether that is so for ever. If it is not, it is called again when
// there is more.
func (c *netConnection) readReady(fd uintptr) bool {
	for {
		buffer, ok := c.driver.mayRead(c)
		if !ok {
			return true
		}
		n, state := readSocket(fd, buffer)
		c.driver.hasRead(c, buffer, n)
		if state != socketReady {
			return state == socketEnded
		}
	}
}

// stop ends the reading. Called with the driver's mutex held.
func (c *netConnection) stop() {
	c.stopped = true
	c.awake()
}

// awake lets a waiting reader look again. Called with the driver's mutex held.
func (c *netConnection) awake() {
	if c.waiting {
		c.waiting = false
		c.resume <- struct{}{}
	}
}

// release lets the reader close the socket, after lingering for the client's own close if there may be input left.
func (c *netConnection) release(linger bool) {
	c.released = true
	c.driver.mutex.Lock()
	c.stop()
	c.driver.mutex.Unlock()
	until := time.Unix(1, 0)
	if linger {
		until = time.Now().Add(lingerTime)
		_ = c.socket.CloseWrite() // an error means that there is nothing to linger for
	}
	c.linger = linger
	c.socket.SetReadDeadline(until)
	close(c.letGo)
}

// mayRead waits until the connection may read, and returns a buffer for it, or false if it is to be closed.
func (d *netDriver) mayRead(c *netConnection) ([]byte, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for (c.chunks == maxChunks || c.throttled) && !c.stopped {
		c.waiting = true
		d.mutex.Unlock()
		<-c.resume
		d.mutex.Lock()
	}
	if c.stopped {
		return nil, false
	}
	return d.buffers.get(c.hungry), true
}

// hasRead leaves what was read for the loop.
func (d *netDriver) hasRead(c *netConnection, buffer []byte, n int) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if n == 0 {
		d.buffers.put(buffer)
		return
	}
	c.hungry = n == len(buffer)
	c.chunks++
	d.arrived.inputs = append(d.arrived.inputs, chunk{c, buffer, n})
	d.rouse()
}

// release gives the buffer back and lets the connection read on. Called with the driver's mutex held.
func (k *chunk) release() {
	c := k.connection
	c.driver.buffers.put(k.buffer)
	c.chunks--
	if !c.throttled {
		c.awake()
	}
}

// readerEnded tells the loop that there will be no more input.
func (d *netDriver) readerEnded(c *netConnection, err error) {
	if err != nil {
		d.log.Debug("client ended", "remote", c.from.String(), "error", err)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.arrived.ended = append(d.arrived.ended, c)
	d.rouse()
}

// socketClosed makes room for another client.
func (d *netDriver) socketClosed() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.connected--
}
