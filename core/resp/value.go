package resp

// Kind is the type of a reply.
type Kind uint8

const (
	KindNull      Kind = iota // "$-1" and "*-1" in RESP2, "_" in RESP3
	KindSimple                // +
	KindError                 // "-", and "!" of RESP3
	KindInteger               // :
	KindBulk                  // $
	KindArray                 // *
	KindMap                   // %
	KindSet                   // ~
	KindPush                  // ">": answers no request
	KindDouble                // ,
	KindBool                  // #
	KindVerbatim              // =
	KindBigNumber             // (
	kinds
)

var kindNames = [kinds]string{
	"null", "simple string", "error", "integer", "bulk string", "array", "map", "set", "push", "double", "boolean",
	"verbatim string", "big number",
}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown kind of reply"
}

// Value is a reply as a client reads it. Str aliases the bytes that it was read from.
type Value struct {
	Kind Kind
	// Str is the text of a simple string, an error (without '-' or CRLF), a bulk or verbatim string, a double, a big number.
	Str    []byte
	Format string // of a verbatim string: three letters
	Int    int64  // of an integer; of a boolean 1 or 0
	//float: what a client reads; no decision of a node rests on it
	Double float64 // of a double
	// Array has the elements of an array, a set or a push, and the keys and values of a map in turns.
	Array []Value
	// Attributes are remarks on this value: keys and values in turns.
	Attributes []Value
}

// IsError reports whether the reply is an error.
func (v *Value) IsError() bool { return v.Kind == KindError }
