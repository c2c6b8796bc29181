package seal

import (
	"strconv"
	"strings"
)

// Kind says why something was refused.
type Kind uint8

const (
	// NotSealed: no sealed packet at all. A node without a secret sends such ones.
	NotSealed Kind = iota
	// BadVersion: of a version, or of a kind, that this one does not know.
	BadVersion
	// Truncated: it ends too early. A stream that was cut.
	Truncated
	// UnknownSecret: sealed with another secret.
	UnknownSecret
	// Forged: the seal does not fit. Changed on the way, made without the secret, or a record that is not at its place.
	Forged
	// Replayed: its number was taken before, or is too old to tell.
	Replayed
	// Reflected: it comes from this bus itself.
	Reflected
	// StaleSession: meant for another session, such as an earlier life of this node.
	StaleSession
	// Unsolicited: the answer to a question that is not open.
	Unsolicited
	// Malformed: sealed as it should be, and yet not what a bus sends.
	Malformed
	// HandshakeTimeout: a stream whose opening took too long.
	HandshakeTimeout
	// HandshakesTooMany: a stream that had to make room, while it was opened, for a newer one.
	HandshakesTooMany

	// Kinds is the number of kinds: counters are an array of that length, indexed by kind.
	Kinds = int(HandshakesTooMany) + 1
)

var kindNames = [Kinds]string{
	"not sealed", "bad version", "truncated", "unknown secret", "forged", "replayed", "reflected", "stale session",
	"unsolicited", "malformed", "handshake timeout", "too many handshakes",
}

// String names the kind in words.
func (k Kind) String() string {
	if int(k) < Kinds {
		return kindNames[k]
	}
	return "unknown refusal " + strconv.Itoa(int(k))
}

// Word names the kind in one word, for a field's name.
func (k Kind) Word() string { return strings.ReplaceAll(k.String(), " ", "_") }

// Error is the refusal of a datagram or a stream. Whoever gets one counts it by its kind, and changes nothing else.
type Error struct{ Kind Kind }

// Error implements error.
func (e *Error) Error() string { return "seal: " + e.Kind.String() }

func refuse(kind Kind) error { return &Error{kind} }
