package core

import (
	"net/netip"
	"time"
)

// Clock is the time at which an event is handled, read by the driver after it has read the event's input.
type Clock struct {
	// Now is the node's own monotonic clock, counted from an arbitrary start. It never falls.
	Now time.Duration
	// Wall is Unix time in milliseconds. It may jump either way, and only the expiry of keys looks at it.
	Wall int64
}

// Never is the deadline of one who waits for nothing.
const Never = time.Duration(1<<63 - 1)

// ClientID names a client's connection. A driver gives out small numbers and reuses those of closed connections, since
// the node keeps its clients in a slice.
type ClientID uint32

// StreamID names a stream of the bus. The node chooses the numbers of the streams that it opens, the driver those of
// the streams that come in, by setting InboundStream in them.
type StreamID uint64

// InboundStream is the bit that tells the numbers of incoming streams from those of outgoing ones.
const InboundStream StreamID = 1 << 63

// Event is one input of Node.Step. The events are pointers, so that a driver can reuse them; the node keeps neither the
// event nor the bytes in it beyond the Step.
type Event interface{ event() }

// Start is the first event of every node.
type Start struct{}

// ClientOpened says that a client has connected.
type ClientOpened struct {
	Client ClientID
	// Remote and Local are the two ends of the connection; zero if it has none.
	Remote, Local netip.AddrPort
	// Path is that of the Unix socket by which the client has come, empty if it has come by another way.
	Path string
	// TLS says that the client has come by TLS.
	TLS bool
}

// ClientBatch holds what one wake-up of the driver found on all of its ready connections. Where a stream of commands is
// cut into batches never changes a reply.
type ClientBatch struct {
	Inputs []ClientInput
}

// ClientInput is some bytes of one connection, in the order of their arrival.
type ClientInput struct {
	Client ClientID
	Bytes  []byte
}

// ClientDrained says that the replies up to a ReplyAndDrain have left for the client, which may go on.
type ClientDrained struct {
	Client ClientID
}

// ClientClosed says that a connection has ended, by the client or by the driver's own doing. Nothing more may be sent on it.
type ClientClosed struct {
	Client ClientID
	// Overrun says that the driver has closed it because too much was waiting to be read by it.
	Overrun bool
}

// Datagram is one datagram of the bus.
type Datagram struct {
	From  netip.AddrPort
	Bytes []byte
}

// StreamOpened says that a peer has opened a stream, whose number has InboundStream set.
type StreamOpened struct {
	Stream StreamID
	Peer   netip.AddrPort
}

// StreamData is some bytes of a stream, in order.
type StreamData struct {
	Stream StreamID
	Bytes  []byte
}

// StreamClosed says that a stream has ended, or that an opening has failed. What was in flight is lost.
type StreamClosed struct {
	Stream StreamID
}

// Persisted says that every log record up to and including Position is durable.
type Persisted struct {
	Position uint64
}

// LogFailed says that the log has ended: no record that has not been reported as durable will be while this process lives,
// though the next start may find it. It comes once; a Persisted behind it is ignored. The node goes on with what needs
// no log, and refuses the rest.
type LogFailed struct {
	// Reason is what the operating system calls the error, such as "No space left on device". Clients are shown it.
	Reason string
}

// DeadlineReached says that NextDeadline has come.
type DeadlineReached struct{}

// Meet asks the node to become one cluster with the node whose bus listens at an address, as CLUSTER MEET does. Nobody is answered.
type Meet struct {
	At netip.AddrPort
}

// Shutdown asks the node to tell its peers that it leaves. The driver carries out the effects and then stops.
type Shutdown struct{}

func (*Start) event()           {}
func (*ClientOpened) event()    {}
func (*ClientBatch) event()     {}
func (*ClientDrained) event()   {}
func (*ClientClosed) event()    {}
func (*Datagram) event()        {}
func (*StreamOpened) event()    {}
func (*StreamData) event()      {}
func (*StreamClosed) event()    {}
func (*Persisted) event()       {}
func (*LogFailed) event()       {}
func (*DeadlineReached) event() {}
func (*Meet) event()            {}
func (*Shutdown) event()        {}
