//go:build !linux

package udp

import "syscall"

// leavePortOpen does nothing: the option for it is Linux's.
func leavePortOpen(_, _ string, _ syscall.RawConn) error {
	return nil
}
