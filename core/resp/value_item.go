package resp

import (
	"bytes"
	"math"
	"strconv"
)

// item is what one line of a reply announces.
type item struct {
	line      int   // bytes, with its CRLF
	value     Value // as far as the line tells
	hasString bool  // a string of length bytes and a CRLF follow
	length    int64
	children  int  // values that follow and belong to this one
	attribute bool // the last child is the value itself, the others are its attributes
}

// startsReply reports whether a reply can start with b.
func startsReply(b byte) bool {
	switch b {
	case '+', '-', ':', '$', '*', '_', '#', ',', '(', '!', '=', '%', '~', '>', '|':
		return true
	}
	return false
}

// parse reads a line, given without its CRLF. If it is none, kind says why.
func (it *item) parse(line []byte) (kind ReplyErrorKind, ok bool) {
	*it = item{line: len(line) + lineEnd}
	text := line[1:]
	switch line[0] {
	case '+':
		it.value.Kind, it.value.Str = KindSimple, text
		return 0, true
	case '-':
		it.value.Kind, it.value.Str = KindError, text
		return 0, true
	case '$':
		return it.parseString(KindBulk, text, 0)
	case '!':
		return it.parseString(KindError, text, 0)
	case '=':
		return it.parseString(KindVerbatim, text, verbatimFormat+1)
	case '*':
		return it.parseAggregate(KindArray, text, 1)
	case '%':
		return it.parseAggregate(KindMap, text, 2)
	case '~':
		return it.parseAggregate(KindSet, text, 1)
	case '>':
		return it.parseAggregate(KindPush, text, 1)
	case '|':
		kind, ok = it.parseAggregate(KindMap, text, 2)
		it.children++
		it.attribute = true
		return kind, ok
	}
	it.value, ok = parseScalar(line[0], text)
	return MalformedLine, ok
}

// parseString reads the length of a string that is at least so long. A bulk string of length -1 is RESP2's null.
func (it *item) parseString(kind Kind, text []byte, shortest int64) (ReplyErrorKind, bool) {
	length, ok := ParseInteger(text)
	switch {
	case ok && length == -1 && kind == KindBulk:
		it.value.Kind = KindNull
		return 0, true
	case !ok || length < shortest:
		return MalformedLine, false
	}
	it.value.Kind, it.hasString, it.length = kind, true, length
	return 0, true
}

// parseAggregate reads a number of elements, each of which is so many values. An array of -1 is RESP2's null array.
func (it *item) parseAggregate(kind Kind, text []byte, width int) (ReplyErrorKind, bool) {
	n, ok := ParseInteger(text)
	switch {
	case ok && n == -1 && kind == KindArray:
		it.value.Kind = KindNull
		return 0, true
	case !ok || n < 0:
		return MalformedLine, false
	case n > (math.MaxInt32-1)/2: // no limit is above it, and twice as many and one still fit into an int
		return TooManyElements, false
	}
	it.value.Kind, it.children = kind, int(n)*width
	return 0, true
}

// parseScalar reads the values that are a single line.
func parseScalar(kind byte, text []byte) (v Value, ok bool) {
	switch kind {
	case ':':
		number, ok := ParseInteger(bytes.TrimPrefix(text, []byte("+")))
		return Value{Kind: KindInteger, Int: number}, ok && !bytes.HasPrefix(text, []byte("+-"))
	case ',':
		//float: what a client reads; no decision of a node rests on it
		number, ok := parseDouble(text)
		//float: the same
		return Value{Kind: KindDouble, Str: text, Double: number}, ok
	case '(':
		return Value{Kind: KindBigNumber, Str: text}, isBigNumber(text)
	case '_':
		return Value{Kind: KindNull}, len(text) == 0
	case '#':
		v = Value{Kind: KindBool}
		if string(text) == "t" {
			v.Int = 1
		}
		return v, v.Int == 1 || string(text) == "f"
	}
	return Value{}, false
}

// parseDouble reads a decimal number or one of "inf", "-inf", "nan"; not what else ParseFloat would take.
//
// float: what a client reads; no decision of a node rests on it
func parseDouble(text []byte) (float64, bool) {
	switch string(text) {
	case "inf", "+inf":
		return math.Inf(1), true
	case "-inf":
		return math.Inf(-1), true
	case "nan", "-nan":
		return math.NaN(), true
	}
	if len(bytes.Trim(text, "0123456789+-.eE")) > 0 {
		return 0, false
	}
	number, err := strconv.ParseFloat(string(text), 64)
	return number, err == nil
}

// isBigNumber reports whether text is digits, behind a sign or not.
func isBigNumber(text []byte) bool {
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	for _, digit := range text {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	return len(text) > 0
}

// builder makes the values of a reply that is whole and was checked.
type builder struct {
	data []byte
	at   int
	// elements is memory for as many values as the reply has beside itself.
	elements []Value
}

// value builds the value at b.at. Its recursion is as deep as the reply, which the limits bound.
func (b *builder) value() (v Value) {
	if size := quickValue(b.data[b.at:], &v); size > 0 {
		b.at += size
		return v
	}
	end := b.at + bytes.IndexByte(b.data[b.at:], '\r')
	var it item
	if kind, ok := it.parse(b.data[b.at:end:end]); !ok {
		panic("resp: checked reply has a " + kind.String() + ": " + strconv.Quote(string(b.data[b.at:end])))
	}
	b.at += it.line
	return b.whole(&it)
}

// whole builds the value of an item from it and from what is behind its line, at b.at.
func (b *builder) whole(it *item) Value {
	v := it.value
	switch {
	case it.attribute:
		attributes := b.values(it.children - 1)
		v = b.value()
		v.Attributes = append(attributes, v.Attributes...)
	case it.hasString:
		end := b.at + int(it.length)
		v.Str = b.data[b.at:end:end]
		b.at = end + lineEnd
		if v.Kind == KindVerbatim {
			v.Format, v.Str = string(v.Str[:verbatimFormat]), v.Str[verbatimFormat+1:]
		}
	default:
		v.Array = b.values(it.children)
	}
	return v
}

// values builds n values; nil for none.
func (b *builder) values(n int) []Value {
	if n == 0 {
		return nil
	}
	values := b.elements[:n:n]
	b.elements = b.elements[n:]
	for i := range values {
		values[i] = b.value()
	}
	return values
}
