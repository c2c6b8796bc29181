package resp

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// history is what a stream of requests comes to: the requests, then the failure, if any, or the bytes left over.
type history struct {
	requests [][]string
	failure  string
	left     int
}

func (h history) String() string {
	return fmt.Sprintf("%q, failure %q, %d bytes left", h.requests, h.failure, h.left)
}

func (h history) equal(other history) bool { return h.String() == other.String() }

// naiveHistory is the whole stream, read by the twin.
func naiveHistory(stream []byte, limits Limits, unauthenticated bool) (h history) {
	for {
		args, size, failure := naiveParse(stream, limits, unauthenticated)
		if failure != "" {
			h.failure = "ERR Protocol error: " + failure
			return h
		}
		if size == 0 {
			h.left = len(stream)
			return h
		}
		h.requests = append(h.requests, args)
		stream = stream[size:]
	}
}

// chunkedHistory feeds the stream to p in pieces. Each call gets a fresh array, and in it the bytes that the parser has
// accepted are spoilt: it must neither keep the old array nor look again.
func chunkedHistory(p *Parser, stream []byte, piece func(left int) int) (h history) {
	var pending []byte
	for {
		fresh := bytes.Clone(pending)
		args, n, err := p.Next(fresh)
		if err != nil {
			h.failure = err.Error()
			return h
		}
		if n > 0 {
			request := []string(nil)
			for _, arg := range args {
				request = append(request, string(arg))
			}
			h.requests = append(h.requests, request)
			pending = pending[n:]
			continue
		}
		if len(stream) == 0 {
			h.left = len(pending)
			return h
		}
		for _, spoilt := range headerBytes(p) {
			pending[spoilt] = 'Z'
		}
		size := min(max(piece(len(stream)), 1), len(stream))
		pending = append(pending, stream[:size]...)
		stream = stream[size:]
	}
}

// headerBytes returns the places that the parser says it is through with and that are no argument's.
func headerBytes(p *Parser) (places []int) {
	at := 0
	for _, s := range p.spans {
		for ; at < s.start; at++ {
			places = append(places, at)
		}
		at = s.end
	}
	for ; at < p.at; at++ {
		places = append(places, at)
	}
	return places
}

// Small limits bring the edges near.
var anyLimits = rapid.Custom(func(t *rapid.T) Limits {
	return Limits{
		MaxBulk:      rapid.SampledFrom([]int{0, 5, 20000}).Draw(t, "max bulk"),
		MaxInline:    rapid.SampledFrom([]int{0, 2, 8, 20}).Draw(t, "max inline"),
		MaxArguments: rapid.SampledFrom([]int{0, 2, 12}).Draw(t, "max arguments"),
	}
})

// anyStream is pieces of requests, mostly whole ones.
var anyStream = rapid.Custom(func(t *rapid.T) []byte {
	arg := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 12), rapid.SliceOfN(rapid.SampledFrom([]byte("a\r\n$*\x00")), 0, 4))
	var stream []byte
	for range rapid.IntRange(0, 5).Draw(t, "pieces") {
		switch rapid.IntRange(0, 9).Draw(t, "piece") {
		case 0, 1, 2, 3, 4:
			args := rapid.SliceOfN(arg, 0, 14).Draw(t, "args")
			stream = AppendCommand(stream, args...)
		case 5, 6:
			line := rapid.SliceOfN(rapid.SampledFrom([]byte("ab \t\"'\\x41n\v\r")), 0, 14).Draw(t, "line")
			stream = append(append(stream, line...), '\n')
		case 7:
			stream = append(stream, rapid.SampledFrom([]string{
				"*0\r\n", "*-1\r\n", "\r\n", "*1\rX$4\rXPINGXX", "*+1\r\n", "*01\r\n", "*1\r\n$-1\r\n", "*1\r\n\r\n", "*1\r\nx\r\n",
				"*1\r\n$20000\r\n", "*11\r\n", "*2147483648\r\n", "*2147483647\r\n", "$4\r\n", "\x00", "*1\x00\r\n", "*12345678901",
			}).Draw(t, "oddity")...)
		default:
			stream = append(stream, rapid.SliceOfN(rapid.SampledFrom([]byte("*$-019\r\na\x00\"")), 0, 12).Draw(t, "noise")...)
		}
	}
	return stream
})

func TestAnySplittingGivesTheSameRequests(t *testing.T) {
	checkOften(t, func(t *rapid.T) {
		stream, limits := anyStream.Draw(t, "stream"), anyLimits.Draw(t, "limits")
		unauthenticated := rapid.Bool().Draw(t, "unauthenticated")
		p := Parser{Limits: limits}
		p.SetAuthenticated(!unauthenticated)
		want := naiveHistory(stream, limits, unauthenticated)
		largest := rapid.SampledFrom([]int{1, 4, 1000}).Draw(t, "largest piece")
		got := chunkedHistory(&p, stream, func(int) int { return rapid.IntRange(1, largest).Draw(t, "size") })
		if !got.equal(want) {
			t.Fatalf("stream %q\ngot  %v\nwant %v", stream, got, want)
		}
	})
}

// checkOften checks a cheap property on more than rapid's hundred cases.
func checkOften(t *testing.T, property func(t *rapid.T)) {
	for range 20 {
		rapid.Check(t, property)
	}
}

func FuzzParser(f *testing.F) {
	for _, seed := range []string{
		"*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n", "SET k \"\\x41 b\" 'c\\''\n", "*0\r\n*-1\r\n\r\n",
		"*1\r\nPING\r\n", "*01\r\n", "PING \"\r\n", "*1\r\n$99999999999\r\n", "\x00\n", "*3\r\n$0\r\n\r\n$1\rZ",
	} {
		f.Add([]byte(seed), uint16(3), uint8(20), false)
	}
	f.Fuzz(func(t *testing.T, stream []byte, step uint16, maxInline uint8, unauthenticated bool) {
		p := Parser{Limits: Limits{MaxInline: int(maxInline)}}
		p.SetAuthenticated(!unauthenticated)
		want := naiveHistory(stream, p.Limits, unauthenticated)
		calls := 0
		got := chunkedHistory(&p, stream, func(int) int { calls++; return (calls*7919 + 1) % (int(step%64) + 1) })
		if !got.equal(want) {
			t.Fatalf("stream %q\ngot  %v\nwant %v", stream, got, want)
		}
	})
}

// What redis-server 7.0.15 answered to these bytes, and whether it went on or closed the connection.
func TestRequestsAsRedisReadsThem(t *testing.T) {
	for stream, want := range map[string]history{
		"*1\r\nPING\r\n":                       {failure: "ERR Protocol error: expected '$', got 'P'"},
		"*1\r\n\r\n":                           {failure: "ERR Protocol error: expected '$', got ' '"},
		"*1\r\n\n$4\r\n":                       {failure: "ERR Protocol error: expected '$', got ' '"},
		"*1\r\n\xff\r\n":                       {failure: "ERR Protocol error: expected '$', got '\xff'"},
		"*1\r\n\x01\r\n":                       {failure: "ERR Protocol error: expected '$', got '\x01'"},
		"*+1\r\n":                              {failure: "ERR Protocol error: invalid multibulk length"},
		"*01\r\n":                              {failure: "ERR Protocol error: invalid multibulk length"},
		"*-0\r\n":                              {failure: "ERR Protocol error: invalid multibulk length"},
		"*01\r\n$4\r\nPING\r\n":                {failure: "ERR Protocol error: invalid multibulk length"},
		"*1\r\n$04\r\nPING\r\n":                {failure: "ERR Protocol error: invalid bulk length"},
		"ECHO \"\\xaB\\xFf\\x0c\"\r\n":         {requests: [][]string{{"ECHO", "\xab\xff\f"}}},
		"ECHO \"a\\\r\n":                       {failure: "ERR Protocol error: unbalanced quotes in request"},
		"*\r\n":                                {failure: "ERR Protocol error: invalid multibulk length"},
		"*2147483648\r\n":                      {failure: "ERR Protocol error: invalid multibulk length"},
		"*99999999999999999999999\r\n":         {failure: "ERR Protocol error: invalid multibulk length"},
		"*-1\r\nPING\r\n":                      {requests: [][]string{nil, {"PING"}}},
		"*0\r\nPING\r\n":                       {requests: [][]string{nil, {"PING"}}},
		"*-5\r\nPING\r\n":                      {requests: [][]string{nil, {"PING"}}},
		"*1048577\r\n":                         {left: 10},
		"*2147483647\r\n":                      {left: 13},
		"*1\r\n$-1\r\n":                        {failure: "ERR Protocol error: invalid bulk length"},
		"*1\r\n$536870912\r\n":                 {left: 16},
		"*1\r\n$536870913\r\n":                 {failure: "ERR Protocol error: invalid bulk length"},
		"*1\r\n$+4\r\n":                        {failure: "ERR Protocol error: invalid bulk length"},
		"*1\r\n$04\r\n":                        {failure: "ERR Protocol error: invalid bulk length"},
		"*1\r\n$-0\r\n":                        {failure: "ERR Protocol error: invalid bulk length"},
		"*1\r\n$\r\n":                          {failure: "ERR Protocol error: invalid bulk length"},
		"*1\rX$4\rXPINGXX":                     {requests: [][]string{{"PING"}}},
		"PING \"a\r\n":                         {failure: "ERR Protocol error: unbalanced quotes in request"},
		"PING \"a\"b\r\n":                      {failure: "ERR Protocol error: unbalanced quotes in request"},
		"ECHO 'a\\'b'\r\n":                     {requests: [][]string{{"ECHO", "a'b"}}},
		"ECHO \"\\x41\\n\\a\\b\\q\\xZZ\"\r\n":  {requests: [][]string{{"ECHO", "A\n\a\bqxZZ"}}},
		"ECHO foo\"bar\"\r\n":                  {requests: [][]string{{"ECHO", "foobar"}}},
		"\vECHO a\vb\r\n":                      {requests: [][]string{{"ECHO", "a\vb"}}},
		"ECHO a\f\r\n":                         {requests: [][]string{{"ECHO", "a\f"}}},
		"\r\n\n  \r\nPING\n":                   {requests: [][]string{nil, nil, nil, {"PING"}}},
		"PI\x00NG\r\nPING\r\n":                 {left: 13},
		"*1\x00\r\n":                           {left: 5},
		strings.Repeat("P", 65537):             {failure: "ERR Protocol error: too big inline request"},
		strings.Repeat("P", 65536):             {left: 65536},
		strings.Repeat("P", 65536) + "\n":      {requests: [][]string{{strings.Repeat("P", 65536)}}},
		"*" + strings.Repeat("1", 65536):       {failure: "ERR Protocol error: too big mbulk count string"},
		"*" + strings.Repeat("1", 65535):       {left: 65536},
		"*1\r\n$" + strings.Repeat("1", 65536): {failure: "ERR Protocol error: too big bulk count string"},
		"*1\r\n$" + strings.Repeat("1", 65535): {left: 65540},
	} {
		sizes := []int{1, 2, 7, len(stream)}
		if len(stream) > 1000 { // each piece costs a fresh copy of all before
			sizes = []int{5000, 65535, len(stream)}
		}
		for _, size := range sizes {
			if got := chunkedHistory(&Parser{}, []byte(stream), func(int) int { return size }); !got.equal(want) {
				t.Errorf("%.60q in pieces of %d:\ngot  %.200v\nwant %.200v", stream, size, got, want)
			}
		}
		if got := naiveHistory([]byte(stream), Limits{}, false); !got.equal(want) {
			t.Errorf("%.60q: the twin got %.200v", stream, got)
		}
	}
}

func TestStrangersGetTighterLimits(t *testing.T) {
	for stream, want := range map[string]string{
		"*10\r\n":                 "",
		"*11\r\n":                 "ERR Protocol error: unauthenticated multibulk length",
		"*2147483648\r\n":         "ERR Protocol error: invalid multibulk length",
		"*1\r\n$16384\r\n":        "",
		"*1\r\n$16385\r\n":        "ERR Protocol error: unauthenticated bulk length",
		"*1\r\n$536870913\r\n":    "ERR Protocol error: invalid bulk length",
		strings.Repeat("P", 2000): "",
	} {
		var p Parser
		p.SetAuthenticated(false)
		if got := chunkedHistory(&p, []byte(stream), func(left int) int { return left }).failure; got != want {
			t.Errorf("stranger, %.30q: %q, want %q", stream, got, want)
		}
		p = Parser{}
		p.SetAuthenticated(false)
		p.SetAuthenticated(true)
		got := chunkedHistory(&p, []byte(stream), func(left int) int { return left }).failure
		if strings.Contains(got, "unauthenticated") {
			t.Errorf("friend, %.30q: %q", stream, got)
		}
	}
}

func TestAFailureIsFinal(t *testing.T) {
	var p Parser
	_, _, first := p.Next([]byte("*x\r\n"))
	var failure *ProtocolError
	if !errors.As(first, &failure) || failure.Kind != InvalidMultibulkLength {
		t.Fatalf("%v", first)
	}
	if args, n, err := p.Next([]byte("*1\r\n$4\r\nPING\r\n")); err != first || n != 0 || args != nil {
		t.Errorf("afterwards %q, %d, %v", args, n, err)
	}
}

// A big value in pieces costs one pass over its header: afterwards it does not matter what the header has become, and the
// value itself is never looked at.
func TestABigValueInPiecesIsNotReadAgain(t *testing.T) {
	const size = 3 << 20
	header := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3145728\r\n"
	buf := append([]byte(header), make([]byte, size+2)...)
	var p Parser
	if _, n, err := p.Next(buf[:len(header)]); n != 0 || err != nil || p.Needs() != size+2 {
		t.Fatalf("%d, %v, needs %d", n, err, p.Needs())
	}
	copy(buf, "spoilt")
	calls := 0
	allocations := testing.AllocsPerRun(1, func() {
		for end := len(header); end < len(buf); end += 16 << 10 {
			calls++
			if _, n, err := p.Next(buf[:end]); n != 0 || err != nil || p.Needs() != len(buf)-end {
				t.Fatalf("after %d bytes: %d, %v, needs %d", end, n, err, p.Needs())
			}
		}
	})
	if allocations != 0 || calls < 100 {
		t.Errorf("%v allocations in %d calls", allocations, calls)
	}
	args, n, err := p.Next(buf)
	if err != nil || n != len(buf) || len(args) != 3 || len(args[2]) != size || &args[2][0] != &buf[len(header)] {
		t.Errorf("%d arguments, %d bytes, %v", len(args), n, err)
	}
	if p.Needs() != 0 {
		t.Errorf("needs %d after the end", p.Needs())
	}
}

func TestNeedsIsUnknownBetweenArguments(t *testing.T) {
	var p Parser
	for stream, want := range map[string]int{"*1": 0, "*1\r\n": 0, "*1\r\n$5": 0, "*1\r\n$5\r\n": 7, "*1\r\n$5\r\nabc": 4, "*1\r\n$5\r\nabcde\r": 1} {
		p = Parser{}
		if _, n, err := p.Next([]byte(stream)); n != 0 || err != nil || p.Needs() != want {
			t.Errorf("%q: %d, %v, needs %d, want %d", stream, n, err, p.Needs(), want)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		stream string
		want   float64 // allocations each time the stream is read
	}{
		"multibulk":     {"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", 0},
		"inline":        {"SET key value\r\n\r\nGET key\n", 0},
		"inline quotes": {"SET 'one' \"and \\x41nother\"\r\n", 1},
		"nothing":       {"*0\r\n*-1\r\n", 0},
	} {
		buf := []byte(test.stream)
		var p Parser
		requests := 0
		allocations := testing.AllocsPerRun(100, func() {
			for cut := range buf { // each cut is one incomplete call and one that completes
				for at, end := 0, cut; at < len(buf); {
					_, n, err := p.Next(buf[at:end])
					if err != nil {
						t.Fatal(err)
					}
					if n == 0 {
						end = len(buf)
						continue
					}
					at += n
					requests++
				}
			}
		})
		if want := test.want * float64(len(buf)); allocations != want || requests == 0 {
			t.Errorf("%s: %v allocations in %d requests, want %v", name, allocations, requests, want)
		}
	}
}

func TestAnUnusualRequestLeavesNoMemoryBehind(t *testing.T) {
	var p Parser
	many := AppendCommand(nil, make([][]byte, 5000)...)
	if args, n, err := p.Next(many); len(args) != 5000 || n != len(many) || err != nil {
		t.Fatalf("%d arguments, %d bytes, %v", len(args), n, err)
	}
	p.Next(nil)
	if cap(p.args) > keptArguments || cap(p.spans) > keptArguments {
		t.Errorf("room for %d arguments and %d places is kept", cap(p.args), cap(p.spans))
	}
	args, _, _ := p.Next([]byte("*1\r\n$4\r\nPING\r\n"))
	p.Next(nil)
	if args[0] != nil {
		t.Error("the last argument is still held")
	}
}

// A batch keeps the arguments of many requests at once: later calls must not touch those of earlier ones.
func TestArgumentsOutliveTheNextCall(t *testing.T) {
	stream := []byte("a 'b c' d\r\n\"x\\ty\" z\n*2\r\n$2\r\nzz\r\n$1\r\ny\r\n'last one'\n")
	var p Parser
	var kept [][]byte
	for rest := stream; len(rest) > 0; {
		args, n, err := p.Next(rest)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		kept = append(kept, args...)
		rest = rest[n:]
	}
	p.Next(nil)
	if got := fmt.Sprintf("%q", kept); got != `["a" "b c" "d" "x\ty" "z" "zz" "y" "last one"]` {
		t.Errorf("kept %s", got)
	}
}

// An argument must not be grown into its neighbour, whichever way it was read.
func TestArgumentsHaveNoRoomToGrow(t *testing.T) {
	for _, stream := range []string{"*2\r\n$1\r\na\r\n$1\r\nb\r\n", "a b\r\n"} {
		for _, before := range []int{0, 1, 4} { // at once, or after an incomplete call
			var p Parser
			p.Next([]byte(stream)[:before])
			args, _, err := p.Next([]byte(stream))
			if err != nil || len(args) != 2 || cap(args[0]) != 1 || cap(args[1]) != 1 {
				t.Errorf("%q: %q, %v", stream, args, err)
			}
		}
	}
}

// The buffer of an incomplete request is the caller's to reuse, and to let go.
func TestAnIncompleteRequestIsNotHeld(t *testing.T) {
	var p Parser
	p.Next([]byte("*2\r\n$1\r\na\r\n$1\r\nb\r\n"))
	p.Next([]byte("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\n"))
	for i, held := range p.args[:cap(p.args)] {
		if held != nil {
			t.Errorf("argument %d is still held", i)
		}
	}
}

func TestFewerBytesThanBeforePanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var p Parser
	p.Next([]byte("*1\r\n$4\r\nPI"))
	p.Next([]byte("*1\r\n"))
}

func TestLimitsSurviveSmallIntegers(t *testing.T) {
	p := Parser{Limits: Limits{MaxBulk: math.MaxInt}}
	stream := []byte("*1\r\n$2147483645\r\nab") // the largest that fits into 32 bits with its CRLF
	if _, n, err := p.Next(stream); n != 0 || err != nil || p.Needs() != 2147483645 {
		t.Errorf("%d, %v, needs %d", n, err, p.Needs())
	}
}

func TestCommandsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		commands := rapid.SliceOf(rapid.SliceOf(rapid.SliceOf(rapid.Byte()))).Draw(t, "commands")
		var stream []byte
		for _, args := range commands {
			stream = AppendCommand(stream, args...)
		}
		var p Parser
		for i, want := range commands {
			args, n, err := p.Next(stream)
			if err != nil || n == 0 || !slices.EqualFunc(args, want, bytes.Equal) {
				t.Fatalf("command %d: %q, %d, %v; want %q", i, args, n, err, want)
			}
			stream = stream[n:]
		}
		if len(stream) != 0 {
			t.Fatalf("%d bytes left", len(stream))
		}
	})
}

func BenchmarkParser(b *testing.B) {
	var stream []byte
	for i := range 16 {
		key := fmt.Appendf(nil, "key:%012d", i)
		stream = AppendCommand(stream, []byte("SET"), key, make([]byte, 64))
	}
	var p Parser
	b.SetBytes(int64(len(stream)))
	commands := 0
	for b.Loop() {
		for rest := stream; len(rest) > 0; commands++ {
			_, n, err := p.Next(rest)
			if err != nil || n == 0 {
				b.Fatal(n, err)
			}
			rest = rest[n:]
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(commands), "ns/command")
}
