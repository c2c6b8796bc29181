package resp

import "strconv"

// ReplyErrorKind says in which way a reply was not a reply.
type ReplyErrorKind uint8

const (
	UnknownType     ReplyErrorKind = iota // a first byte that starts no reply
	MalformedLine                         // no number, truth value, … where one is wanted, or a bare CR or LF
	LineTooLong                           // beyond ReplyLimits.MaxLine
	BulkTooLong                           // beyond ReplyLimits.MaxBulk
	TooManyElements                       // beyond ReplyLimits.MaxElements
	TooDeep                               // beyond ReplyLimits.MaxDepth
	Unterminated                          // a string without CRLF behind it

	// ReplyErrorKinds is the number of kinds: counters are an array of that length, indexed by kind.
	ReplyErrorKinds = int(Unterminated) + 1
)

var replyErrorTexts = [ReplyErrorKinds]string{
	"unknown type", "malformed line", "line too long", "string too long", "too many elements", "nested too deep",
	"string not terminated",
}

func (k ReplyErrorKind) String() string {
	if int(k) < ReplyErrorKinds {
		return replyErrorTexts[k]
	}
	return "unknown reply error " + strconv.Itoa(int(k))
}

// ReplyError is a reply that can't be understood; the connection is of no use any more.
type ReplyError struct {
	Kind   ReplyErrorKind
	Offset int // of the line that is wrong, from the start of the reply
}

func (e *ReplyError) Error() string {
	return "resp: reply: " + e.Kind.String() + " at byte " + strconv.Itoa(e.Offset)
}
