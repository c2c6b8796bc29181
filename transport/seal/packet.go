package seal

import (
	"encoding/binary"

	"github.com/ember-cluster/ember/transport"
)

// A Session names one life of a bus. It is drawn at random.
type Session [16]byte

const (
	datagramMagic   = "EMS"
	datagramVersion = 1

	atVersionAndKind = 3
	atKeyID          = 4
	atSender         = 8
	atReceiver       = 24
	atNumber         = 40
	headerSize       = 48

	// Overhead is how many bytes longer a sealed datagram is than its content.
	Overhead = headerSize + tagSize
	// MaxDatagram is the most bytes that one datagram of a sealed bus may carry.
	MaxDatagram = transport.MaxDatagram - Overhead
)

// packetKind is what a datagram is.
type packetKind uint8

const (
	kindHello packetKind = iota + 1
	kindWelcome
	kindStale
	kindData
)

// keyUses are the first part of the label of each kind's key.
var keyUses = [...]string{
	kindHello: "datagram hello", kindWelcome: "datagram welcome", kindStale: "datagram stale", kindData: "datagram data",
}

// A header is all of a datagram that can be read without the secret.
type header struct {
	kind             packetKind
	secret           KeyID
	sender, receiver Session
	number           uint64
}

func (h *header) append(dst []byte) []byte {
	dst = append(dst, datagramMagic...)
	dst = append(dst, datagramVersion<<4|byte(h.kind))
	dst = append(dst, h.secret[:]...)
	dst = append(dst, h.sender[:]...)
	dst = append(dst, h.receiver[:]...)
	return binary.BigEndian.AppendUint64(dst, h.number)
}

func parseHeader(packet []byte) (h header, err error) {
	switch {
	case len(packet) < len(datagramMagic) || string(packet[:len(datagramMagic)]) != datagramMagic:
		return h, refuse(NotSealed)
	case len(packet) < Overhead:
		return h, refuse(Truncated)
	}
	h.kind = packetKind(packet[atVersionAndKind] & 0xf)
	if packet[atVersionAndKind]>>4 != datagramVersion || h.kind < kindHello || h.kind > kindData {
		return h, refuse(BadVersion)
	}
	h.secret = KeyID(packet[atKeyID:])
	h.sender = Session(packet[atSender:])
	h.receiver = Session(packet[atReceiver:])
	h.number = binary.BigEndian.Uint64(packet[atNumber:])
	return h, nil
}

// generationBits is how many bits of a datagram's number do not choose its key.
const generationBits = 24

func (h *header) generation() uint64 { return h.number >> generationBits }

// parties is the part of a key's label that names both sides, the sender first.
func (h *header) parties() []byte {
	return append(h.sender[:len(h.sender):len(h.sender)], h.receiver[:]...)
}
