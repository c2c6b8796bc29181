package sim

import "github.com/ember-cluster/ember/transport"

// A socket is a transport.Bus of a host. It records what the process sends, and turns what arrives into events.
type socket struct {
	host     *Host
	port     uint16
	endpoint transport.Bus
}

// LocalAddress implements transport.Bus.
func (s *socket) LocalAddress() transport.Address { return s.endpoint.LocalAddress() }

// MaxDatagram implements transport.Bus.
func (s *socket) MaxDatagram() int { return s.endpoint.MaxDatagram() }

// SendDatagram implements transport.Bus.
func (s *socket) SendDatagram(to transport.Address, data []byte) {
	s.host.effect(&effect{action: ActionSend, port: s.port, peer: to, data: data})
	s.endpoint.SendDatagram(to, data)
}

// OpenStream implements transport.Bus.
func (s *socket) OpenStream(to transport.Address) transport.StreamID {
	id := s.endpoint.OpenStream(to)
	s.host.effect(&effect{action: ActionOpen, port: s.port, peer: to, stream: id})
	return id
}

// SendStream implements transport.Bus.
func (s *socket) SendStream(id transport.StreamID, data []byte) {
	s.host.effect(&effect{action: ActionWrite, port: s.port, stream: id, data: data})
	s.endpoint.SendStream(id, data)
}

// CloseStream implements transport.Bus.
func (s *socket) CloseStream(id transport.StreamID) {
	s.host.effect(&effect{action: ActionClose, port: s.port, stream: id})
	s.endpoint.CloseStream(id)
}

// Close implements transport.Bus.
func (s *socket) Close() error {
	s.host.effect(&effect{action: ActionUnlisten, port: s.port})
	return s.endpoint.Close()
}

// Datagram implements transport.Receiver.
func (s *socket) Datagram(from transport.Address, data []byte) {
	s.host.handle(&Event{Kind: EventDatagram, Port: s.port, From: from, Data: data})
}

// StreamOpened implements transport.Receiver.
func (s *socket) StreamOpened(id transport.StreamID, peer transport.Address, inbound bool) {
	s.host.handle(&Event{Kind: EventStreamOpened, Port: s.port, From: peer, Stream: id, Inbound: inbound})
}

// StreamData implements transport.Receiver.
func (s *socket) StreamData(id transport.StreamID, data []byte) {
	s.host.handle(&Event{Kind: EventStreamData, Port: s.port, Stream: id, Data: data})
}

// StreamClosed implements transport.Receiver.
func (s *socket) StreamClosed(id transport.StreamID, reason error) {
	s.host.handle(&Event{Kind: EventStreamClosed, Port: s.port, Stream: id, Reason: reason})
}
