package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// tlsGate serves clients by TLS, beside the loop. Each has goroutines that decrypt what it sends and encrypt what it is sent. To
// the loop it is one more client, at the other end of a pair of connected sockets:
//
//	client ──TLS──► gate ──pair──► clientDriver
//
// So whatever holds for clients holds for these too: bounds, throttling, the orderly end.
type tlsGate struct {
	listeners []net.Listener
	clients   clientDriver
	log       *slog.Logger
	config    atomic.Pointer[tls.Config]
	// keepAlive is the silence after which a client to come is asked whether it is still there.
	keepAlive atomic.Int64
	// handshakes bounds those that are under way, by its capacity.
	handshakes chan struct{}
	ended      sync.WaitGroup

	mutex sync.Mutex
	// open are the connections, and nil once the gate is closed.
	open map[*tls.Conn]struct{}
}

const (
	// handshakeTime is how long a client has to prove who it is.
	handshakeTime = 10 * time.Second
	// maxHandshakes bounds the memory that those take who never finish.
	maxHandshakes = 512
)

// openTLSGate opens the port. Nobody is let in before start.
func openTLSGate(c *commandLine, log *slog.Logger) (*tlsGate, error) {
	config, err := tlsConfig(&c.changeable.TLSSettings)
	if err != nil {
		return nil, err
	}
	g := &tlsGate{log: log, handshakes: make(chan struct{}, maxHandshakes), open: map[*tls.Conn]struct{}{}}
	if g.listeners, err = listenOn(uint16(c.TLSPort), &c.settings); err != nil {
		return nil, fmt.Errorf("tls-port %d: %w", c.TLSPort, err)
	}
	g.config.Store(config)
	g.keepAlive.Store(int64(c.driver.keepAlive))
	return g, nil
}

// start lets clients in.
func (g *tlsGate) start(clients clientDriver) {
	g.clients = clients
	for _, listener := range g.listeners {
		g.ended.Go(func() {
			acceptAll(listener, g.log, func(socket net.Conn) {
				g.handshakes <- struct{}{}
				g.ended.Go(func() { g.serve(socket.(*net.TCPConn)) })
			})
		})
	}
}

// serve is the goroutine of one client.
func (g *tlsGate) serve(socket *net.TCPConn) {
	_ = socket.SetKeepAliveConfig(keepAlive(time.Duration(g.keepAlive.Load()))) // serving goes on without it if need be
	connection := tls.Server(socket, g.config.Load())
	defer connection.Close()
	if !g.enter(connection) {
		return
	}
	defer g.leave(connection)
	err := shakeHands(connection)
	<-g.handshakes
	if err != nil {
		g.log.Debug("client ended: TLS", "remote", socket.RemoteAddr().String(), "error", err)
		return
	}
	inner, outer, err := socketPair()
	if err != nil {
		g.log.Warn("cannot accept a client", "error", err)
		return
	}
	defer inner.Close()
	from := originOf(socket)
	from.tls = true
	g.clients.adopt(outer, from)
	g.relay(connection, inner)
}

func shakeHands(connection *tls.Conn) error {
	if err := connection.SetDeadline(time.Now().Add(handshakeTime)); err != nil {
		return err
	}
	if err := connection.Handshake(); err != nil {
		return err
	}
	return connection.SetDeadline(time.Time{})
}

// relay moves bytes both ways until both have ended.
func (g *tlsGate) relay(connection *tls.Conn, inner *net.UnixConn) {
	var input sync.WaitGroup
	input.Go(func() {
		_ = copyBytes(inner, connection) // an error is an end, too
		_ = inner.CloseWrite()
	})
	if copyBytes(connection, inner) == nil && connection.CloseWrite() == nil {
		// The client may still be sending, and is given the time to notice the end.
		_ = connection.SetReadDeadline(time.Now().Add(lingerTime))
	} else {
		_ = connection.Close() // nobody is there to be told
		inner.Close()
	}
	input.Wait()
}

const (
	// minRelay is the buffer of a connection that is idle, maxRelay that of one that moves a lot.
	minRelay = 2 << 10
	maxRelay = 64 << 10
)

// copyBytes copies until the end. Its buffer follows what a read finds, so that many idle connections take little.
func copyBytes(to io.Writer, from io.Reader) error {
	buffer := make([]byte, minRelay)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n == len(buffer) && n < maxRelay:
			buffer = make([]byte, maxRelay)
		case n < minRelay && len(buffer) > minRelay:
			buffer = make([]byte, minRelay)
		}
	}
}

// socketPair returns two connected sockets: one for goroutines, one for a clientDriver.
func socketPair() (inner *net.UnixConn, outer int, err error) {
	syscall.ForkLock.RLock()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, 0, err
	}
	file := os.NewFile(uintptr(pair[0]), "")
	defer file.Close() // the connection has a duplicate of the socket
	connection, err := net.FileConn(file)
	if err == nil {
		err = syscall.SetNonblock(pair[1], true)
	}
	if err != nil {
		_ = syscall.Close(pair[1]) // nothing can be lost
		return nil, 0, err
	}
	return connection.(*net.UnixConn), pair[1], nil
}

// enter notes a connection, unless the gate is closed.
func (g *tlsGate) enter(connection *tls.Conn) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.open == nil {
		<-g.handshakes
		return false
	}
	g.open[connection] = struct{}{}
	return true
}

func (g *tlsGate) leave(connection *tls.Conn) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	delete(g.open, connection)
}

// closeListeners lets nobody in any more.
func (g *tlsGate) closeListeners() { closeAll(g.listeners) }

// close ends all connections, once the loop has closed its ends of them. What they have been sent has a moment to leave.
func (g *tlsGate) close(grace time.Duration) {
	g.mutex.Lock()
	for connection := range g.open {
		_ = connection.SetDeadline(time.Now().Add(grace)) // an error means that it is closed
	}
	g.open = nil
	g.mutex.Unlock()
	g.ended.Wait()
}
