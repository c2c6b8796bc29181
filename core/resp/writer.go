package resp

import (
	"fmt"
	"strconv"
)

// Writer appends replies to Buf in the protocol version of the connection. Where RESP2 lacks a type, its reply is the one
// that Redis gives instead, so a command says what it means once.
//
//	             RESP3          RESP2
//	Null         _              $-1
//	NullArray    _              *-1
//	Map(n)       %n             *2n
//	Set(n)       ~n             *n
//	Push(n)      >n             *n
//	Double       ,1.5           $3 1.5
//	Bool         #t             :1
//	Verbatim     =8 txt:text    $4 text
//	BigNumber    (123           $3 123
type Writer struct {
	Buf      []byte
	Protocol int // 3, or anything else for RESP2
}

// Simple appends a status, as in "+OK". It is one line: a CR or LF in it becomes a space.
func (w *Writer) Simple(status string) {
	w.Buf = append(w.Buf, '+')
	w.Buf = appendOneLine(w.Buf, status)
	w.endLine()
}

// Error appends an error line, given without the leading '-'; it starts with a code ("ERR …") that the caller puts
// there. As in Redis, line ends around it are cut off and a CR or LF within it becomes a space.
func (w *Writer) Error(text string) {
	w.Buf = append(w.Buf, '-')
	w.Buf = appendOneLine(w.Buf, trimLineEnds(text))
	w.endLine()
}

// Err appends the text of err as Error does. An error that can append its text is not asked for a string.
func (w *Writer) Err(err error) {
	appender, ok := err.(interface{ AppendText(dst []byte) []byte })
	if !ok {
		w.Error(err.Error())
		return
	}
	w.Buf = append(w.Buf, '-')
	start := len(w.Buf)
	w.Buf = appender.AppendText(w.Buf)
	spaceOut(w.Buf[start:])
	w.endLine()
}

// Int appends an integer.
func (w *Writer) Int(value int64) { w.number(':', value) }

// Bulk appends a string of any bytes.
func (w *Writer) Bulk(value []byte) {
	buf := appendNumber(w.Buf, '$', int64(len(value)))
	buf = append(buf, value...)
	w.Buf = append(buf, '\r', '\n')
}

// BulkString is Bulk of a string.
func (w *Writer) BulkString(value string) {
	buf := appendNumber(w.Buf, '$', int64(len(value)))
	buf = append(buf, value...)
	w.Buf = append(buf, '\r', '\n')
}

// Null appends the reply that says that there is no such value.
func (w *Writer) Null() {
	if w.resp3() {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "$-1\r\n"...)
}

// NullArray appends the reply that says that there is no such array.
func (w *Writer) NullArray() {
	if w.resp3() {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "*-1\r\n"...)
}

// Array starts an array: the next n replies are its elements. It panics if n is negative, as the other starts do.
func (w *Writer) Array(n int) { w.aggregate('*', n, 1) }

// Map starts a map: the next 2n replies are its keys and values, in turns.
func (w *Writer) Map(n int) {
	if w.resp3() {
		w.aggregate('%', n, 1)
		return
	}
	w.aggregate('*', n, 2)
}

// Set starts a set: the next n replies are its members.
func (w *Writer) Set(n int) {
	if w.resp3() {
		w.aggregate('~', n, 1)
		return
	}
	w.aggregate('*', n, 1)
}

// Push starts a message that answers no request: the next n replies are its elements.
func (w *Writer) Push(n int) {
	if w.resp3() {
		w.aggregate('>', n, 1)
		return
	}
	w.aggregate('*', n, 1)
}

// Attribute starts n pairs of remarks on the reply that follows them. It panics in RESP2, which has no place for them.
func (w *Writer) Attribute(n int) {
	if !w.resp3() {
		panic(fmt.Sprintf("resp: attribute in protocol version %d", w.Protocol))
	}
	w.aggregate('|', n, 1)
}

// Double appends a floating-point number; AppendDouble tells how it looks.
//
// float: formatted for the client only
func (w *Writer) Double(value float64) {
	var scratch [longestDouble]byte
	text := AppendDouble(scratch[:0], value)
	if w.resp3() {
		w.Buf = append(w.Buf, ',')
		w.Buf = append(w.Buf, text...)
		w.endLine()
		return
	}
	w.Bulk(text)
}

// Bool appends a truth value.
func (w *Writer) Bool(value bool) {
	switch {
	case w.resp3() && value:
		w.Buf = append(w.Buf, "#t\r\n"...)
	case w.resp3():
		w.Buf = append(w.Buf, "#f\r\n"...)
	case value:
		w.Int(1)
	default:
		w.Int(0)
	}
}

// Verbatim appends a text for people. The format has three letters: "txt", or "mkd" for Markdown. It panics if it has not.
func (w *Writer) Verbatim(format, text string) {
	if len(format) != verbatimFormat {
		panic(fmt.Sprintf("resp: verbatim format %q", format))
	}
	if !w.resp3() {
		w.BulkString(text)
		return
	}
	w.number('=', int64(verbatimFormat+1+len(text)))
	w.Buf = append(w.Buf, format...)
	w.Buf = append(w.Buf, ':')
	w.Buf = append(w.Buf, text...)
	w.endLine()
}

// verbatimFormat is the length of a verbatim string's format.
const verbatimFormat = 3

// BigNumber appends a decimal integer of any length.
func (w *Writer) BigNumber(text string) {
	if !w.resp3() {
		w.BulkString(text)
		return
	}
	w.Buf = append(w.Buf, '(')
	w.Buf = appendOneLine(w.Buf, text)
	w.endLine()
}

// Raw appends bytes that are whole replies, or elements of one, already.
func (w *Writer) Raw(reply []byte) { w.Buf = append(w.Buf, reply...) }

func (w *Writer) resp3() bool { return w.Protocol == 3 }

func (w *Writer) endLine() { w.Buf = append(w.Buf, '\r', '\n') }

// number appends a line of a type byte and a number.
func (w *Writer) number(kind byte, value int64) {
	w.Buf = appendNumber(w.Buf, kind, value)
}

// aggregate appends the start of n times width elements.
func (w *Writer) aggregate(kind byte, n, width int) {
	if n < 0 {
		panic(fmt.Sprintf("resp: aggregate %q of %d elements", kind, n))
	}
	w.number(kind, int64(n)*int64(width))
}

// AppendCommand appends a request, as clients send it.
func AppendCommand[T []byte | string](dst []byte, args ...T) []byte {
	dst = appendNumber(dst, '*', int64(len(args)))
	for _, arg := range args {
		dst = appendNumber(dst, '$', int64(len(arg)))
		dst = append(dst, arg...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// appendNumber appends a line of a type byte and a number.
func appendNumber(dst []byte, kind byte, value int64) []byte {
	switch { // most lengths have one digit or two
	case uint64(value) < 10:
		return append(dst, kind, byte('0'+value), '\r', '\n')
	case uint64(value) < 100:
		return append(dst, kind, byte('0'+value/10), byte('0'+value%10), '\r', '\n')
	}
	dst = append(dst, kind)
	dst = strconv.AppendInt(dst, value, 10)
	return append(dst, '\r', '\n')
}

// appendOneLine appends text with every CR and LF made a space.
func appendOneLine(dst []byte, text string) []byte {
	start := len(dst)
	dst = append(dst, text...)
	spaceOut(dst[start:])
	return dst
}

// spaceOut makes every CR and LF a space.
func spaceOut(text []byte) {
	for i, b := range text {
		if b == '\r' || b == '\n' {
			text[i] = ' '
		}
	}
}

// trimLineEnds cuts CR and LF off both ends.
func trimLineEnds(text string) string {
	start, end := 0, len(text)
	for start < end && (text[start] == '\r' || text[start] == '\n') {
		start++
	}
	for start < end && (text[end-1] == '\r' || text[end-1] == '\n') {
		end--
	}
	return text[start:end]
}
