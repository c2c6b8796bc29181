package netsim

import "github.com/ember-cluster/ember/transport"

// An Endpoint is the transport.Bus of one receiver.
type Endpoint struct {
	network  *Network
	address  transport.Address
	socket   int32
	host     int32
	receiver transport.Receiver
	closed   bool
}

var _ transport.Bus = (*Endpoint)(nil)

// LocalAddress implements transport.Bus.
func (e *Endpoint) LocalAddress() transport.Address { return e.address }

// MaxDatagram implements transport.Bus.
func (e *Endpoint) MaxDatagram() int { return transport.MaxDatagram }

// SendDatagram implements transport.Bus.
func (e *Endpoint) SendDatagram(to transport.Address, data []byte) {
	transport.CheckDatagram(data, transport.MaxDatagram)
	if !e.closed {
		e.network.sendDatagram(e, to, data)
	}
}

// OpenStream implements transport.Bus.
func (e *Endpoint) OpenStream(to transport.Address) transport.StreamID {
	if e.closed {
		return closedStream
	}
	return e.network.openStream(e, to)
}

// SendStream implements transport.Bus.
func (e *Endpoint) SendStream(id transport.StreamID, data []byte) {
	if number, side, ok := e.network.find(e, id); ok {
		e.network.sendStream(number, side, data)
	}
}

// CloseStream implements transport.Bus.
func (e *Endpoint) CloseStream(id transport.StreamID) {
	if number, side, ok := e.network.find(e, id); ok {
		e.network.closeStream(number, side)
	}
}

// Close implements transport.Bus. Peers see the streams closed in order.
func (e *Endpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.network.sockets[e.socket].endpoint = nil
	e.network.leaveStreams(e)
	return nil
}
