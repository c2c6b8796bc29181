package keyspace

import "math"

// ParseInteger reads the decimal form of a signed 64-bit integer as Redis does it (string2ll): an optional minus, then
// digits without leading zeros; no plus, no blank, no "-0". So each integer has one form, and a value that is such a
// form can be kept as the number alone.
func ParseInteger(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > MaxIntegerLength {
		return 0, false
	}
	digits, negative := text, text[0] == '-'
	if negative {
		digits = text[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(text) > 1 {
		return 0, false
	}
	var magnitude uint64
	for _, digit := range digits {
		if digit < '0' || digit > '9' || magnitude > math.MaxUint64/10 {
			return 0, false
		}
		magnitude *= 10
		if magnitude += uint64(digit - '0'); magnitude < uint64(digit-'0') {
			return 0, false
		}
	}
	if negative {
		return int64(-magnitude), magnitude <= 1<<63
	}
	return int64(magnitude), magnitude <= math.MaxInt64
}
