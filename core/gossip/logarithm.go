package gossip

import "math/bits"

// Logarithms decide how long a suspicion lasts and how often a rumour is sent. They are computed with integers, so
// that two machines of any architecture agree on them to the last bit.

// fractionBits is the number of bits behind the point of a fixed-point logarithm.
const fractionBits = 32

// log2Ten is log2(10) in fixed point.
const log2Ten = 14_267_572_527

// log2Fixed returns log2(x) in fixed point, rounded down, for x > 0. Each squaring of the mantissa yields one bit: a
// square of 2 or more means that the bit is set, and is halved.
func log2Fixed(x uint64) uint64 {
	exponent := bits.Len64(x) - 1
	mantissa := x << (63 - exponent) // in [2^63, 2^64): a number in [1, 2) times 2^63
	result := uint64(exponent) << fractionBits
	for bit := uint64(1) << (fractionBits - 1); bit > 0; bit >>= 1 {
		high, low := bits.Mul64(mantissa, mantissa)
		if high>>63 != 0 {
			result |= bit
			mantissa = high
		} else {
			mantissa = high<<1 | low>>63
		}
	}
	return result
}

// ceilLog10 returns ⌈log10(x)⌉ for x > 0.
func ceilLog10(x uint64) int {
	digits := 0
	for power := uint64(1); power < x; power *= 10 {
		digits++
		if digits == 20 { // 10^20 is beyond any uint64
			break
		}
	}
	return digits
}

// ceilLog2 returns ⌈log2(x)⌉ for x > 0.
func ceilLog2(x uint64) int { return bits.Len64(x - 1) }

// scale returns a·numerator/denominator, rounded down, without overflow on the way. The result must fit.
func scale(a, numerator, denominator uint64) uint64 {
	high, low := bits.Mul64(a, numerator)
	quotient, _ := bits.Div64(high, low, denominator)
	return quotient
}
