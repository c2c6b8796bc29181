package resp

import (
	"bytes"
	"fmt"
	"math"
)

// ReplyLimits bounds a reply. A field that is 0 stands for its default.
type ReplyLimits struct {
	MaxBulk     int // bytes of one string; default 512 MiB
	MaxLine     int // bytes of a line without its CRLF: a simple string, an error, a number; default 64 KiB
	MaxElements int // values in one reply, on all levels together; default 1024·1024
	MaxDepth    int // levels of arrays, maps, …; default 32
}

const (
	defaultMaxElements = 1024 * 1024
	defaultMaxDepth    = 32
)

// withDefaults returns the limits with the defaults filled in.
func (l ReplyLimits) withDefaults() ReplyLimits {
	if l.MaxBulk == 0 {
		l.MaxBulk = defaultMaxBulk
	}
	if l.MaxLine == 0 {
		l.MaxLine = defaultMaxInline
	}
	if l.MaxElements == 0 {
		l.MaxElements = defaultMaxElements
	}
	if l.MaxDepth == 0 {
		l.MaxDepth = defaultMaxDepth
	}
	l.MaxBulk = min(l.MaxBulk, math.MaxInt-lineEnd) // so that no sum overflows where int has 32 bits
	return l
}

// ValueParser reads the replies of one connection, RESP2 and RESP3. The zero value is ready.
//
// It goes over a reply twice. The first pass only finds its end: it counts, allocates nothing, and goes on where the last
// call stopped. The second builds the values once all bytes are there, so nothing is allocated on the word of a count. A reply
// of a single value is known after the first, and if it is short and plain at once.
type ValueParser struct {
	Limits ReplyLimits

	failed *ReplyError
	at     int // the first pass has seen everything before
	// scanned is where the search for a line's end goes on. Invariant: at <= scanned.
	scanned  int
	elements int // values announced so far, the reply itself not counted
	// open has, for each aggregate that has begun and not ended, the number of values that it lacks.
	// Invariant: none is 0.
	open []int
	// elementMemory is that of the elements of replies.
	elementMemory []Value
}

// ReadValue reads the reply at the start of buf, as ValueParser.Next does, without a memory of earlier calls.
func ReadValue(buf []byte, limits ReplyLimits) (v Value, n int, err error) {
	p := ValueParser{Limits: limits}
	return p.Next(buf)
}

// Next reads the reply at the start of buf. It has three outcomes:
//
//   - n > 0: the reply took buf[:n], which it aliases. Its elements are valid until the next call.
//   - n == 0, no error: the reply is incomplete. Call again with the same bytes and more behind them; they may have moved to
//     another array.
//   - a *ReplyError: close the connection. Every further call returns it again.
func (p *ValueParser) Next(buf []byte) (v Value, n int, err error) {
	if p.failed != nil {
		return Value{}, 0, p.failed
	}
	if len(buf) < p.scanned {
		panic(fmt.Sprintf("resp: %d bytes, of which %d were seen before", len(buf), p.scanned))
	}
	if p.scanned == 0 && p.Limits.allowShort() {
		if n = quickValue(buf, &v); n > 0 {
			return v, n, nil
		}
	}
	limits := p.Limits.withDefaults()
	var it item
	start, failure := p.findEnd(buf, limits, &it)
	if failure != nil {
		p.failed = failure
		return Value{}, 0, failure
	}
	if start < 0 {
		return Value{}, 0, nil
	}
	n = p.at
	b := builder{data: buf[:n:n], elements: p.memoryFor(p.elements)}
	p.at, p.scanned, p.elements = 0, 0, 0
	if start == 0 {
		b.at = it.line
		v = b.whole(&it)
	} else {
		v = b.value()
	}
	if b.at != n {
		panic(fmt.Sprintf("resp: a reply of %d bytes was built from %d", n, b.at))
	}
	return v, n, nil
}

// findEnd moves p.at to the end of the reply, as far as the bytes go. It returns the last item, and where that starts, or -1 if
// the reply is not complete.
func (p *ValueParser) findEnd(buf []byte, limits ReplyLimits, it *item) (start int, failure *ReplyError) {
	for {
		size, failure := p.item(buf, limits, it)
		if size == 0 {
			return -1, failure
		}
		if it.children > 0 {
			if failure := p.enter(it.children, limits); failure != nil {
				return -1, failure
			}
		}
		start = p.at
		p.at += size
		p.scanned = p.at
		if it.children == 0 && p.leave() {
			return start, nil
		}
	}
}

// keptElements is for how many elements memory is kept from one reply to the next.
const keptElements = 1024

// memoryFor returns memory for so many elements.
func (p *ValueParser) memoryFor(elements int) []Value {
	if elements > keptElements {
		return make([]Value, elements)
	}
	if len(p.elementMemory) < elements {
		p.elementMemory = make([]Value, elements)
	}
	return p.elementMemory[:elements]
}

// enter begins an aggregate.
func (p *ValueParser) enter(children int, limits ReplyLimits) *ReplyError {
	switch {
	case children > limits.MaxElements-p.elements:
		return &ReplyError{Kind: TooManyElements, Offset: p.at}
	case len(p.open) >= limits.MaxDepth:
		return &ReplyError{Kind: TooDeep, Offset: p.at}
	}
	p.elements += children
	p.open = append(p.open, children)
	return nil
}

// leave ends a value, and the aggregates of which it was the last one. It reports whether that was the whole reply.
func (p *ValueParser) leave() (whole bool) {
	for last := len(p.open) - 1; last >= 0; last-- {
		p.open[last]--
		if p.open[last] > 0 {
			return false
		}
		p.open = p.open[:last]
	}
	return true
}

// item reads the line at p.at and checks the string behind it, if it announces one. Size is the bytes of both; it is 0 if there
// is a failure, or if that much has not arrived.
func (p *ValueParser) item(buf []byte, limits ReplyLimits, it *item) (size int, failure *ReplyError) {
	if p.scanned == p.at && p.Limits.allowShort() {
		if size = quickValue(buf[p.at:], &it.value); size > 0 {
			it.line, it.children, it.hasString, it.attribute = size, 0, false, false
			return size, nil
		}
	}
	line, failure := p.line(buf, limits)
	if line == nil {
		return 0, failure
	}
	if kind, ok := it.parse(line); !ok {
		return 0, &ReplyError{Kind: kind, Offset: p.at}
	}
	if !it.hasString {
		return it.line, nil
	}
	if it.length > int64(limits.MaxBulk) {
		return 0, &ReplyError{Kind: BulkTooLong, Offset: p.at}
	}
	length := int(it.length)
	rest := buf[p.at+it.line:]
	switch {
	case len(rest) < length+lineEnd:
		return 0, nil
	case rest[length] != '\r' || rest[length+1] != '\n':
		return 0, &ReplyError{Kind: Unterminated, Offset: p.at}
	case it.value.Kind == KindVerbatim && rest[verbatimFormat] != ':':
		return 0, &ReplyError{Kind: MalformedLine, Offset: p.at}
	}
	return it.line + length + lineEnd, nil
}

// line returns the line at p.at without its CRLF, or nil if it has not arrived.
func (p *ValueParser) line(buf []byte, limits ReplyLimits) ([]byte, *ReplyError) {
	if p.at < len(buf) && !startsReply(buf[p.at]) {
		return nil, &ReplyError{Kind: UnknownType, Offset: p.at}
	}
	newline := bytes.IndexByte(buf[p.scanned:], '\n')
	if newline < 0 {
		p.scanned = len(buf)
		if len(buf)-p.at-1 > limits.MaxLine { // one byte may be the CR
			return nil, &ReplyError{Kind: LineTooLong, Offset: p.at}
		}
		return nil, nil
	}
	end := p.scanned + newline
	p.scanned = end
	switch line := buf[p.at:end]; {
	case len(line)-1 > limits.MaxLine:
		return nil, &ReplyError{Kind: LineTooLong, Offset: p.at}
	case len(line) < 2 || bytes.IndexByte(line, '\r') != len(line)-1:
		return nil, &ReplyError{Kind: MalformedLine, Offset: p.at}
	default:
		return line[: len(line)-1 : len(line)-1], nil
	}
}
