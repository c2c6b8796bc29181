//go:build unix

package main

import "syscall"

// socketState is how an attempt to read or write has ended.
type socketState uint8

const (
	socketReady socketState = iota // it may go on
	socketBusy                     // it would have to wait
	socketEnded                    // the end of the input, or an error
)

// readSocket reads what is there, without waiting.
func readSocket(fd uintptr, p []byte) (int, socketState) {
	for {
		n, err := syscall.Read(int(fd), p)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, socketBusy
		case err != nil || n == 0:
			return 0, socketEnded
		default:
			return n, socketReady
		}
	}
}

// writeSocket writes as much as the socket takes, without waiting.
func writeSocket(fd uintptr, p []byte) (int, socketState) {
	for {
		n, err := syscall.Write(int(fd), p)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, socketBusy
		case err != nil:
			return 0, socketEnded
		default:
			return n, socketReady
		}
	}
}
