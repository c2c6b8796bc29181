package gossip

import "strconv"

// ErrorKind says why a message was refused whose bytes could be read.
type ErrorKind uint8

const (
	NotMember      ErrorKind = iota // the sender is not a member of the group
	FromSelf                        // the sender bears this node's own id
	UnknownKind                     // a message of a kind that this version does not know
	NeedsStream                     // an exchange of state in a datagram, whose sender may be forged and whose answer is large
	BadHealth                       // a claim with a health that there is not
	BadIncarnation                  // an incarnation beyond MaxIncarnation, or one that could not be refuted
	BadTarget                       // an indirect probe of its requester or of its helper

	// ErrorKinds is the number of kinds: counters are an array of that length, indexed by kind.
	ErrorKinds = int(BadTarget) + 1
)

var errorKindNames = [ErrorKinds]string{
	"the sender is not a member", "the sender has this node's own id", "unknown kind of message",
	"an exchange of state needs a stream", "no such health", "impossible incarnation", "impossible target of an indirect probe",
}

func (k ErrorKind) String() string {
	if int(k) < ErrorKinds {
		return errorKindNames[k]
	}
	return "unknown gossip error " + strconv.Itoa(int(k))
}

// Error is the refusal of a message. Nothing but a counter may change because of it. Bytes that
// cannot be read at all are refused with a *wire.Error instead.
type Error struct{ Kind ErrorKind }

func (e *Error) Error() string { return "gossip: " + e.Kind.String() }
