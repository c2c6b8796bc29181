package resp

import (
	"bytes"
	"math"
	"strconv"
)

// longestDouble is room for every text of AppendDouble: sign, 17 digits, point, and six zeros or an exponent of five.
const longestDouble = 32

// AppendDouble appends value as Redis 7.2 writes doubles: "inf", "-inf", "nan", "-0"; the shortest digits that are read
// back as the same number otherwise. Integers up to 2^62 and fractions not too far below 1 are written out, the rest has an
// exponent, as in "1e+22" or "1.5e-9".
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

// layOut appends the number d.ddd·10^exponent where Redis's printer (fpconv) puts point and exponent: after all digits
// with up to six zeros, before or between them with at most six digits behind the point or a number near 1, else in
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
