package resp

import "math"

// ParseInteger reads a decimal integer by the rule that Redis has for lengths and for integer arguments: an optional
// '-', digits without a leading zero, nothing else. So "+1", "01", "-0", " 1" and "" are no integers, nor is what does not
// fit into 64 bits.
func ParseInteger(text []byte) (value int64, ok bool) {
	digits, negative := text, false
	if len(text) > 0 && text[0] == '-' {
		digits, negative = text[1:], true
	}
	const longest = 19 // digits of 2^63
	if len(digits) == 0 || len(digits) > longest || digits[0] == '0' && len(text) > 1 {
		return 0, false
	}
	magnitude := uint64(0) // 19 digits fit into 64 bits
	for _, digit := range digits {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		magnitude = magnitude*10 + uint64(digit-'0')
	}
	switch {
	case negative && magnitude <= 1<<63:
		return -int64(magnitude), true // exact for 2^63 too: it is its own negative
	case !negative && magnitude <= math.MaxInt64:
		return int64(magnitude), true
	}
	return 0, false
}
