package udp

import "syscall"

// ipBindAddressNoPort is IP_BIND_ADDRESS_NO_PORT of ip(7).
const ipBindAddressNoPort = 24

// leavePortOpen lets a socket that is bound to an address, but to no port, get its port only when it is connected. It
// can be one then that connections to other peers use as well; otherwise every connection takes a port for itself
// alone, and a busy host runs out of them.
func leavePortOpen(_, _ string, connection syscall.RawConn) error {
	return connection.Control(func(descriptor uintptr) {
		// Without the option connecting works as well.
		_ = syscall.SetsockoptInt(int(descriptor), syscall.SOL_IP, ipBindAddressNoPort, 1)
	})
}
