package keyspace

import "strconv"

// Type is the kind of a value.
type Type uint8

// String is the type of the values that SET and APPEND make.
const String Type = 1

// String returns what the TYPE command answers for a value of this type.
func (t Type) String() string {
	switch t {
	case String:
		return "string"
	}
	return "Type(" + strconv.Itoa(int(t)) + ")"
}

// Value is a key's value as a Space lends it: valid until the Space's next Apply. The zero Value is of no type.
type Value struct {
	kind Type
	// integer says that the value is the decimal form of number, and bytes mean nothing.
	integer  bool
	number   int64
	bytes    []byte
	expireAt int64
}

// MaxIntegerLength is the length of the longest decimal form of an int64, "-9223372036854775808".
const MaxIntegerLength = 20

// Type returns the value's type.
func (v Value) Type() Type { return v.kind }

// ExpireAt returns when the key ends, in Unix milliseconds, or 0 if it does not.
func (v Value) ExpireAt() int64 { return v.expireAt }

// Expired reports whether the key's time has passed at a wall time in Unix milliseconds. A key lives through the
// millisecond that it names.
func (v Value) Expired(wall int64) bool { return v.expireAt != 0 && v.expireAt < wall }

// Bytes returns the value of a string. Its form is built in scratch if it is kept as an integer; else it is lent.
func (v Value) Bytes(scratch *[MaxIntegerLength]byte) []byte {
	if v.integer {
		return strconv.AppendInt(scratch[:0], v.number, 10)
	}
	return v.bytes
}

// Append appends the value of a string to dst.
func (v Value) Append(dst []byte) []byte {
	if v.integer {
		return strconv.AppendInt(dst, v.number, 10)
	}
	return append(dst, v.bytes...)
}

// Len returns the length of a string in bytes.
func (v Value) Len() int {
	if !v.integer {
		return len(v.bytes)
	}
	n := 1
	if v.number < 0 {
		n++
	}
	for rest := v.number / 10; rest != 0; rest /= 10 {
		n++
	}
	return n
}

// Integer returns the number that a string spells, as INCR reads it: see ParseInteger.
func (v Value) Integer() (int64, bool) {
	if v.integer {
		return v.number, true
	}
	return ParseInteger(v.bytes)
}
