package keyspace

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
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

// stored returns what a Space makes of a value that is set and then extended.
func stored(value string, more ...string) Value {
	s := New(1)
	s.Apply(set("k", value, 0))
	for _, text := range more {
		s.Apply(Effect{Kind: Append, Slot: slots.Of([]byte("k")), Key: []byte("k"), Value: []byte(text)})
	}
	v, _ := s.Peek(slots.Of([]byte("k")), []byte("k"))
	return v
}

func TestValuesOfNumbersAndBytesReadAlike(t *testing.T) {
	for _, text := range []string{
		"", "0", "7", "-7", "10", "99", "-100", "abc", "007", "-2147483648", "9223372036854775807", "-9223372036854775808",
	} {
		value := stored(text)
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
		if _, integer := naiveParseInteger([]byte(text)); integer != value.isInteger() {
			t.Errorf("%q is kept as %+v", text, value)
		}
	}
}

// What is appended to a number is read as one text, and as a number if it still spells one.
func TestExtendedNumbers(t *testing.T) {
	value := stored("12", "3")
	if number, ok := value.Integer(); !ok || number != 123 || value.Len() != 3 || value.isInteger() {
		t.Errorf("12 and 3 make %d, %t, %d bytes", number, ok, value.Len())
	}
	if value := stored("12", "3", "x"); string(value.text()) != "123x" {
		t.Errorf("then %q", value.text())
	}
	long := strings.Repeat("y", 3*maxInlineValue)
	if value := stored("12", long, "z"); string(value.text()) != "12"+long+"z" {
		t.Errorf("a long text behind 12 makes %d bytes", value.Len())
	}
}

// A long value that has become shorter must not hold on to its old memory, and one of about the same size must not
// need new memory.
func TestLongValueBuffersAreReusedWithinReason(t *testing.T) {
	var o outsideTable
	index := o.add()
	o.setValue(index, make([]byte, 10000))
	buffer := &o.at(index).value[0]
	if o.setValue(index, make([]byte, 9000)); &o.at(index).value[0] != buffer {
		t.Error("a slightly smaller value got a new buffer")
	}
	if o.setValue(index, make([]byte, 3000)); cap(o.at(index).value) > 3500 || o.bytes > 3500 {
		t.Errorf("a value of 3000 bytes holds %d, counted as %d", cap(o.at(index).value), o.bytes)
	}
}
