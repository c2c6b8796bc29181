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

// writeDatagrams sends until the bus is closed, and then what was to be sent before.
func (b *Bus) writeDatagrams() {
	defer close(b.written)
	for {
		select {
		case datagram := <-b.outgoing:
			b.writeDatagram(datagram)
		case <-b.stopping.Done():
			for len(b.outgoing) > 0 {
				b.writeDatagram(<-b.outgoing)
			}
			return
		}
	}
}

func (b *Bus) writeDatagram(datagram outgoing) {
	if _, err := b.packets.WriteToUDPAddrPort(datagram.data, datagram.to); err != nil {
		b.datagramsDropped.Add(1)
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
