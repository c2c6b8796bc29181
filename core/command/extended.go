package command

import (
	"bytes"
	"math/big"
)

// Redis computes INCRBYFLOAT in C's long double, which on x86-64 is the 80-bit extended format: a mantissa of 64 bits
// and an exponent of 15. The same is done here with math/big, on every architecture alike. An extended number is a
// *big.Float of that precision whose range is checked whenever one is made.
//
// The format's subnormal numbers, below 2^-16382, have fewer bits than the *big.Float that stands for them. That makes no
// difference: they and their sums print as 0, and added to a number that does not, they vanish.
const (
	extendedPrecision = 64
	// A finite number is below 2^maxExtendedExponent.
	maxExtendedExponent = 16384
	// maxExtendedText bounds the text of a number (MAX_LONG_DOUBLE_CHARS in Redis), in bytes.
	maxExtendedText = 5*1024 - 1
	// extendedDecimals is how many decimals are printed at most.
	extendedDecimals = 17
)

// vanishing is the greatest number that is rounded to zero: half of the least subnormal one.
var vanishing = new(big.Float).SetMantExp(new(big.Float).SetInt64(1), -16446)

func zeroExtended() *big.Float { return new(big.Float).SetPrec(extendedPrecision) }

// parseExtended reads a number as C's strtold does, without blanks before or behind it: a decimal number with an optional
// fraction and exponent, a hexadecimal one (0x1.8p3), or an infinity. It refuses what is not a number and what is too
// large, or too small, but not zero.
func parseExtended(text []byte) (*big.Float, bool) {
	if len(text) > maxExtendedText {
		return nil, false
	}
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	var number *big.Float
	var ok bool
	switch {
	case isWord(text, "inf"), isWord(text, "infinity"):
		number, ok = zeroExtended().SetInf(false), true
	case len(text) > 1 && text[0] == '0' && lower(text[1]) == 'x':
		number, ok = parseHexadecimal(text[2:])
	default:
		number, ok = parseDecimal(text)
	}
	if ok && negative {
		number.Neg(number)
	}
	return number, ok
}

// numeral is a number in parts: digits·base^exponent.
type numeral struct {
	digits   []byte
	exponent int
}

// splitNumeral finds the parts of a number whose exponent, if it has one, stands behind a letter. Each digit behind the
// point makes the exponent less by fractionWeight.
func splitNumeral(text []byte, isDigit func(byte) bool, letter byte, fractionWeight int) (n numeral, ok bool) {
	i := 0
	for ; i < len(text) && isDigit(text[i]); i++ {
		n.digits = append(n.digits, text[i])
	}
	if i < len(text) && text[i] == '.' {
		for i++; i < len(text) && isDigit(text[i]); i++ {
			n.digits = append(n.digits, text[i])
			n.exponent -= fractionWeight
		}
	}
	if len(n.digits) == 0 {
		return n, false
	}
	if i < len(text) {
		exponent, ok := parseExponent(text[i:], letter)
		if !ok {
			return n, false
		}
		n.exponent += exponent
	}
	n.digits = bytes.TrimLeft(n.digits, "0")
	return n, true
}

// parseExponent reads the letter, a sign and digits. What is far beyond any number's range is cut off there.
func parseExponent(text []byte, letter byte) (int, bool) {
	const limit = 1_000_000
	if lower(text[0]) != letter {
		return 0, false
	}
	text, negative := text[1:], false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	if len(text) == 0 {
		return 0, false
	}
	exponent := 0
	for _, digit := range text {
		if !isDecimalDigit(digit) {
			return 0, false
		}
		exponent = min(exponent*10+int(digit-'0'), limit)
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

func isDecimalDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHexadecimalDigit(c byte) bool {
	return isDecimalDigit(c) || lower(c) >= 'a' && lower(c) <= 'f'
}

func parseDecimal(text []byte) (*big.Float, bool) {
	n, ok := splitNumeral(text, isDecimalDigit, 'e', 1)
	if !ok {
		return nil, false
	}
	if len(n.digits) == 0 {
		return zeroExtended(), true
	}
	// Powers of ten beyond the range need not be computed to be refused.
	const most, least = 4933, -4951
	if magnitude := len(n.digits) + n.exponent; magnitude > most || magnitude < least {
		return nil, false
	}
	digits, _ := new(big.Int).SetString(string(n.digits), 10)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.exponent, -n.exponent))), nil)
	if n.exponent >= 0 {
		return inRange(zeroExtended().SetInt(digits.Mul(digits, power)))
	}
	// Both are exact, so the quotient is the only rounding.
	return inRange(zeroExtended().Quo(new(big.Float).SetInt(digits), new(big.Float).SetInt(power)))
}

func parseHexadecimal(text []byte) (*big.Float, bool) {
	n, ok := splitNumeral(text, isHexadecimalDigit, 'p', 4)
	if !ok {
		return nil, false
	}
	if len(n.digits) == 0 {
		return zeroExtended(), true
	}
	digits, _ := new(big.Int).SetString(string(n.digits), 16)
	number := zeroExtended().SetInt(digits)
	return inRange(number.SetMantExp(number, n.exponent))
}

// inRange reports whether a positive number can be represented.
func inRange(number *big.Float) (*big.Float, bool) {
	return number, number.MantExp(nil) <= maxExtendedExponent && number.Cmp(vanishing) > 0
}

// addExtended reports false if the sum is not finite.
func addExtended(a, b *big.Float) (*big.Float, bool) {
	if a.IsInf() || b.IsInf() {
		return nil, false
	}
	sum := zeroExtended().Add(a, b)
	return sum, sum.MantExp(nil) <= maxExtendedExponent
}

// appendExtended prints a finite number as C's "%.17Lf" does, and cuts zeros off the end of the fraction.
func appendExtended(dst []byte, number *big.Float) []byte {
	text := number.Append(nil, 'f', extendedDecimals)
	text = bytes.TrimRight(text, "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		text = text[1:]
	}
	return append(dst, text...)
}
