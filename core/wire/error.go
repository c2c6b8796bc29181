package wire

import "strconv"

// ErrorKind says in which way bytes from the network were wrong.
type ErrorKind uint8

const (
	Truncated   ErrorKind = iota // the bytes end before the message does
	BadMagic                     // not an envelope at all
	BadVersion                   // an envelope of a version that this node does not speak
	TooLarge                     // a length or a count beyond its bound
	BadChecksum                  // damaged on its way
	Malformed                    // whole and undamaged, yet not what an honest node sends
	Trailing                     // bytes left over behind the end of the message

	// Kinds is the number of kinds: counters are an array of that length, indexed by kind.
	Kinds = int(Trailing) + 1
)

var errorKindNames = [Kinds]string{
	"truncated", "bad magic", "bad version", "too large", "bad checksum", "malformed", "trailing bytes",
}

func (k ErrorKind) String() string {
	if int(k) < Kinds {
		return errorKindNames[k]
	}
	return "unknown wire error " + strconv.Itoa(int(k))
}

// Error is the refusal of bytes from the network. Whoever gets one counts it by its kind and changes nothing else.
type Error struct {
	Kind   ErrorKind
	Offset int // where in the decoded bytes the trouble was found
}

func (e *Error) Error() string {
	return "wire: " + e.Kind.String() + " at byte " + strconv.Itoa(e.Offset)
}
