package main

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/seal"
	"github.com/ember-cluster/ember/transport/udp"
)

// openBus opens the port for other nodes on every address that the node is bound to, and returns its number. With port 0 the
// first address chooses, and the others follow. With secrets it is sealed.
func (l *loop) openBus(s *settings, secrets *seal.Ring, mode seal.Mode) (port uint16, err error) {
	port = uint16(s.ClusterPort)
	for _, bind := range busAddresses(s.Bind) {
		receiver := busReceiver{port: len(l.bus.ports), loop: l}
		opened, err := l.bus.listen(netip.AddrPortFrom(bind.address, port), receiver, secrets, mode)
		if err != nil && bind.optional && unavailable(err) {
			continue
		}
		if err != nil {
			_ = l.bus.close() // nothing was sent
			return 0, fmt.Errorf("port %d for other nodes: %w", port, err)
		}
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

// listen opens one port, and seals it if there are secrets.
func (b *bus) listen(at transport.Address, receiver transport.Receiver, secrets *seal.Ring, mode seal.Mode) (transport.Bus, error) {
	var socket *udp.Bus
	open := func(receiver transport.Receiver) (opened transport.Bus, err error) {
		socket, err = udp.Listen(at, receiver, udp.Options{})
		return socket, err
	}
	var port transport.Bus
	var err error
	if secrets == nil {
		port, err = open(receiver)
	} else {
		var sealed *seal.Bus
		options := seal.Options{Mode: mode, Ring: secrets, Random: func(b []byte) { rand.Read(b) }, After: after}
		if sealed, err = seal.Listen(receiver, options, open); err == nil {
			b.sealed = append(b.sealed, sealed)
		}
		port = sealed
	}
	if err != nil {
		return nil, err
	}
	b.sockets = append(b.sockets, socket)
	b.ports = append(b.ports, port)
	return port, nil
}

// after calls a function when a duration has passed, unless it is cancelled before.
func after(d time.Duration, call func()) (cancel func()) {
	timer := time.AfterFunc(d, call)
	return func() { timer.Stop() }
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
