package keyspace

import (
	"bytes"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// naiveParseInteger accepts a text if printing the number that it spells gives it back.
func naiveParseInteger(text []byte) (int64, bool) {
	number, err := strconv.ParseInt(string(text), 10, 64)
	return number, err == nil && strconv.FormatInt(number, 10) == string(text)
}

func TestParseInteger(t *testing.T) {
	edges := []string{
		"", "-", "0", "-0", "+1", "01", "-01", "1 ", " 1", "1.0", "1e3", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "99999999999999999999",
		"27670116110564327424", "123456789012345678901", "1\x00", "--1", "\xff",
	}
	for _, text := range edges {
		number, ok := ParseInteger([]byte(text))
		wantNumber, wantOK := naiveParseInteger([]byte(text))
		if ok != wantOK || ok && number != wantNumber {
			t.Errorf("%q: %d %t, want %d %t", text, number, ok, wantNumber, wantOK)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.OneOf(
			rapid.StringMatching(`-?[0-9]{1,21}`), rapid.StringMatching(`[-+ 0-9a]{0,5}`),
			rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		).Draw(t, "text"))
		number, ok := ParseInteger(text)
		wantNumber, wantOK := naiveParseInteger(text)
		if ok != wantOK || ok && number != wantNumber {
			t.Fatalf("%q: %d %t, want %d %t", text, number, ok, wantNumber, wantOK)
		}
	})
}

func TestValuesOfNumbersAndBytesReadAlike(t *testing.T) {
	for _, text := range []string{
		"", "0", "7", "-7", "10", "99", "-100", "abc", "007", "-2147483648", "9223372036854775807", "-9223372036854775808",
	} {
		var c content
		c.set([]byte(text))
		value := Value{kind: String, content: c}
		var scratch [MaxIntegerLength]byte
		if got := string(value.Bytes(&scratch)); got != text {
			t.Errorf("Bytes of %q = %q", text, got)
		}
		if got := string(value.Append([]byte("x"))); got != "x"+text {
			t.Errorf("Append of %q = %q", text, got)
		}
		if value.Len() != len(text) {
			t.Errorf("Len of %q = %d", text, value.Len())
		}
		number, ok := value.Integer()
		if wantNumber, wantOK := naiveParseInteger([]byte(text)); ok != wantOK || ok && number != wantNumber {
			t.Errorf("Integer of %q = %d, %t", text, number, ok)
		}
		if _, integer := naiveParseInteger([]byte(text)); integer != c.integer {
			t.Errorf("%q is kept as %+v", text, c)
		}
	}
}

// What is appended to a number is read as one text, and as a number if it still spells one.
func TestExtendedNumbers(t *testing.T) {
	var c content
	c.set([]byte("12"))
	c.extend([]byte("3"))
	value := Value{kind: String, content: c}
	if number, ok := value.Integer(); !ok || number != 123 || value.Len() != 3 {
		t.Errorf("12 and 3 make %d, %t, %d bytes", number, ok, value.Len())
	}
	c.extend([]byte("x"))
	if !bytes.Equal(c.bytes, []byte("123x")) {
		t.Errorf("then %q", c.bytes)
	}
}

// A value that has become much smaller must not hold on to its old memory, and one of about the same size must not need
// new memory.
func TestValueBuffersAreReusedWithinReason(t *testing.T) {
	var c content
	c.set(make([]byte, 1000))
	buffer := &c.bytes[0]
	if c.set(make([]byte, 900)); &c.bytes[0] != buffer {
		t.Error("a slightly smaller value got a new buffer")
	}
	if c.set(make([]byte, 10)); cap(c.bytes) > 100 {
		t.Errorf("a value of 10 bytes holds %d", cap(c.bytes))
	}
}
