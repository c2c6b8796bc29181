package resp

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// reply is a reply's meaning: how to write it, and what a client should read in each protocol.
type reply struct {
	write        func(w *Writer)
	resp2, resp3 Value
}

func bulkOf(text string) Value { return Value{Kind: KindBulk, Str: []byte(text)} }

// anyReply draws a reply of a bounded number of levels.
func anyReply(levels int) *rapid.Generator[reply] {
	return rapid.Custom(func(t *rapid.T) reply {
		leaves, kind := 9, 0
		if levels > 0 {
			kind = rapid.IntRange(0, leaves+5).Draw(t, "kind")
		} else {
			kind = rapid.IntRange(0, leaves-1).Draw(t, "kind")
		}
		if kind >= leaves {
			return drawAggregate(t, kind-leaves, levels)
		}
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab \x00é:")), 0, 8, -1).Draw(t, "text")
		number := rapid.Int64().Draw(t, "number")
		switch kind {
		case 0:
			v := Value{Kind: KindSimple, Str: []byte(text)}
			return reply{func(w *Writer) { w.Simple(text) }, v, v}
		case 1:
			v := Value{Kind: KindError, Str: []byte("ERR " + text)}
			return reply{func(w *Writer) { w.Error("ERR " + text) }, v, v}
		case 2:
			v := Value{Kind: KindInteger, Int: number}
			return reply{func(w *Writer) { w.Int(number) }, v, v}
		case 3:
			v := bulkOf(text + "\r\n")
			return reply{func(w *Writer) { w.BulkString(text + "\r\n") }, v, v}
		case 4:
			return reply{(*Writer).Null, Value{}, Value{}}
		case 5:
			double := float64(number) / 1024
			digits := string(AppendDouble(nil, double))
			return reply{func(w *Writer) { w.Double(double) },
				bulkOf(digits), Value{Kind: KindDouble, Str: []byte(digits), Double: double}}
		case 6:
			return reply{func(w *Writer) { w.Bool(number&1 == 1) },
				Value{Kind: KindInteger, Int: number & 1}, Value{Kind: KindBool, Int: number & 1}}
		case 7:
			return reply{func(w *Writer) { w.Verbatim("mkd", text) },
				bulkOf(text), Value{Kind: KindVerbatim, Format: "mkd", Str: []byte(text)}}
		default:
			digits := fmt.Sprintf("%d%019d", number, uint64(number)%1e19)
			return reply{func(w *Writer) { w.BigNumber(digits) },
				bulkOf(digits), Value{Kind: KindBigNumber, Str: []byte(digits)}}
		}
	})
}

// drawAggregate draws an array, a set, a push, a map, a null array or a value with attributes (in RESP3).
func drawAggregate(t *rapid.T, kind, levels int) reply {
	n := rapid.IntRange(0, 3).Draw(t, "elements")
	width := 1
	if kind >= 3 {
		width = 2
	}
	var children []reply
	array2, array3 := []Value(nil), []Value(nil)
	for range n * width {
		child := anyReply(levels-1).Draw(t, "child")
		children = append(children, child)
		array2, array3 = append(array2, child.resp2), append(array3, child.resp3)
	}
	writeAll := func(w *Writer) {
		for _, child := range children {
			child.write(w)
		}
	}
	resp2 := Value{Kind: KindArray, Array: array2}
	switch kind {
	case 0:
		return reply{func(w *Writer) { w.Array(n); writeAll(w) }, resp2, Value{Kind: KindArray, Array: array3}}
	case 1:
		return reply{func(w *Writer) { w.Set(n); writeAll(w) }, resp2, Value{Kind: KindSet, Array: array3}}
	case 2:
		return reply{func(w *Writer) { w.Push(n); writeAll(w) }, resp2, Value{Kind: KindPush, Array: array3}}
	case 3:
		return reply{func(w *Writer) { w.Map(n); writeAll(w) }, resp2, Value{Kind: KindMap, Array: array3}}
	case 4:
		return reply{(*Writer).NullArray, Value{}, Value{}}
	default:
		inner := anyReply(0).Draw(t, "remarked")
		remarked := inner.resp3
		remarked.Attributes = array3
		return reply{func(w *Writer) {
			if w.Protocol == 3 {
				w.Attribute(n)
				writeAll(w)
			}
			inner.write(w)
		}, inner.resp2, remarked}
	}
}

// normal makes a value comparable: an empty string is the same with and without an array behind it.
func normal(v Value) Value {
	if len(v.Str) == 0 {
		v.Str = nil
	}
	for _, children := range []*[]Value{&v.Array, &v.Attributes} {
		var copied []Value
		for _, child := range *children {
			copied = append(copied, normal(child))
		}
		*children = copied
	}
	return v
}

// Everything that can be written is read back as what was meant, in any splitting, and nothing of it twice.
func TestRepliesAreReadBack(t *testing.T) {
	checkOften(t, func(t *rapid.T) {
		r := anyReply(3).Draw(t, "reply")
		for protocol, want := range map[int]Value{2: r.resp2, 3: r.resp3} {
			w := Writer{Protocol: protocol}
			r.write(&w)
			whole := w.Buf
			next := append(bytes.Clone(whole), "+next\r\n"...)
			v, n, err := ReadValue(next, ReplyLimits{})
			if err != nil || n != len(whole) || !reflect.DeepEqual(normal(v), normal(want)) {
				t.Fatalf("protocol %d, %q: %+v, %d, %v; want %+v", protocol, whole, v, n, err, want)
			}
			var p ValueParser
			for cut := 0; cut < len(whole); cut += rapid.IntRange(1, 9).Draw(t, "step") {
				if v, n, err := p.Next(bytes.Clone(whole[:cut])); n != 0 || err != nil {
					t.Fatalf("protocol %d, %q of %q: %+v, %d, %v", protocol, whole[:cut], whole, v, n, err)
				}
			}
			v, n, err = p.Next(next)
			if err != nil || n != len(whole) || !reflect.DeepEqual(normal(v), normal(want)) {
				t.Fatalf("protocol %d, %q in pieces: %+v, %d, %v; want %+v", protocol, whole, v, n, err, want)
			}
		}
	})
}

func TestOddButGoodReplies(t *testing.T) {
	for text, want := range map[string]Value{
		"$-1\r\n":         {},
		"*-1\r\n":         {},
		"_\r\n":           {},
		":+5\r\n":         {Kind: KindInteger, Int: 5},
		"!5\r\nERR x\r\n": {Kind: KindError, Str: []byte("ERR x")},
		"*0\r\n":          {Kind: KindArray},
		"%0\r\n":          {Kind: KindMap},
		"=4\r\ntxt:\r\n":  {Kind: KindVerbatim, Format: "txt"},
		"|0\r\n+x\r\n":    {Kind: KindSimple, Str: []byte("x")},
		"|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n_\r\n": {Attributes: []Value{
			{Kind: KindSimple, Str: []byte("a")}, {Kind: KindInteger, Int: 1},
			{Kind: KindSimple, Str: []byte("b")}, {Kind: KindInteger, Int: 2},
		}},
		",+inf\r\n":                        {Kind: KindDouble, Str: []byte("+inf"), Double: math.Inf(1)},
		",1E5\r\n":                         {Kind: KindDouble, Str: []byte("1E5"), Double: 1e5},
		"(+12345678901234567890\r\n":       {Kind: KindBigNumber, Str: []byte("+12345678901234567890")},
		"+\r\n":                            {Kind: KindSimple},
		"*1\r\n*1\r\n$2\r\n\r\n\r\n":       {Kind: KindArray, Array: []Value{{Kind: KindArray, Array: []Value{bulkOf("\r\n")}}}},
		"-MOVED 16287 127.0.0.1:17003\r\n": {Kind: KindError, Str: []byte("MOVED 16287 127.0.0.1:17003")},
	} {
		v, n, err := ReadValue([]byte(text), ReplyLimits{})
		if err != nil || n != len(text) || !reflect.DeepEqual(normal(v), normal(want)) {
			t.Errorf("%q: %+v, %d, %v; want %+v", text, v, n, err, want)
		}
	}
}

func TestRepliesThatAreNone(t *testing.T) {
	limits := ReplyLimits{MaxBulk: 10, MaxLine: 30, MaxElements: 6, MaxDepth: 3}
	for text, want := range map[string]ReplyError{
		"x":                           {UnknownType, 0},
		"PING\r\n":                    {UnknownType, 0},
		"*1\r\n\r":                    {UnknownType, 4},
		"*1\r\n;":                     {UnknownType, 4},
		"*?\r\n":                      {MalformedLine, 0},
		"*-2\r\n":                     {MalformedLine, 0},
		"$-2\r\n":                     {MalformedLine, 0},
		"%-1\r\n":                     {MalformedLine, 0},
		"!-1\r\n":                     {MalformedLine, 0},
		"$+1\r\n":                     {MalformedLine, 0},
		"$01\r\n":                     {MalformedLine, 0},
		"$\r\n":                       {MalformedLine, 0},
		":\r\n":                       {MalformedLine, 0},
		":-0\r\n":                     {MalformedLine, 0},
		":1.5\r\n":                    {MalformedLine, 0},
		":+-5\r\n":                    {MalformedLine, 0},
		":++5\r\n":                    {MalformedLine, 0},
		":9223372036854775808\r\n":    {MalformedLine, 0},
		"#T\r\n":                      {MalformedLine, 0},
		"#\r\n":                       {MalformedLine, 0},
		"_x\r\n":                      {MalformedLine, 0},
		",\r\n":                       {MalformedLine, 0},
		",0x1p4\r\n":                  {MalformedLine, 0},
		",1e999\r\n":                  {MalformedLine, 0},
		",infinity\r\n":               {MalformedLine, 0},
		",1_0\r\n":                    {MalformedLine, 0},
		"(\r\n":                       {MalformedLine, 0},
		"(-\r\n":                      {MalformedLine, 0},
		"(1a\r\n":                     {MalformedLine, 0},
		"=3\r\ntxt\r\n":               {MalformedLine, 0},
		"=1\r\na\r\n:1\r\n":           {MalformedLine, 0},
		"=4\r\ntext\r\n":              {MalformedLine, 0},
		"+a\n":                        {MalformedLine, 0},
		"+\n":                         {MalformedLine, 0},
		"+a\rb\r\n":                   {MalformedLine, 0},
		"+a\r\r\n":                    {MalformedLine, 0},
		"$1\r\nabc":                   {Unterminated, 0},
		"$1\r\na\r\r":                 {Unterminated, 0},
		"$11\r\n":                     {BulkTooLong, 0},
		"$9223372036854775807\r\n":    {BulkTooLong, 0},
		"+" + strings.Repeat("a", 31): {LineTooLong, 0},
		"*1\r\n+" + strings.Repeat("a", 30) + "\r\n": {LineTooLong, 4},
		"*7\r\n":                   {TooManyElements, 0},
		"%4\r\n":                   {TooManyElements, 0},
		"*3\r\n:1\r\n*4\r\n":       {TooManyElements, 8},
		"%4611686018427387904\r\n": {TooManyElements, 0},
		"|9223372036854775807\r\n": {TooManyElements, 0},
		"*1\r\n*1\r\n*1\r\n*1\r\n": {TooDeep, 12},
	} {
		for _, step := range []int{1, 3, len(text)} {
			p := ValueParser{Limits: limits}
			var failure *ReplyError
			for end := 0; failure == nil && end < len(text); {
				end = min(end+step, len(text))
				if v, n, err := p.Next([]byte(text[:end])); err != nil && !errors.As(err, &failure) || n != 0 {
					t.Fatalf("%q: %+v, %d, %v", text[:end], v, n, err)
				}
			}
			if failure == nil || *failure != want {
				t.Errorf("%q in steps of %d: %v, want %v", text, step, failure, &want)
				continue
			}
			if _, n, err := p.Next([]byte("+OK\r\n")); n != 0 || err == nil {
				t.Errorf("%q: afterwards %d, %v", text, n, err)
			}
		}
	}
}

// Each limit is what still passes, in one reply after the other.
func TestRepliesAtTheirLimits(t *testing.T) {
	p := ValueParser{Limits: ReplyLimits{MaxBulk: 10, MaxLine: 30, MaxElements: 6, MaxDepth: 3}}
	for _, text := range []string{
		"$10\r\n0123456789\r\n",
		"+" + strings.Repeat("a", 29) + "\r\n",
		"*3\r\n%1\r\n_\r\n_\r\n_\r\n|0\r\n_\r\n",
		"*6\r\n_\r\n_\r\n_\r\n_\r\n_\r\n_\r\n",
		"*1\r\n*1\r\n*1\r\n_\r\n",
	} {
		for end := range len(text) {
			if v, n, err := p.Next([]byte(text[:end])); n != 0 || err != nil {
				t.Fatalf("%q: %+v, %d, %v", text[:end], v, n, err)
			}
		}
		if v, n, err := p.Next([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("%q: %+v, %d, %v", text, v, n, err)
		}
	}
}

// A reply of many small values that arrives in many pieces is looked through once, and built once.
func TestALongReplyInPiecesIsNotReadAgain(t *testing.T) {
	const n = 5000
	w := Writer{}
	w.Array(n)
	for range n {
		w.BulkString("element")
	}
	var p ValueParser
	buf := bytes.Clone(w.Buf)
	p.Next(buf[:len(buf)-1])
	copy(buf, strings.Repeat("Z", p.at)) // what was seen may change, as long as no value is built
	if allocations := testing.AllocsPerRun(10, func() {
		if v, n, err := p.Next(buf[:len(buf)-1]); n != 0 || err != nil {
			t.Fatalf("%+v, %d, %v", v, n, err)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations for an incomplete reply", allocations)
	}
	v, size, err := p.Next(w.Buf)
	if err != nil || size != len(w.Buf) || len(v.Array) != n || string(v.Array[n-1].Str) != "element" {
		t.Errorf("%d elements, %d bytes, %v", len(v.Array), size, err)
	}
}

// Whatever comes, a reply that is read is within its limits, and chunks make no difference.
func FuzzReadValue(f *testing.F) {
	for _, seed := range []string{
		"+OK\r\n", "-ERR x\r\n", ":1\r\n", "$3\r\nabc\r\n", "*2\r\n:1\r\n*1\r\n_\r\n", "%1\r\n+a\r\n#t\r\n", "~1\r\n,1.5\r\n", ">0\r\n",
		"=7\r\ntxt:abc\r\n", "(123\r\n", "!3\r\nERR\r\n", "|1\r\n+a\r\n+b\r\n:1\r\n", "$-1\r\n", "*-1\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
	} {
		f.Add([]byte(seed), uint8(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		limits := ReplyLimits{MaxBulk: 100, MaxLine: 50, MaxElements: 20, MaxDepth: 4}
		want, wantSize, wantErr := ReadValue(data, limits)
		p := ValueParser{Limits: limits}
		var got Value
		var size int
		var err error
		for end := 0; size == 0 && err == nil && end < len(data); {
			end = min(end+1+int(step%16), len(data))
			got, size, err = p.Next(bytes.Clone(data[:end]))
		}
		if size != wantSize || fmt.Sprint(err) != fmt.Sprint(wantErr) || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Fatalf("%q: %+v, %d, %v in pieces; %+v, %d, %v at once", data, got, size, err, want, wantSize, wantErr)
		}
		var failure *ReplyError
		if err != nil && !errors.As(err, &failure) {
			t.Fatalf("%q: %v is no ReplyError", data, err)
		}
		if elements, depth := measure(want); elements > 21 || depth > 5 {
			t.Fatalf("%q: %d values on %d levels", data, elements, depth)
		}
	})
}

// measure counts the values of a reply, itself included, and its levels.
func measure(v Value) (elements, depth int) {
	elements = 1
	for _, children := range [][]Value{v.Array, v.Attributes} {
		for _, child := range children {
			e, d := measure(child)
			elements += e
			depth = max(depth, d)
		}
	}
	return elements, depth + 1
}

func TestNamesOfKinds(t *testing.T) {
	for name, of := range map[string]func(int) string{
		"reply":          func(i int) string { return Kind(i).String() },
		"reply error":    func(i int) string { return ReplyErrorKind(i).String() },
		"protocol error": func(i int) string { return ProtocolErrorKind(i).String() },
	} {
		count := map[string]int{"reply": int(kinds), "reply error": ReplyErrorKinds, "protocol error": ProtocolErrorKinds}[name]
		seen := map[string]bool{}
		for i := range count {
			seen[of(i)] = true
		}
		if len(seen) != count || seen[""] || !strings.HasPrefix(of(count), "unknown") {
			t.Errorf("%s: %d names of %d kinds, then %q", name, len(seen), count, of(count))
		}
	}
}
