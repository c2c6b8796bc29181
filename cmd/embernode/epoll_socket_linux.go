package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of every request. The sockets do not block, so Go's scheduler is not told of them, as package unix would:
// it would prepare for a wait that does not come.

// receive reads what is there, without waiting.
func receive(socket int, p []byte) (int, socketState) {
	for {
		n, _, err := unix.RawSyscall(unix.SYS_READ, uintptr(socket), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, socketBusy
		case err != 0 || n == 0:
			return 0, socketEnded
		default:
			return int(n), socketReady
		}
	}
}

// transmit writes as much as the socket takes, without waiting.
func transmit(socket int, p []byte) (int, socketState) {
	for {
		n, _, err := unix.RawSyscall(unix.SYS_WRITE, uintptr(socket), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, socketBusy
		case err != 0:
			return 0, socketEnded
		default:
			return int(n), socketReady
		}
	}
}
