package consensus

import (
	"errors"
	"strconv"
)

// What a caller is told that asks for too much.
var (
	// ErrBusy: as many proposals or reads are under way as Config.MaxPending allows.
	ErrBusy = errors.New("consensus: too many proposals or reads are under way")
	// ErrTooLarge: a proposal has more bytes than Config.MaxProposal allows.
	ErrTooLarge = errors.New("consensus: the proposal is too large")
	// ErrUnderWay: a proposal or read with this id is under way already.
	ErrUnderWay = errors.New("consensus: this id is under way already")
)

// ErrorKind says why a message was refused whose bytes could be read.
type ErrorKind uint8

const (
	// WrongGeneration: the sender's group was rebuilt after the loss of its quorum, or this node's was.
	WrongGeneration ErrorKind = iota
	// FromSelf: the sender bears this node's own id.
	FromSelf
	// Impostor: the raft id in the message belongs to another node than the sender.
	Impostor
	// NotForUs: the message is for a raft id that this node does not have, or not any more.
	NotForUs
	// UnknownSender: an answer from a raft id that is no member.
	UnknownSender
	// UnexpectedType: a type of raft message that nodes do not send to one another.
	UnexpectedType
	// BadTerm: a term that no honest node can be in.
	BadTerm
	// BadIndex: an index, or entries, that do not fit the log.
	BadIndex
	// BadContext: a read confirmation that was never asked for.
	BadContext
	// BadConfiguration: members of the group that contradict each other.
	BadConfiguration
	// BadState: a snapshot that the state machine does not take.
	BadState
	// BadChunk: a part of a snapshot that does not fit those before it.
	BadChunk
	// BadProposal: a proposal beyond its bounds.
	BadProposal

	// ErrorKinds is the number of kinds: counters are an array of that length, indexed by kind.
	ErrorKinds = int(BadProposal) + 1
)

var errorKindNames = [ErrorKinds]string{
	"another generation of the group", "the sender has this node's own id", "the raft id belongs to another node",
	"not for this raft id", "an answer from no member", "unexpected type of message", "impossible term", "impossible index",
	"impossible read confirmation", "impossible members", "unusable state", "impossible part of a snapshot", "impossible proposal",
}

func (k ErrorKind) String() string {
	if int(k) < ErrorKinds {
		return errorKindNames[k]
	}
	return "unknown consensus error " + strconv.Itoa(int(k))
}

// Error is the refusal of a message. Nothing but a counter may change because of it. Bytes that cannot be read at all
// are refused with a *wire.Error instead.
type Error struct{ Kind ErrorKind }

func (e *Error) Error() string { return "consensus: " + e.Kind.String() }
