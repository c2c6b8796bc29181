package resp

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Few names and lengths, so that requests often begin alike, or nearly so.
var openedRequest = rapid.Custom(func(t *rapid.T) []byte {
	args := []string{rapid.SampledFrom([]string{"", "get", "GET", "set", "incr", "expire", "setrange", "incrbyfloat", "a-very-long-name-of-a-command"}).Draw(t, "name")}
	for range rapid.IntRange(0, 3).Draw(t, "arguments") {
		args = append(args, strings.Repeat("v", rapid.SampledFrom([]int{0, 1, 9, 10, 16, 99, 100, 101}).Draw(t, "length")))
	}
	return AppendCommand(nil, args...)
})

// Whoever knows the opening of one request reads another that begins with it as a parser does that knows nothing, and none that
// begins otherwise.
func TestARequestIsReadByTheOpeningOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := openedRequest.Draw(t, "first")
		second := first
		if rapid.Bool().Draw(t, "another") {
			second = openedRequest.Draw(t, "second")
		}
		opening, ok := NewOpening(first)
		if !ok {
			return
		}
		if !opening.Begins(first) {
			t.Fatalf("%q does not begin with its own opening", first)
		}
		limits := Limits{MaxBulk: rapid.SampledFrom([]int{0, 0, 3, 20, 100}).Draw(t, "limit")}
		for size := range len(second) + 1 {
			input := second[:size]
			begins := size >= opening.size && bytes.Equal(input[:opening.size], first[:opening.size])
			if got := opening.Begins(input); got != begins {
				t.Fatalf("%q begins with the opening of %q: %v", input, first, got)
			}
			if !begins {
				continue
			}
			one, other := Parser{Limits: limits}, Parser{Limits: limits}
			got, n := one.AppendLike(&opening, nil, input)
			want, m, err := other.AppendNext(nil, input)
			if n == 0 && m > 0 && limits.MaxBulk == 0 || n > 0 && (err != nil || n != m) {
				t.Fatalf("%q by the opening of %q: %d bytes, want %d, %v", input, first, n, m, err)
			}
			for i := range got {
				if !bytes.Equal(got[i], want[i]) || len(got) != len(want) || cap(got[i]) != len(got[i]) {
					t.Fatalf("%q by the opening of %q: %q, want %q", input, first, got, want)
				}
			}
		}
	})
}

// What a parser is in the middle of, or may not read, an opening does not make it read.
func TestAnOpeningLiftsNoLimit(t *testing.T) {
	request := AppendCommand(nil, "GET", "key:1")
	opening, ok := NewOpening(request)
	if !ok {
		t.Fatalf("%q has no opening", request)
	}
	stranger, failed, waiting := Parser{}, Parser{}, Parser{}
	stranger.SetAuthenticated(false)
	if _, _, err := failed.AppendNext(nil, []byte("*x\r\n")); err == nil {
		t.Fatal("no error")
	}
	if _, n, err := waiting.AppendNext(nil, []byte("*2\r\n$3\r\n")); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	for name, p := range map[string]*Parser{"stranger": &stranger, "failed": &failed, "waiting": &waiting, "few arguments": {Limits: Limits{MaxArguments: 1}}} {
		if args, n := p.AppendLike(&opening, nil, request); n != 0 {
			t.Errorf("%s: read %q", name, args)
		}
	}
}

func FuzzNewOpening(f *testing.F) {
	for _, seed := range []string{"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "*2\r\n$3\r\nGET\r\n$1", "*3\r\n$20\r\n", "*2\r\n$0\r\n\r\n$9\r\n123456789\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		opening, ok := NewOpening(request)
		if ok && !opening.Begins(request) {
			t.Fatalf("%q does not begin with its own opening %+v", request, opening)
		}
		if !ok {
			return
		}
		var one, other Parser
		got, n := one.AppendLike(&opening, nil, request)
		want, m, err := other.AppendNext(nil, request)
		if n > 0 && (err != nil || n != m || len(got) != len(want)) {
			t.Fatalf("%q: %q of %d bytes, want %q of %d, %v", request, got, n, want, m, err)
		}
	})
}
