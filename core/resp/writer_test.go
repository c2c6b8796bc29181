package resp

import (
	"errors"
	"math"
	"testing"
)

func TestRepliesInBothProtocols(t *testing.T) {
	for name, test := range map[string]struct {
		write        func(w *Writer)
		resp2, resp3 string
	}{
		"simple":         {func(w *Writer) { w.Simple("OK") }, "+OK\r\n", "+OK\r\n"},
		"error":          {func(w *Writer) { w.Error("ERR no") }, "-ERR no\r\n", "-ERR no\r\n"},
		"integer":        {func(w *Writer) { w.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
		"bulk":           {func(w *Writer) { w.Bulk([]byte("a\r\n\x00")) }, "$4\r\na\r\n\x00\r\n", "$4\r\na\r\n\x00\r\n"},
		"empty bulk":     {func(w *Writer) { w.BulkString("") }, "$0\r\n\r\n", "$0\r\n\r\n"},
		"null":           {func(w *Writer) { w.Null() }, "$-1\r\n", "_\r\n"},
		"null array":     {func(w *Writer) { w.NullArray() }, "*-1\r\n", "_\r\n"},
		"array":          {func(w *Writer) { w.Array(2) }, "*2\r\n", "*2\r\n"},
		"map":            {func(w *Writer) { w.Map(2) }, "*4\r\n", "%2\r\n"},
		"set":            {func(w *Writer) { w.Set(2) }, "*2\r\n", "~2\r\n"},
		"push":           {func(w *Writer) { w.Push(2) }, "*2\r\n", ">2\r\n"},
		"double":         {func(w *Writer) { w.Double(1.5) }, "$3\r\n1.5\r\n", ",1.5\r\n"},
		"infinity":       {func(w *Writer) { w.Double(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
		"true":           {func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		"false":          {func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		"verbatim":       {func(w *Writer) { w.Verbatim("txt", "a\nb") }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
		"big number":     {func(w *Writer) { w.BigNumber("-123") }, "$4\r\n-123\r\n", "(-123\r\n"},
		"raw":            {func(w *Writer) { w.Raw([]byte(":1\r\n")) }, ":1\r\n", ":1\r\n"},
		"status, lines":  {func(w *Writer) { w.Simple("a\r\nb") }, "+a  b\r\n", "+a  b\r\n"},
		"error, lines":   {func(w *Writer) { w.Error("\r\nERR a\rb\n\n") }, "-ERR a b\r\n", "-ERR a b\r\n"},
		"error, control": {func(w *Writer) { w.Error("ERR '\x01'") }, "-ERR '\x01'\r\n", "-ERR '\x01'\r\n"},
		"error value":    {func(w *Writer) { w.Err(errors.New("ERR a\nb")) }, "-ERR a b\r\n", "-ERR a b\r\n"},
		"error appended": {func(w *Writer) { w.Err(appendable("MOVED 1 a\n:2")) }, "-MOVED 1 a :2\r\n", "-MOVED 1 a :2\r\n"},
	} {
		for protocol, want := range map[int]string{0: test.resp2, 2: test.resp2, 3: test.resp3} {
			w := Writer{Buf: []byte("before "), Protocol: protocol}
			if test.write(&w); string(w.Buf) != "before "+want {
				t.Errorf("%s, protocol %d: %q, want %q", name, protocol, w.Buf, "before "+want)
			}
		}
	}
	w := Writer{Protocol: 3}
	if w.Attribute(1); string(w.Buf) != "|1\r\n" {
		t.Errorf("attribute: %q", w.Buf)
	}
}

// appendable is an error that must not be asked for a string.
type appendable string

func (appendable) Error() string                  { panic("asked for a string") }
func (a appendable) AppendText(dst []byte) []byte { return append(dst, a...) }

func TestWriterRefusesWhatNoReplyIs(t *testing.T) {
	for name, write := range map[string]func(w *Writer){
		"negative array":          func(w *Writer) { w.Array(-1) },
		"negative map":            func(w *Writer) { w.Map(-1) },
		"attribute in RESP2":      func(w *Writer) { w.Attribute(1) },
		"long verbatim format":    func(w *Writer) { w.Verbatim("text", "") },
		"no verbatim format":      func(w *Writer) { w.Verbatim("", "") },
		"negative set, in RESP2":  func(w *Writer) { w.Set(-2) },
		"negative push, in RESP2": func(w *Writer) { w.Push(-2) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			write(&Writer{})
		}()
	}
}

func TestWriterAllocatesNothing(t *testing.T) {
	w := Writer{Buf: make([]byte, 0, 1024)}
	value, failure := []byte("value"), error(appendable("MOVED 1 a:2"))
	for _, protocol := range []int{2, 3} {
		w.Protocol = protocol
		if allocations := testing.AllocsPerRun(100, func() {
			w.Buf = w.Buf[:0]
			w.Simple("OK")
			w.Map(1)
			w.Bulk(value)
			w.Int(1 << 40)
			w.Double(0.1)
			w.Error("ERR no")
			w.Err(failure)
			w.Verbatim("txt", "text")
			w.Null()
		}); allocations != 0 {
			t.Errorf("protocol %d: %v allocations", protocol, allocations)
		}
	}
}
