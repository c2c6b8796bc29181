package resp

import (
	"bytes"
	"math"
	"strconv"
)

// longestDouble is room for every text of AppendDouble: sign, 17 digits, point, and six zeros or an exponent of five.
const longestDouble = 32

// AppendDouble appends value as Redis 7.2 writes doubles: "inf", "-inf", "nan", "-0", integers up to 2^62 with all their
// digits, and for the rest the shortest digits that are read back as the same number, as in "0.1", "1e+22" or "1.5e-9".
//
// Redis's printer is Grisu2, which nearly always finds the shortest digits, and the closest among those. Where it does
// not, its last digits differ from these, while both texts are read back as the same number.
//
// float: formatted for the client only
func AppendDouble(dst []byte, value float64) []byte {
	const exactIntegers = float64(math.MaxInt64 / 2) // 2^62: Redis converts to an integer and back up to here
	switch {
	case math.IsNaN(value):
		return append(dst, "nan"...)
	case math.IsInf(value, 1):
		return append(dst, "inf"...)
	case math.IsInf(value, -1):
		return append(dst, "-inf"...)
	case value == 0 && math.Signbit(value):
		return append(dst, "-0"...)
	case math.Abs(value) <= exactIntegers && value == math.Trunc(value):
		return strconv.AppendInt(dst, int64(value), 10)
	}
	if value < 0 {
		dst, value = append(dst, '-'), -value
	}
	// d.ddde±xx, of which digits and exponent are taken and laid out anew.
	var scratch [longestDouble]byte
	mantissa, exponentText, _ := bytes.Cut(strconv.AppendFloat(scratch[:0], value, 'e', -1, 64), []byte("e"))
	exponent, err := strconv.Atoi(string(exponentText))
	if err != nil {
		panic("resp: exponent " + string(exponentText) + " of a double")
	}
	digits := mantissa[:1]
	if len(mantissa) > 1 {
		digits = append(digits, mantissa[2:]...) // over the point, in place
	}
	return layOut(dst, digits, exponent)
}

// layOut appends the number d.ddd·10^exponent as Redis's printer (fpconv) lays it out: an integer with up to seven zeros
// behind its digits; a fraction with at most six digits behind the point, or from 0.001 to below 10000; all else in
// scientific form.
func layOut(dst, digits []byte, exponent int) []byte {
	scale := exponent - (len(digits) - 1) // of the last digit
	distance := max(exponent, -exponent)
	switch {
	case scale >= 0 && distance < len(digits)+7:
		dst = append(dst, digits...)
		return appendZeros(dst, scale)
	case scale < 0 && (scale > -7 || distance < 4):
		if exponent < 0 {
			dst = append(dst, "0."...)
			dst = appendZeros(dst, -exponent-1)
			return append(dst, digits...)
		}
		dst = append(dst, digits[:exponent+1]...)
		dst = append(dst, '.')
		return append(dst, digits[exponent+1:]...)
	}
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'e')
	if exponent >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(exponent), 10)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}
