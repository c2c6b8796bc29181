package core

import (
	"net/netip"

	"github.com/ember-cluster/ember/core/command"
)

// EffectKind says what the driver has to do. The comment names the fields of Effect that count.
type EffectKind uint8

const (
	// Reply sends Bytes to Client.
	Reply EffectKind = iota + 1
	// ReplyAndDrain sends Bytes to Client and asks for a ClientDrained once everything has left: the node holds
	// the client's further commands until then, so a client that does not read cannot make it hold more.
	ReplyAndDrain
	// CloseClient closes Client after what was sent to it has left. ClientClosed is not sent back.
	CloseClient
	// SendDatagram sends Bytes to the bus address To, once, perhaps in vain.
	SendDatagram
	// OpenStream opens Stream to the bus address To. What is sent on it before it is open waits at the driver, within
	// the driver's bounds. StreamClosed follows when it ends, also when it never opened.
	OpenStream
	// SendStream sends Bytes on Stream, behind what was sent before.
	SendStream
	// CloseStream closes Stream. StreamClosed is not sent back.
	CloseStream
	// Append appends Bytes to the log as the record at Position, and starts to make it durable; Persisted or LogFailed follows.
	Append
	// Release says that the log's records before Position are no longer needed.
	Release
	// Stop ends the process in good order, as if its operator had asked for it, with the options in Stop: the driver gives
	// the node a Shutdown event, carries out its effects and ends. A client has asked for it (SHUTDOWN), or the log has failed
	// before this start was durable, so that nobody may be told of it.
	Stop
)

var effectNames = [...]string{
	Reply: "reply", ReplyAndDrain: "reply-and-drain", CloseClient: "close-client", SendDatagram: "send-datagram",
	OpenStream: "open-stream", SendStream: "send-stream", CloseStream: "close-stream", Append: "append", Release: "release",
	Stop: "stop",
}

// String returns the name of the effect in traces.
func (k EffectKind) String() string { return effectNames[k] }

// Effect is one thing that the driver has to do. Bytes belong to the node and are valid until its next Step.
type Effect struct {
	Kind EffectKind
	// Kept says that the node does not use the memory of Bytes again, so that they stay valid: large replies need no copy.
	Kept     bool
	Client   ClientID
	Stream   StreamID
	Position uint64
	To       netip.AddrPort
	Stop     command.StopOptions
	Bytes    []byte
}
