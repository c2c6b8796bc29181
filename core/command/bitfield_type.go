package command

import (
	"math"

	"github.com/ember-cluster/ember/core/keyspace"
)

// fieldType is the type of an integer in a bit field.
type fieldType struct {
	signed bool
	// bits is the width. Invariant: 1 to 64 if signed, else 1 to 63, so that every value is an int64.
	bits int
}

// parseFieldType reads a type such as i16 or u8. A NUL ends the text, as in C.
func parseFieldType(text []byte) (t fieldType, ok bool) {
	text = quotable(text, len(text))
	if len(text) == 0 || text[0] != 'i' && text[0] != 'u' {
		return t, false
	}
	t.signed = text[0] == 'i'
	width, ok := keyspace.ParseInteger(text[1:])
	if !ok || width < 1 || width > 64 || width == 64 && !t.signed {
		return t, false
	}
	t.bits = int(width)
	return t, true
}

// limits returns the least and the greatest value.
func (t fieldType) limits() (least, greatest int64) {
	if !t.signed {
		return 0, math.MaxInt64 >> (63 - t.bits)
	}
	greatest = math.MaxInt64 >> (64 - t.bits)
	return -greatest - 1, greatest
}

// extend returns the value of an integer's bits.
func (t fieldType) extend(bits uint64) int64 {
	unused := 64 - t.bits
	if t.signed {
		return int64(bits<<unused) >> unused
	}
	return int64(bits << unused >> unused)
}

// overflowRule says what becomes of a result that does not fit.
type overflowRule uint8

const (
	// overflowWraps keeps the low bits.
	overflowWraps overflowRule = iota
	// overflowSaturates takes the nearest value that fits.
	overflowSaturates
	// overflowFails refuses the operation.
	overflowFails
)

func parseOverflowRule(word []byte) (overflowRule, bool) {
	switch {
	case isWord(word, "wrap"):
		return overflowWraps, true
	case isWord(word, "sat"):
		return overflowSaturates, true
	case isWord(word, "fail"):
		return overflowFails, true
	}
	return 0, false
}

// add returns value + increment, or false if that is refused.
func (t fieldType) add(value, increment int64, rule overflowRule) (int64, bool) {
	least, greatest := t.limits()
	switch {
	// The differences cannot overflow where they are looked at: value and the limit have the same sign, or are narrow.
	case increment > 0 && (value >= 0 || t.bits < 64) && increment > greatest-value:
		return t.overflowing(value+increment, greatest, rule)
	case increment < 0 && (value < 0 || t.bits < 64) && increment < least-value:
		return t.overflowing(value+increment, least, rule)
	}
	return value + increment, true
}

// fit returns value as an integer of the type, or false if that is refused. To an unsigned type a negative number is a very
// great one.
func (t fieldType) fit(value int64, rule overflowRule) (int64, bool) {
	least, greatest := t.limits()
	switch {
	case value > greatest, !t.signed && value < 0:
		return t.overflowing(value, greatest, rule)
	case value < least:
		return t.overflowing(value, least, rule)
	}
	return value, true
}

// overflowing applies the rule to a sum of which only the low bits are right, beyond the limit that is given.
func (t fieldType) overflowing(sum, limit int64, rule overflowRule) (int64, bool) {
	switch rule {
	case overflowSaturates:
		return limit, true
	case overflowFails:
		return 0, false
	}
	return t.extend(uint64(sum)), true
}
