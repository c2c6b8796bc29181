package resp

import (
	"regexp"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

var integerForm = regexp.MustCompile(`\A(0|-?[1-9][0-9]*)\z`)

// naiveInteger is the rule as a pattern, with the standard library for the value.
func naiveInteger(text string) (int64, bool) {
	value, err := strconv.ParseInt(text, 10, 64)
	return value, err == nil && integerForm.MatchString(text)
}

func TestParseIntegerEdges(t *testing.T) {
	for _, text := range []string{
		"", "0", "-", "-0", "+0", "+1", "1", "-1", "01", "-01", "00", " 1", "1 ", "1a", "0x1", "1_0", "--1", "\x001",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"9999999999999999999", "10000000000000000000", "18446744073709551615", "18446744073709551616",
		"99999999999999999999999999", "1e3",
	} {
		want, wantOK := naiveInteger(text)
		if got, ok := ParseInteger([]byte(text)); ok != wantOK || ok && got != want {
			t.Errorf("%q: %d, %v; want %d, %v", text, got, ok, want, wantOK)
		}
	}
}

func TestParseIntegerAgreesWithThePattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[-+]?[0-9]{0,21}`),
			rapid.StringMatching(`-?922337203685477580[0-9]`),
			rapid.StringOfN(rapid.SampledFrom([]rune("-+019 a\x00")), 0, 5, -1),
		).Draw(t, "text")
		want, wantOK := naiveInteger(text)
		if got, ok := ParseInteger([]byte(text)); ok != wantOK || ok && got != want {
			t.Fatalf("%q: %d, %v; want %d, %v", text, got, ok, want, wantOK)
		}
	})
}
