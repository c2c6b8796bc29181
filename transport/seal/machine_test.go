package seal

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"github.com/ember-cluster/ember/transport"
)

const (
	oldWord = "old-0123456789abcdef"
	newWord = "new-0123456789abcdef"
)

func ring(t testing.TB, text string) *Ring {
	t.Helper()
	r, err := ParseRing(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// counting returns a source of bytes that differ each time, and from those of other seeds.
func counting(seed uint64) func([]byte) {
	n := uint64(0)
	return func(b []byte) {
		n++
		clear(b)
		binary.BigEndian.PutUint64(b, seed)
		binary.BigEndian.PutUint64(b[8:], n)
	}
}

func address(i int) transport.Address {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 7000)
}

// refused fails the test unless an error is the refusal of that kind.
func refused(t *testing.T, what string, err error, want Kind) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Kind != want {
		t.Errorf("%s: %v, want %v", what, err, &Error{want})
	}
}

func TestParseRing(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "there is no secret"},
		{" \n\t", "there is no secret"},
		{"short", "a secret has 16 to 512 characters, not 5"},
		{oldWord + "\nshort", "a secret has 16 to 512 characters, not 5"},
		{oldWord + " " + newWord + " " + oldWord, "3 secrets, at most two are accepted: the one to seal with, and another one to open with"},
		{oldWord + " " + oldWord, "both secrets are the same, or have the same id by chance: choose another"},
	} {
		if _, err := ParseRing(test.text); err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.text, err, test.want)
		}
	}
	if r := ring(t, oldWord+"\n"+newWord+"\n"); len(r.secrets) != 2 || r.first().id != ring(t, oldWord).first().id {
		t.Errorf("two lines give the secrets %v", r)
	}
}
