package resp

import "strconv"

// ProtocolErrorKind says in which way a request was not a request.
type ProtocolErrorKind uint8

const (
	TooBigInline                   ProtocolErrorKind = iota // no end of line within Limits.MaxInline
	UnbalancedQuotes                                        // or a closing quote with something right behind it
	TooBigMultibulkCount                                    // "*", and no end of line within Limits.MaxInline
	InvalidMultibulkLength                                  // "*" and no integer, or one above Limits.MaxArguments
	UnauthenticatedMultibulkLength                          // more than a stranger may send
	TooBigBulkCount                                         // "$", and no end of line within Limits.MaxInline
	ExpectedDollar                                          // something else where an argument's length should be
	InvalidBulkLength                                       // "$" and no integer, a negative one, or one above Limits.MaxBulk
	UnauthenticatedBulkLength                               // more than a stranger may send

	// ProtocolErrorKinds is the number of kinds: counters are an array of that length, indexed by kind.
	ProtocolErrorKinds = int(UnauthenticatedBulkLength) + 1
)

// protocolErrorTexts are the words of Redis, which clients and their tests know.
var protocolErrorTexts = [ProtocolErrorKinds]string{
	TooBigInline:                   "too big inline request",
	UnbalancedQuotes:               "unbalanced quotes in request",
	TooBigMultibulkCount:           "too big mbulk count string",
	InvalidMultibulkLength:         "invalid multibulk length",
	UnauthenticatedMultibulkLength: "unauthenticated multibulk length",
	TooBigBulkCount:                "too big bulk count string",
	ExpectedDollar:                 "expected '$'",
	InvalidBulkLength:              "invalid bulk length",
	UnauthenticatedBulkLength:      "unauthenticated bulk length",
}

func (k ProtocolErrorKind) String() string {
	if int(k) < ProtocolErrorKinds {
		return protocolErrorTexts[k]
	}
	return "unknown protocol error " + strconv.Itoa(int(k))
}

// ProtocolError is a request that can't be understood. Nothing behind it can be either: the client gets the text, and
// then the connection is closed.
type ProtocolError struct {
	Kind ProtocolErrorKind
	Got  byte // what stood there, of ExpectedDollar
}

// Error returns Redis's error line, without the leading '-' and the CRLF.
func (e *ProtocolError) Error() string {
	text := "ERR Protocol error: " + e.Kind.String()
	if e.Kind != ExpectedDollar {
		return text
	}
	got := e.Got
	if got == '\r' || got == '\n' {
		got = ' ' // an error is a single line
	}
	return text + ", got '" + string([]byte{got}) + "'"
}
