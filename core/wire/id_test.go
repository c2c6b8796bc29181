package wire

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIDsAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NodeID(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "a"))
		b := NodeID(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "b"))
		if parsed, err := ParseNodeID(a.String()); err != nil || parsed != a {
			t.Fatalf("%v parsed as %v, %v", a, parsed, err)
		}
		if a.Compare(b) != strings.Compare(a.String(), b.String()) {
			t.Fatalf("%v and %v compare as %d", a, b, a.Compare(b))
		}
		if got := string(a.AppendHex([]byte("id "))); got != "id "+a.String() {
			t.Fatalf("appended as %q", got)
		}
		c, d := ClusterID(a[:16]), ClusterID(b[:16])
		if parsed, err := ParseClusterID(c.String()); err != nil || parsed != c {
			t.Fatalf("%v parsed as %v, %v", c, parsed, err)
		}
		if c.Compare(d) != strings.Compare(c.String(), d.String()) {
			t.Fatalf("%v and %v compare as %d", c, d, c.Compare(d))
		}
	})
}

func TestIDsAreParsedStrictly(t *testing.T) {
	digits := strings.Repeat("0123456789abcdef", 3)
	for text, want := range map[string]string{
		"":                 "wire: a node id has 40 hexadecimal digits, not 0",
		digits[:39]:        "wire: a node id has 40 hexadecimal digits, not 39",
		digits[:41]:        "wire: a node id has 40 hexadecimal digits, not 41",
		digits[:39] + "g":  "wire: 'g' is no digit of a node id",
		digits[:39] + "A":  "wire: 'A' is no digit of a node id",
		" " + digits[1:40]: "wire: ' ' is no digit of a node id",
	} {
		if id, err := ParseNodeID(text); err == nil || err.Error() != want || !id.IsZero() {
			t.Errorf("%q: %v, %v; want %s", text, id, err, want)
		}
	}
	if id, err := ParseClusterID(digits[:40]); err == nil || !id.IsZero() {
		t.Errorf("a node id was taken for the cluster id %v", id)
	}
}
