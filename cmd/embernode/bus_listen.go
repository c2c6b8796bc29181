package main

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ember-cluster/ember/transport/udp"
)

// openBus opens the port for other nodes on every address that the node is bound to, and returns its number. With port 0 the
// first address chooses, and the others follow.
func (l *loop) openBus(s *settings) (port uint16, err error) {
	port = uint16(s.ClusterPort)
	for _, bind := range busAddresses(s.Bind) {
		receiver := busReceiver{port: len(l.bus.ports), loop: l}
		opened, err := udp.Listen(netip.AddrPortFrom(bind.address, port), receiver, udp.Options{})
		if err != nil && bind.optional && unavailable(err) {
			continue
		}
		if err != nil {
			_ = l.bus.close() // nothing was sent
			return 0, fmt.Errorf("port %d for other nodes: %w", port, err)
		}
		l.bus.ports = append(l.bus.ports, opened)
		port = opened.LocalAddress().Port()
		if bind.address == netip.IPv6Unspecified() {
			return port, nil // it takes IPv4 as well
		}
	}
	if len(l.bus.ports) == 0 {
		return 0, fmt.Errorf("port %d for other nodes: this host has none of the addresses %s", port, s.Bind)
	}
	return port, nil
}

// busAddresses puts any IPv6 address first: a bus that listens there takes IPv4 too, and leaves nothing for the others.
func busAddresses(all bindList) bindList {
	return slices.SortedStableFunc(slices.Values(all), func(a, b bindAddress) int {
		return rank(a) - rank(b)
	})
}

func rank(b bindAddress) int {
	if b.address == netip.IPv6Unspecified() {
		return 0
	}
	return 1
}
