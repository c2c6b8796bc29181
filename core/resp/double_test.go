package resp

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The right column is what Redis 7.2's printer makes of the number.
func TestDoublesLookAsInRedis(t *testing.T) {
	for _, test := range []struct {
		value float64
		want  string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "-0"},
		{1, "1"},
		{-1.5, "-1.5"},
		{3.14, "3.14"},
		{0.1, "0.1"},
		{0.30000000000000004, "0.30000000000000004"},
		{1.0 / 3, "0.3333333333333333"},
		{100, "100"},
		{1e15, "1000000000000000"},
		{1e17, "100000000000000000"},
		{1 << 62, "4611686018427387904"},
		{-(1 << 62), "-4611686018427387904"},
		{5e18, "5e+18"}, // beyond 2^62: the printer of fractions takes over
		{9223372036854775807, "9223372036854776000"},
		{1.2345678e19, "1.2345678e+19"},
		{1.234567890123e19, "12345678901230000000"},
		{1.23456789013e19, "1.23456789013e+19"},
		{1e21, "1e+21"},
		{1e22, "1e+22"},
		{1.5e300, "1.5e+300"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{0.001, "0.001"},
		{0.000001, "0.000001"},
		{0.0000001, "1e-7"},
		{0.0000015, "1.5e-6"},
		{0.00012345, "1.2345e-4"},
		{0.0012345678, "0.0012345678"},
		{0.00012345678, "1.2345678e-4"},
		{123456.789, "123456.789"},
		{12345678901.5, "12345678901.5"},
		{1234567890.5, "1234567890.5"},
		{-1e-9, "-1e-9"},
		{math.Inf(1), "inf"},
		{math.Inf(-1), "-inf"},
		{math.NaN(), "nan"},
		{math.Copysign(math.NaN(), -1), "nan"},
	} {
		if got := string(AppendDouble([]byte("x"), test.value)); got != "x"+test.want {
			t.Errorf("%v: %s, want %s", test.value, got[1:], test.want)
		}
	}
}

func TestDoublesAreReadBackAndShort(t *testing.T) {
	checkOften(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.Float64(),
			rapid.Map(rapid.Uint64(), math.Float64frombits),
			rapid.Map(rapid.IntRange(-100000, 100000), func(n int) float64 { return float64(n) / 1000 }),
		).Draw(t, "value")
		text := string(AppendDouble(nil, value))
		back, ok := parseDouble([]byte(text))
		if !ok || back != value && !(math.IsNaN(back) && math.IsNaN(value)) || math.Signbit(back) != math.Signbit(value) && value == 0 {
			t.Fatalf("%v is written %s and read back as %v, %v", value, text, back, ok)
		}
		if len(text) > longestDouble {
			t.Fatalf("%s is longer than %d bytes", text, longestDouble)
		}
		if math.IsNaN(value) || math.IsInf(value, 0) || strings.Trim(text, "-0123456789") == "" {
			return // an integer shows all its digits
		}
		if got, want := significant(text), significant(strconv.FormatFloat(value, 'e', -1, 64)); got != want {
			t.Fatalf("%v has the digits %s, want %s", value, got, want)
		}
	})
}

// significant returns the digits of a number without point, exponent and the zeros around them.
func significant(text string) string {
	mantissa, _, _ := strings.Cut(text, "e")
	return strings.Trim(strings.NewReplacer(".", "", "-", "").Replace(mantissa), "0")
}
