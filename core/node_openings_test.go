package core

import (
	"strings"
	"testing"
)

// Requests that begin alike are the same command, but for those whose first argument is the name of a subcommand.
func TestRequestsThatBeginAlike(t *testing.T) {
	h := openHarness(t, testOptions())
	words := [][]string{
		{"SET", "key:1", "one"}, {"SET", "key:2", "another"}, {"SET", "key:3"}, {"set", "key:3", "three", "XX"},
		{"GET", "key:1"}, {"GET", "key:2"}, {"GET", "key:3"}, {"get", "key:2"},
		{"OBJECT", "ENCODING", "key:1"}, {"OBJECT", "REFCOUNT", "key:1"}, {"OBJECT", "ENCODING", "key:2"},
	}
	want := "+OK\r\n+OK\r\n-ERR wrong number of arguments for 'set' command\r\n$-1\r\n" +
		"$3\r\none\r\n$7\r\nanother\r\n$-1\r\n$7\r\nanother\r\n" +
		"$6\r\nembstr\r\n:1\r\n$6\r\nembstr\r\n"
	var input strings.Builder
	for _, w := range words {
		input.WriteString(request(w...))
	}
	for range 3 { // now with all of them known
		h.send(0, input.String())
		if got := h.take(0); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
