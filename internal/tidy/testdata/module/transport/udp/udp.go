// Package udp runs in the real world.
package udp

import "net"

func listen(m map[int]int) net.Conn {
	done := make(chan bool)
	go close(done)
	// want+2 mark

	//unordered: this package is not held to determinism
	for range m {
		<-done
	}
	return nil
}
