package main

import (
	"bytes"
	"errors"
	"net/netip"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/seal"
	"github.com/ember-cluster/ember/transport/udp"
)

// bus is the loop's side of the ports for other nodes, one for each address that the node is bound to. Its methods belong to
// the loop's goroutine.
type bus struct {
	ports []transport.Bus
	// sockets are the ports below any seal, sealed the ports if they have one.
	sockets []*udp.Bus
	sealed  []*seal.Bus
	// toNode and toPort translate between the streams of the ports and the numbers by which the node knows them.
	toNode map[portStream]core.StreamID
	toPort map[core.StreamID]portStream
	// lastInbound is the number of the newest stream that was opened by a peer, without core.InboundStream.
	lastInbound core.StreamID
}

// portStream is a stream of one of the ports.
type portStream struct {
	port int
	id   transport.StreamID
}

func newBus() *bus {
	return &bus{toNode: map[portStream]core.StreamID{}, toPort: map[core.StreamID]portStream{}}
}

// pair makes two names one stream's.
func (b *bus) pair(node core.StreamID, stream portStream) {
	b.toNode[stream], b.toPort[node] = node, stream
}

// inbound names a stream that a peer has opened.
func (b *bus) inbound(stream portStream) core.StreamID {
	b.lastInbound++
	node := b.lastInbound | core.InboundStream
	b.pair(node, stream)
	return node
}

// forget ends a stream's names and returns the node's, if it still had one.
func (b *bus) forget(stream portStream) (core.StreamID, bool) {
	node, ok := b.toNode[stream]
	delete(b.toNode, stream)
	delete(b.toPort, node)
	return node, ok
}

// portTo returns the index of the port from which an address is reached: the first of the same family.
func (b *bus) portTo(to netip.Addr) int {
	for i, port := range b.ports {
		if port.LocalAddress().Addr().Unmap().Is4() == to.Is4() {
			return i
		}
	}
	return 0
}

// maxDatagram is how many bytes a datagram may have, whichever port sends it.
func (b *bus) maxDatagram() int {
	most := transport.MaxDatagram
	for _, port := range b.ports {
		most = min(most, port.MaxDatagram())
	}
	return most
}

func (b *bus) sendDatagram(to netip.AddrPort, data []byte) {
	b.ports[b.portTo(to.Addr())].SendDatagram(to, data)
}

func (b *bus) openStream(node core.StreamID, to netip.AddrPort) {
	port := b.portTo(to.Addr())
	b.pair(node, portStream{port, b.ports[port].OpenStream(to)})
}

// sendStream sends bytes, in vain if the peer has closed the stream meanwhile.
func (b *bus) sendStream(node core.StreamID, data []byte) {
	if stream, ok := b.toPort[node]; ok {
		b.ports[stream.port].SendStream(stream.id, data)
	}
}

func (b *bus) closeStream(node core.StreamID) {
	if stream, ok := b.toPort[node]; ok {
		b.forget(stream)
		b.ports[stream.port].CloseStream(stream.id)
	}
}

func (b *bus) close() error {
	var failures []error
	for _, port := range b.ports {
		failures = append(failures, port.Close())
	}
	return errors.Join(failures...)
}

// busReceiver takes what arrives at one port to the loop. Its methods are called by the port's goroutines.
type busReceiver struct {
	port int
	loop *loop
}

// Datagram implements transport.Receiver. A datagram for which the mailbox has no room is dropped, as networks do.
func (r busReceiver) Datagram(from transport.Address, data []byte) {
	data = bytes.Clone(data)
	r.loop.mail.offer(len(data), func() { r.loop.step(&core.Datagram{From: from, Bytes: data}) })
}

// StreamOpened implements transport.Receiver.
func (r busReceiver) StreamOpened(id transport.StreamID, peer transport.Address, inbound bool) {
	if !inbound {
		return // the node has its number for it already, and may have sent on it
	}
	r.loop.mail.insist(0, func() {
		r.loop.step(&core.StreamOpened{Stream: r.loop.bus.inbound(portStream{r.port, id}), Peer: peer})
	})
}

// StreamData implements transport.Receiver. It waits while the mailbox is full, and with it the peer.
func (r busReceiver) StreamData(id transport.StreamID, data []byte) {
	data = bytes.Clone(data)
	r.loop.mail.insist(len(data), func() {
		if node, ok := r.loop.bus.toNode[portStream{r.port, id}]; ok {
			r.loop.step(&core.StreamData{Stream: node, Bytes: data})
		}
	})
}

// StreamClosed implements transport.Receiver.
func (r busReceiver) StreamClosed(id transport.StreamID, _ error) {
	r.loop.mail.insist(0, func() {
		if node, ok := r.loop.bus.forget(portStream{r.port, id}); ok {
			r.loop.step(&core.StreamClosed{Stream: node})
		}
	})
}
