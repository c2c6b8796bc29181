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

// Value is a key's value as a Space lends it: valid until the Space's next Apply. The zero Value is of no type. It is a
// place, not a copy, so that a command pays only for what it looks at.
type Value struct {
	// store is nil in the zero Value.
	store  *store
	header header
	ref    reference
}

// MaxIntegerLength is the length of the longest decimal form of an int64, "-9223372036854775808".
const MaxIntegerLength = 20

// Type returns the value's type.
func (v Value) Type() Type { return v.header.kind() }

// ExpireAt returns when the key ends, in Unix milliseconds, or 0 if it does not.
func (v Value) ExpireAt() int64 {
	if !v.header.ends() {
		return 0
	}
	return v.store.arena.at(v.ref).expireAt(v.header)
}

// Expired reports whether the key's time has passed at a wall time in Unix milliseconds. A key lives through the
// millisecond that it names.
func (v Value) Expired(wall int64) bool { return v.header.ends() && v.ExpireAt() < wall }

// isInteger says that the value is kept as a number, of which it is the decimal form.
func (v Value) isInteger() bool { return v.header.encoding() == number }

// number is the number as which the value is kept.
func (v Value) number() int64 { return v.store.arena.at(v.ref).number(v.header) }

// text is the value if it is not kept as a number.
func (v Value) text() []byte {
	switch {
	case v.store == nil:
		return nil
	case v.header.encoding() == outside:
		return v.store.outside.at(v.store.arena.at(v.ref).index(v.header)).value
	}
	return v.store.arena.at(v.ref).inlineText(v.header)
}

// Bytes returns the value of a string. Its form is built in scratch if it is kept as an integer; else it is lent.
func (v Value) Bytes(scratch *[MaxIntegerLength]byte) []byte {
	if v.isInteger() {
		return strconv.AppendInt(scratch[:0], v.number(), 10)
	}
	return v.text()
}

// Append appends the value of a string to dst.
func (v Value) Append(dst []byte) []byte {
	if v.isInteger() {
		return strconv.AppendInt(dst, v.number(), 10)
	}
	return append(dst, v.text()...)
}

// Len returns the length of a string in bytes.
func (v Value) Len() int {
	if !v.isInteger() {
		return len(v.text())
	}
	n, number := 1, v.number()
	if number < 0 {
		n++
	}
	for rest := number / 10; rest != 0; rest /= 10 {
		n++
	}
	return n
}

// Integer returns the number that a string spells, as INCR reads it: see ParseInteger.
func (v Value) Integer() (int64, bool) {
	if v.isInteger() {
		return v.number(), true
	}
	return ParseInteger(v.text())
}
