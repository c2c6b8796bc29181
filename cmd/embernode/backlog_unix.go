//go:build unix

package main

import (
	"net"
	"syscall"
)

// setBacklog sets how many connections may wait to be accepted. Package net has listened with the system's maximum, which
// stays in force if it is lower, or if this fails.
func setBacklog(listener net.Listener, backlog int) {
	socket, ok := listener.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	// On a socket that listens already, listen changes the backlog.
	_ = raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), backlog) })
}
