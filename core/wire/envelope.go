package wire

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Kind says what the payload of an envelope is.
type Kind uint8

const (
	// KindGossip is a gossip message.
	KindGossip Kind = 1
	// KindPublish is a message of PUBLISH or SPUBLISH for the clients of other nodes.
	KindPublish Kind = 2
	// KindConsensus is a message of the group that decides on the configuration.
	KindConsensus Kind = 3
	// KindConfiguration brings a configuration to a node that lacks it.
	KindConfiguration Kind = 4
	// KindMeet is between nodes of different clusters, one of which is to join the other.
	KindMeet Kind = 5
	// KindSlot is about the end of a slot's way between two shards.
	KindSlot Kind = 6
)

// Sizes in bytes, header included.
const (
	// Overhead is the size of an envelope without payload.
	Overhead = 100
	// MaxDatagram is the largest envelope that goes into a datagram: it fits into an Ethernet frame with room
	// for the headers of tunnels, so that it is never split on its way.
	MaxDatagram = 1400
	// MaxFrame is the largest envelope on a stream.
	MaxFrame = 1 << 20
)

// Offsets of the fields; doc.go draws them.
const (
	magic   = "EMBR"
	version = 2

	atVersion  = 4
	atKind     = 5
	atReserved = 6
	atLength   = 8
	atCluster  = 12
	atSender   = 28
	atBoot     = 48
	atStamp    = 56
	atTag      = 80
	atChecksum = 96
)

// The fields lie side by side, and the checksum is the last of them.
const (
	_ = uint(atSender-atCluster-len(ClusterID{})) + uint(atBoot-atSender-len(NodeID{})) + uint(atTag-atStamp-stampSize)
	_ = uint(Overhead-atChecksum-4) + uint(MaxDatagram-Overhead) + uint(MaxFrame-MaxDatagram)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Envelope is one message between nodes.
type Envelope struct {
	Kind    Kind
	Cluster ClusterID // the sender's cluster
	Sender  NodeID
	Boot    uint64 // the sender's boot number: one more at each of its starts
	Stamp   Stamp  // of the configuration that the sender has in force
	Payload []byte // at most MaxFrame-Overhead bytes
}

// Append appends the envelope's binary form. It panics if the payload is larger than a frame can carry.
func (e *Envelope) Append(dst []byte) []byte {
	if len(e.Payload) > MaxFrame-Overhead {
		panic(fmt.Sprintf("wire: payload of %d bytes in a frame of at most %d", len(e.Payload), MaxFrame))
	}
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, version, byte(e.Kind), 0, 0)
	dst = AppendUint32(dst, uint32(len(e.Payload)))
	dst = append(dst, e.Cluster[:]...)
	dst = append(dst, e.Sender[:]...)
	dst = AppendUint64(dst, e.Boot)
	dst = e.Stamp.Append(dst)
	dst = append(dst, make([]byte, Overhead-atTag)...)
	dst = append(dst, e.Payload...)
	whole := dst[start:]
	binary.BigEndian.PutUint32(whole[atChecksum:], checksum(whole))
	return dst
}

// Open reads the envelope at the start of data, which may be followed by others. It has three outcomes:
//
//   - size > 0: the envelope took data[:size]. Its payload aliases data.
//   - size == 0, no error: data is the start of an envelope. On a stream, call again when there is more; of a datagram it
//     is all that came, see OpenDatagram.
//   - an *Error: nothing that follows on this stream can be trusted.
//
// A payload of more than maxPayload bytes is refused as soon as its length is there to read.
func Open(data []byte, maxPayload int) (e Envelope, size int, err error) {
	length, err := checkHeader(data, maxPayload)
	if err != nil || len(data) < Overhead || len(data)-Overhead < length {
		return Envelope{}, 0, err
	}
	size = Overhead + length
	whole := data[:size:size]
	if binary.BigEndian.Uint32(whole[atChecksum:]) != checksum(whole) {
		return Envelope{}, 0, &Error{Kind: BadChecksum, Offset: atChecksum}
	}
	if err := checkKeptBytes(whole); err != nil {
		return Envelope{}, 0, err
	}
	return Envelope{
		Kind:    Kind(whole[atKind]),
		Cluster: ClusterID(whole[atCluster:atSender]),
		Sender:  NodeID(whole[atSender:atBoot]),
		Boot:    binary.BigEndian.Uint64(whole[atBoot:]),
		Stamp:   stampAt(whole[atStamp:]),
		Payload: whole[Overhead:],
	}, size, nil
}

// KindOf returns the kind of an envelope that Append made, without a look at the rest; 0 of less than a header.
func KindOf(envelope []byte) Kind {
	if len(envelope) < Overhead {
		return 0
	}
	return Kind(envelope[atKind])
}

// OpenDatagram reads a datagram, which must be one whole envelope and nothing else.
func OpenDatagram(data []byte) (Envelope, error) {
	e, size, err := Open(data, MaxDatagram-Overhead)
	switch {
	case err != nil:
		return Envelope{}, err
	case size == 0:
		return Envelope{}, &Error{Kind: Truncated, Offset: len(data)}
	case size < len(data):
		return Envelope{}, &Error{Kind: Trailing, Offset: size}
	}
	return e, nil
}

// checkHeader judges as much of the header as is there, so that a stream of something else is refused at its first
// bytes. The length is meaningful once len(data) >= Overhead.
func checkHeader(data []byte, maxPayload int) (length int, err error) {
	for i := range min(len(data), len(magic)) {
		if data[i] != magic[i] {
			return 0, &Error{Kind: BadMagic, Offset: i}
		}
	}
	if len(data) > atVersion && data[atVersion] != version {
		return 0, &Error{Kind: BadVersion, Offset: atVersion}
	}
	if len(data) < atCluster {
		return 0, nil
	}
	claimed := binary.BigEndian.Uint32(data[atLength:])
	if int64(claimed) > int64(maxPayload) {
		return 0, &Error{Kind: TooLarge, Offset: atLength}
	}
	return int(claimed), nil
}

// checkKeptBytes refuses an envelope whose reserved bytes are in use: this version gives them no meaning, and to ignore
// them would let two different encodings mean the same.
func checkKeptBytes(whole []byte) error {
	for i := atReserved; i < atLength; i++ {
		if whole[i] != 0 {
			return &Error{Kind: Malformed, Offset: i}
		}
	}
	for i := atTag; i < atChecksum; i++ {
		if whole[i] != 0 {
			return &Error{Kind: Malformed, Offset: i}
		}
	}
	return nil
}

// checksum returns the CRC-32C of an envelope without the four bytes that hold it.
func checksum(whole []byte) uint32 {
	header := crc32.Update(0, castagnoli, whole[:atChecksum])
	return crc32.Update(header, castagnoli, whole[Overhead:])
}
