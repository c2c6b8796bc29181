package command

import (
	"strings"
	"testing"
)

// Every command is found in any letter case, and nothing else is.
func TestLookup(t *testing.T) {
	for _, row := range Rows() {
		for _, name := range []string{row.Name, strings.ToUpper(row.Name), strings.ToUpper(row.Name[:1]) + row.Name[1:]} {
			if Lookup([]byte(name)) != row {
				t.Errorf("%s is not found", name)
			}
		}
		for _, name := range []string{row.Name + "x", row.Name[:len(row.Name)-1] + "\x00", " " + row.Name} {
			if found := Lookup([]byte(name)); found != nil && found.Name != name {
				t.Errorf("%q is taken for %s", name, found.Name)
			}
		}
	}
	for _, name := range []string{"", "no", strings.Repeat("get", 1000), "GE\x14"} {
		if found := Lookup([]byte(name)); found != nil {
			t.Errorf("%.10q is taken for %s", name, found.Name)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	names := [][]byte{[]byte("GET"), []byte("set"), []byte("INCR"), []byte("EXPIRE"), []byte("SUBSCRIBE")}
	for i := range b.N {
		if Lookup(names[i%len(names)]) == nil {
			b.Fatal("not found")
		}
	}
}
