package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// epollListener is a socket that listens for clients.
type epollListener struct {
	socket int
	// path is the file of a Unix socket, to be removed in the end.
	path string
	// paused says that nobody is accepted until resumeAccepting.
	paused bool
}

// maxAccepts is how many clients a listener accepts in one round.
const maxAccepts = 256

// newEpollListener takes the socket out of a listener of package net, which would watch it too. The connections inherit the
// socket's options, see tcp(7), so what they need is set once.
func newEpollListener(listener net.Listener, silence time.Duration) (*epollListener, error) {
	raw, err := listener.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	l := &epollListener{socket: -1}
	if controlErr := raw.Control(func(fd uintptr) {
		l.socket, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	}); controlErr != nil {
		err = controlErr
	}
	if err != nil {
		return nil, err
	}
	if local, ok := listener.(*net.UnixListener); ok {
		local.SetUnlinkOnClose(false)
		l.path = listener.Addr().String()
	} else {
		l.configure(silence)
	}
	listener.Close() // the socket lives on in its duplicate
	return l, nil
}

// configure sets after which silence the clients to come are asked whether they are still there.
func (l *epollListener) configure(silence time.Duration) {
	if l.path == "" && l.socket >= 0 {
		setClientOptions(l.socket, silence)
	}
}

// setClientOptions sets the options of the connections to come: replies leave at once, and a silent client is asked whether
// it is still there. Serving goes on without them if need be.
func setClientOptions(socket int, silence time.Duration) {
	_ = unix.SetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	keep := keepAlive(silence)
	if !keep.Enable {
		_ = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
		return
	}
	_ = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	_ = unix.SetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(keep.Idle))
	_ = unix.SetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(keep.Interval))
	_ = unix.SetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keep.Count)
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func (l *epollListener) close() {
	if l.socket < 0 {
		return
	}
	_ = unix.Close(l.socket) // nothing can be lost
	l.socket = -1
	if l.path != "" {
		_ = os.Remove(l.path) // somebody else may have done it
	}
}

// accept takes the connections that wait at a listener.
func (d *epollDriver) accept(l *epollListener) {
	for range maxAccepts {
		socket, address, err := unix.Accept4(l.socket, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			from := origin{path: l.path}
			if l.path == "" {
				from.remote, from.local = addressOfSocket(address), localAddress(socket)
			}
			d.welcome(socket, from)
		case unix.EAGAIN:
			return
		case unix.EINTR, unix.ECONNABORTED:
		default:
			d.pauseAccepting(l, err)
			return
		}
	}
}

// welcome opens a new connection, or tells it why it may not stay.
func (d *epollDriver) welcome(socket int, from origin) {
	refusal := d.options.refusal(from.remote.Addr(), d.connected)
	switch refusal {
	case tooManyClients:
		d.turnedAway++
	case "":
		err := d.open(socket, from)
		if err == nil {
			return
		}
		refusal = fmt.Sprintf("-ERR %v\r\n", err)
	}
	// The buffer of a new socket takes a line at once.
	transmit(socket, []byte(refusal))
	_ = unix.Close(socket)
}

// pauseAccepting waits after an error, such as a lack of file descriptors, which would come again at once.
func (d *epollDriver) pauseAccepting(l *epollListener, err error) {
	d.log.Warn("cannot accept a client", "error", err)
	l.paused = true
	d.poll.ignore(l.socket)
	d.checkAt(d.options.clock() + acceptPause)
}

// resumeAccepting watches the listeners again that were paused.
func (d *epollDriver) resumeAccepting() {
	for i, l := range d.listeners {
		if !l.paused || l.socket < 0 {
			continue
		}
		if err := d.poll.watchListener(l.socket, int32(i)); err != nil {
			d.checkAt(d.now + acceptPause)
			continue
		}
		l.paused = false
	}
}

// localAddress returns the server's end of a connection.
func localAddress(socket int) netip.AddrPort {
	address, err := unix.Getsockname(socket)
	if err != nil {
		return netip.AddrPort{} // it is shown to people only
	}
	return addressOfSocket(address)
}

// addressOfSocket returns a TCP address, or nothing for a Unix socket.
func addressOfSocket(address unix.Sockaddr) netip.AddrPort {
	switch a := address.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(zoneOf(a.ZoneId))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}

// zoneOf returns the name of an interface, or its number.
func zoneOf(index uint32) string {
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return fmt.Sprint(index)
}
