package udp

import (
	"bytes"

	"github.com/ember-cluster/ember/transport"
)

// An outgoing datagram waits to be sent.
type outgoing struct {
	to   transport.Address
	data []byte
}

// MaxDatagram implements transport.Bus.
func (b *Bus) MaxDatagram() int { return transport.MaxDatagram }

// SendDatagram implements transport.Bus.
func (b *Bus) SendDatagram(to transport.Address, data []byte) {
	transport.CheckDatagram(data, transport.MaxDatagram)
	if b.stopping.Err() != nil {
		return
	}
	select {
	case b.outgoing <- outgoing{to, bytes.Clone(data)}:
	default:
		b.datagramsDropped.Add(1)
	}
}

func (b *Bus) writeDatagrams() {
	for {
		select {
		case <-b.stopping.Done():
			return
		case datagram := <-b.outgoing:
			if _, err := b.packets.WriteToUDPAddrPort(datagram.data, datagram.to); err != nil {
				b.datagramsDropped.Add(1)
			}
		}
	}
}

func (b *Bus) readDatagrams() {
	buffer := make([]byte, transport.MaxDatagram+1)
	for b.stopping.Err() == nil {
		n, from, err := b.packets.ReadFromUDPAddrPort(buffer)
		switch {
		case err != nil:
			b.pause()
			continue
		case n > transport.MaxDatagram:
			b.datagramsTooLong.Add(1)
			continue
		}
		b.deliver(func(r transport.Receiver) { r.Datagram(unmap(from), buffer[:n]) })
	}
}
