package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// listenForClients opens the port for clients, if there is one without TLS, and the Unix socket.
func listenForClients(s *settings) (listeners []net.Listener, port uint16, err error) {
	if s.Port != 0 || s.TLSPort == 0 {
		if listeners, err = listenOn(uint16(s.Port), s); err != nil {
			return nil, 0, fmt.Errorf("port %d for clients: %w", s.Port, err)
		}
		port = addressOf(listeners[0].Addr()).Port()
	}
	if s.UnixSocket != "" {
		local, err := listenLocally(s)
		if err != nil {
			closeAll(listeners)
			return nil, 0, err
		}
		listeners = append(listeners, local)
	}
	return listeners, port, nil
}

// listenOn opens a port on every address that the node is bound to. With port 0 the first address chooses, and the others
// follow.
func listenOn(port uint16, s *settings) (listeners []net.Listener, err error) {
	for _, bind := range s.Bind {
		listener, err := listen(netip.AddrPortFrom(bind.address, port), s)
		if err != nil && bind.optional && unavailable(err) {
			continue
		}
		if err != nil {
			closeAll(listeners)
			return nil, err
		}
		listeners = append(listeners, listener)
		port = addressOf(listener.Addr()).Port()
	}
	if len(listeners) == 0 {
		return nil, fmt.Errorf("this host has none of the addresses %s", s.Bind)
	}
	return listeners, nil
}

// listenLocally opens the Unix socket. The file of an earlier process is replaced, as Redis does it.
func listenLocally(s *settings) (net.Listener, error) {
	if info, err := os.Lstat(s.UnixSocket); err == nil && info.Mode().Type() == os.ModeSocket {
		_ = os.Remove(s.UnixSocket) // an error shows when listening
	}
	listener, err := net.Listen("unix", s.UnixSocket)
	if err != nil {
		return nil, fmt.Errorf("unixsocket: %w", err)
	}
	if s.UnixSocketPerm != 0 {
		if err := os.Chmod(s.UnixSocket, os.FileMode(s.UnixSocketPerm)); err != nil {
			listener.Close() // nothing can be lost
			return nil, fmt.Errorf("unixsocketperm: %w", err)
		}
	}
	setBacklog(listener, int(s.TCPBacklog))
	return listener, nil
}

// unavailable reports whether an error says that the host does not have an address, or its family.
func unavailable(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

func listen(address netip.AddrPort, s *settings) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1} // each connection is told so when it is accepted
	network := "tcp6"                         // which does not take IPv4 too, so that both can be bound
	if address.Addr().Is4() {
		network = "tcp4"
	}
	listener, err := config.Listen(context.Background(), network, address.String())
	if err != nil {
		return nil, err
	}
	setBacklog(listener, int(s.TCPBacklog))
	return listener, nil
}

// keepAlive asks after the given silence, and then thrice in as long, as Redis does.
func keepAlive(silence time.Duration) net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: silence > 0, Idle: silence, Interval: max(silence/3, time.Second), Count: 3}
}

func closeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		listener.Close() // nothing can be lost
	}
}

// acceptPause is how long nothing is accepted after an error, such as a lack of file descriptors.
const acceptPause = 100 * time.Millisecond

// accept takes the connections of one listener until that is closed.
func (d *netDriver) accept(listener net.Listener) {
	acceptAll(listener, d.log, func(connection net.Conn) { d.welcome(connection.(streamSocket), originOf(connection)) })
}

// acceptAll hands over the connections of a listener until that is closed.
func acceptAll(listener net.Listener, log *slog.Logger, welcome func(net.Conn)) {
	for {
		connection, err := listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			log.Warn("cannot accept a client", "error", err)
			<-time.After(acceptPause)
		default:
			welcome(connection)
		}
	}
}

// adopt implements clientDriver.
func (d *netDriver) adopt(socket int, from origin) {
	file := os.NewFile(uintptr(socket), "")
	defer file.Close() // the connection has a duplicate of the socket
	connection, err := net.FileConn(file)
	if err != nil {
		d.log.Warn("cannot accept a client", "error", err)
		return
	}
	d.welcome(connection.(streamSocket), from)
}

// welcome hands a new connection to the loop, or tells it why it may not stay.
func (d *netDriver) welcome(socket streamSocket, from origin) {
	c, err := newNetConnection(d, socket, from)
	if err != nil {
		socket.Close()
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	refusal := d.options.refusal(from.remote.Addr(), d.connected)
	if refusal != "" {
		if refusal == tooManyClients {
			d.turnedAway++
		}
		// The buffer of a new socket takes a line at once.
		_, _ = socket.Write([]byte(refusal))
		socket.Close()
		return
	}
	if stream, ok := socket.(*net.TCPConn); ok {
		_ = stream.SetKeepAliveConfig(keepAlive(d.options.keepAlive)) // serving goes on without it if need be
	}
	d.connected++
	d.arrived.opened = append(d.arrived.opened, c)
	d.rouse()
}
