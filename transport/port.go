package transport

import (
	"errors"
	"fmt"
	"net/netip"
)

// MaxDatagram is the most bytes that a datagram has on the network: what passes everywhere in one piece.
const MaxDatagram = 1400

// MinSendQueue is how many bytes may always wait to be sent on one stream before a bus closes it with ErrTooSlow:
// two of the largest frames.
const MinSendQueue = 2 << 20

// Why a stream was closed, apart from an orderly close, whose reason is nil. A reason may wrap one of these:
// test with errors.Is.
var (
	// ErrRefused: nothing listens at the peer's address, or it accepts no more streams.
	ErrRefused = errors.New("stream refused")
	// ErrTimeout: the peer did not answer in time.
	ErrTimeout = errors.New("stream timed out")
	// ErrReset: the connection broke; bytes in flight, in both directions, may be lost.
	ErrReset = errors.New("stream reset")
	// ErrTooSlow: more bytes waited to be sent than the bus keeps for one stream.
	ErrTooSlow = errors.New("stream closed: the peer takes its bytes too slowly")
)

// An Address is where a bus is found: datagrams and streams at the same port number.
type Address = netip.AddrPort

// A StreamID names a stream of one bus, inbound or outbound. It is never 0 and never used twice by that bus.
type StreamID uint64

// A Receiver takes what arrives at a bus. Calls come one at a time, and may call the bus's own methods except Close.
// Data is valid during the call only.
type Receiver interface {
	// Datagram is called for each datagram that arrives. From is the address of the sender's bus.
	Datagram(from Address, data []byte)
	// StreamOpened is called once for each stream that is connected, before any of its data. Of an inbound
	// stream's peer only the IP address is meaningful: its port need not be the one at which that bus listens.
	StreamOpened(id StreamID, peer Address, inbound bool)
	// StreamData is called for the bytes of a stream, in order, cut anywhere; data is never empty.
	StreamData(id StreamID, data []byte)
	// StreamClosed is the last call for each stream, made exactly once for every OpenStream and every inbound
	// StreamOpened, also for a failed open (without a StreamOpened) and for one's own CloseStream, unless the bus
	// is closed first. The reason is nil if either side closed the stream in order.
	StreamClosed(id StreamID, reason error)
}

// A Bus sends datagrams and streams. It is best effort: a datagram may be lost, and a stream either delivers its
// bytes in order or is closed. No method blocks or calls the Receiver before it returns; slices that are
// passed in are copied, and may be used again after the call.
type Bus interface {
	// LocalAddress returns the address at which this bus is reached.
	LocalAddress() Address
	// MaxDatagram returns the most bytes that one datagram of this bus may carry: the constant of that name, less what the
	// bus itself adds.
	MaxDatagram() int
	// SendDatagram sends at most MaxDatagram() bytes; more is a mistake of the caller, and panics.
	SendDatagram(to Address, data []byte)
	// OpenStream begins to open a stream. StreamOpened or StreamClosed tells the outcome. Bytes may be sent at
	// once: they wait for the connection.
	OpenStream(to Address) StreamID
	// SendStream sends bytes. For a stream that is closed or unknown they are dropped. A stream on which more
	// bytes wait than the bus keeps, which is at least MinSendQueue, is closed with ErrTooSlow.
	SendStream(id StreamID, data []byte)
	// CloseStream closes a stream in order: what was sent before is still delivered, if the peer takes it, and of its
	// data nothing more is reported, but for a call that another goroutine is making just then. StreamClosed
	// follows, with a nil reason if the close was in order.
	// Closing a stream that is closed or unknown does nothing.
	CloseStream(id StreamID)
	// Close closes everything. When it has returned, the Receiver is not called any more, also not for the
	// streams that were open. Peers see those closed, in order or reset. Further calls of any method do nothing.
	Close() error
}

// CheckDatagram panics if data is too long for a datagram of a bus. Implementations of SendDatagram call it first.
func CheckDatagram(data []byte, most int) {
	if len(data) > most {
		panic(fmt.Sprintf("transport: datagram of %d bytes, at most %d are allowed", len(data), most))
	}
}
