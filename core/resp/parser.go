package resp

import (
	"fmt"
	"math"
)

// Limits bounds a request. A field that is 0 stands for Redis's default.
type Limits struct {
	MaxBulk      int // bytes of one argument; default 512 MiB (proto-max-bulk-len)
	MaxInline    int // bytes of an inline request, or of the line that holds a count or a length; default 64 KiB
	MaxArguments int // arguments of one request; default 2^31-1, as in Redis since 7.0
}

const (
	defaultMaxBulk      = 512 << 20
	defaultMaxInline    = 64 << 10
	defaultMaxArguments = math.MaxInt32

	// Before authentication a stranger may not make the server hold more than this.
	unauthenticatedMaxArguments = 10
	unauthenticatedMaxBulk      = 16384

	// Room for as many arguments stays with the parser from one request to the next. More is given back, since
	// otherwise each connection would hold on to what its largest request ever took.
	keptArguments = 1024

	lineEnd = 2 // bytes: CR LF, or whatever two bytes stand there
)

// withDefaults returns the limits with the defaults filled in.
func (l Limits) withDefaults() Limits {
	if l.MaxBulk == 0 {
		l.MaxBulk = defaultMaxBulk
	}
	if l.MaxInline == 0 {
		l.MaxInline = defaultMaxInline
	}
	if l.MaxArguments == 0 {
		l.MaxArguments = defaultMaxArguments
	}
	l.MaxBulk = min(l.MaxBulk, math.MaxInt-lineEnd) // so that no sum overflows where int has 32 bits
	return l
}

// Parser takes the requests of one connection apart. The zero value is ready, with Redis's default limits.
//
// It does not bound a whole request: arguments may be many and each large. Whoever keeps the bytes of an incomplete
// request bounds them (Redis's client-query-buffer-limit), since only he knows what he can afford.
type Parser struct {
	// Limits may be changed between calls; what has been accepted already stays accepted.
	Limits Limits

	unauthenticated bool
	failed          *ProtocolError // the connection's last word: nothing is parsed after it

	// The request in progress. Positions count from the start of the bytes that Next is given; they are numbers, not
	// slices, because those bytes may move between calls.
	at      int    // everything before it is parsed
	scanned int    // Invariant: at <= scanned; buf[at:scanned] holds no end of line.
	missing int    // arguments still to come; 0 between requests, and until the count has been read
	inBulk  bool   // whether the length of the next argument is known. Invariant: only if missing > 0.
	bulk    int    // that length
	wanted  int    // bytes that the argument lacked at the last call
	spans   []span // the arguments that are there, in order

	args [][]byte // returned by Next; kept to be used again
}

// span is an argument's place.
type span struct{ start, end int }

// SetAuthenticated lifts (true) or sets (false) the tighter limits that Redis has for connections that still have to
// authenticate. A new Parser has them lifted. It takes effect at the next count or length that is read, so a batch must
// not be parsed past an AUTH that has not been executed.
func (p *Parser) SetAuthenticated(authenticated bool) { p.unauthenticated = !authenticated }

// Needs returns how many bytes the argument in progress still wanted at the last call of Next, its CRLF included; 0 if its
// length was not known yet. A caller can size its buffer by it, but must not trust it: the number is the client's.
func (p *Parser) Needs() int { return p.wanted }

// Next reads the request at the start of buf. It has three outcomes:
//
//   - n > 0: a whole request took buf[:n]. The slice args is valid until the next call; the arguments themselves alias
//     buf (inline words with quotes have a fresh array), so they may be kept as long as its bytes stay.
//     There may be none (a blank line, a count of 0): that request gets no reply.
//   - n == 0, no error: the request is incomplete. Call again with the same bytes and more behind them; they may have
//     moved to another array.
//   - a *ProtocolError: answer with its text and close the connection. Every further call returns it again.
//
// A call allocates nothing unless the request has more arguments than those before, or quotes. A call with an empty buf
// between requests lets go of the array that the last arguments aliased.
func (p *Parser) Next(buf []byte) (args [][]byte, n int, err error) {
	p.release()
	args, n, err = p.AppendNext(p.args, buf)
	if n > 0 {
		p.args = args
	}
	return args, n, err
}

// AppendNext is Next for a caller who gathers the arguments of many requests: it appends them to args, which is the
// caller's.
func (p *Parser) AppendNext(args [][]byte, buf []byte) (extended [][]byte, n int, err error) {
	p.wanted = 0
	if extended, n = p.quick(args, buf); n > 0 {
		p.scanned = 0 // of a part of this request that came before
		return extended, n, nil
	}
	if len(buf) < p.scanned {
		panic(fmt.Sprintf("resp: %d bytes, of which %d were seen before", len(buf), p.scanned))
	}
	extended, complete, size, failure := p.advance(args, buf)
	switch {
	case failure != nil:
		p.failed = failure
		return nil, 0, failure
	case !complete:
		return nil, 0, nil
	}
	p.at, p.scanned, p.spans = 0, 0, p.spans[:0]
	if cap(p.spans) > keptArguments {
		p.spans = nil
	}
	return extended, size, nil
}

// release forgets the arguments of the last call, and memory that only an unusual request needs.
func (p *Parser) release() {
	clear(p.args)
	p.args = p.args[:0]
	if cap(p.args) > keptArguments && p.missing == 0 {
		p.args = nil
	}
}

// advance parses as far as the bytes go. With the request complete, its arguments are appended to args, and size is its
// length.
func (p *Parser) advance(args [][]byte, buf []byte) (extended [][]byte, complete bool, size int, failure *ProtocolError) {
	if p.failed != nil {
		return nil, false, 0, p.failed
	}
	limits := p.Limits.withDefaults()
	if p.missing == 0 {
		if len(buf) == 0 {
			return nil, false, 0, nil
		}
		if buf[0] != '*' {
			return p.inline(args, buf, limits)
		}
		if ok, failure := p.count(buf, limits); !ok {
			return nil, false, 0, failure
		}
	}
	for p.missing > 0 {
		if ok, failure := p.argument(buf, limits); !ok {
			return nil, false, 0, failure
		}
	}
	// Only now is buf the array that the caller will have: earlier parts of the request may have come in others.
	for _, s := range p.spans {
		args = append(args, buf[s.start:s.end:s.end])
	}
	return args, true, p.at, nil
}

// count reads the line "*n".
func (p *Parser) count(buf []byte, limits Limits) (ok bool, failure *ProtocolError) {
	n, ok, failure := p.number('*', buf, limits, TooBigMultibulkCount, InvalidMultibulkLength)
	switch {
	case !ok:
		return false, failure
	case n > int64(limits.MaxArguments):
		return false, &ProtocolError{Kind: InvalidMultibulkLength}
	case p.unauthenticated && n > unauthenticatedMaxArguments:
		return false, &ProtocolError{Kind: UnauthenticatedMultibulkLength}
	}
	p.missing = int(max(n, 0)) // with nothing missing the request is complete, and empty
	return true, nil
}

// argument reads one "$n" line, if its length is not known yet, and the bytes behind it.
func (p *Parser) argument(buf []byte, limits Limits) (ok bool, failure *ProtocolError) {
	if !p.inBulk {
		if ok, failure := p.length(buf, limits); !ok {
			return false, failure
		}
	}
	// The bytes themselves are not looked at, so waiting for a long argument costs this comparison per call.
	if left := len(buf) - p.at; left < p.bulk+lineEnd {
		p.wanted = p.bulk + lineEnd - left
		return false, nil
	}
	p.spans = append(p.spans, span{start: p.at, end: p.at + p.bulk})
	p.at += p.bulk + lineEnd
	p.scanned = p.at
	p.inBulk = false
	p.missing--
	return true, nil
}

// length reads the line "$n".
func (p *Parser) length(buf []byte, limits Limits) (ok bool, failure *ProtocolError) {
	n, ok, failure := p.number('$', buf, limits, TooBigBulkCount, InvalidBulkLength)
	switch {
	case !ok:
		return false, failure
	case n < 0 || n > int64(limits.MaxBulk):
		return false, &ProtocolError{Kind: InvalidBulkLength}
	case p.unauthenticated && n > unauthenticatedMaxBulk:
		return false, &ProtocolError{Kind: UnauthenticatedBulkLength}
	}
	p.inBulk, p.bulk = true, int(n)
	return true, nil
}

// number reads the line at p.at: the byte kind, which stands at the start of a request already, and an integer.
func (p *Parser) number(kind byte, buf []byte, limits Limits, tooLong, invalid ProtocolErrorKind) (
	n int64, ok bool, failure *ProtocolError) {
	line, ok, failure := p.line(buf, limits, tooLong)
	switch {
	case !ok:
		return 0, false, failure
	case len(line) == 0: // what stands where the '$' should is the line's CR
		return 0, false, &ProtocolError{Kind: ExpectedDollar, Got: '\r'}
	case line[0] != kind:
		return 0, false, &ProtocolError{Kind: ExpectedDollar, Got: line[0]}
	}
	if n, ok = ParseInteger(line[1:]); !ok {
		return 0, false, &ProtocolError{Kind: invalid}
	}
	return n, true, nil
}

// line returns the line at p.at without its CR and the byte behind it, and moves p.at past both. A line whose end does
// not come within the limit is a failure of the given kind.
func (p *Parser) line(buf []byte, limits Limits, kind ProtocolErrorKind) (line []byte, ok bool, failure *ProtocolError) {
	end, found := p.find('\r', buf, limits)
	switch {
	case found && end+lineEnd <= len(buf):
		line = buf[p.at:end]
		p.at = end + lineEnd
		p.scanned = p.at
		return line, true, nil
	case !found && len(buf)-p.at > limits.MaxInline:
		return nil, false, &ProtocolError{Kind: kind}
	}
	return nil, false, nil
}

// find returns the place of the first byte equal to end, from p.at on. Like the string functions that Redis uses it
// does not look past a NUL, nor past the longest line that is allowed. The next search goes on where this one stopped,
// so a line that trickles in byte by byte is still read once.
func (p *Parser) find(end byte, buf []byte, limits Limits) (place int, found bool) {
	bound := len(buf)
	if bound-p.at > limits.MaxInline {
		bound = p.at + limits.MaxInline + 1
	}
	for i := p.scanned; i < bound; i++ {
		if b := buf[i]; b == end || b == 0 {
			p.scanned = i
			return i, b == end
		}
	}
	p.scanned = bound
	return 0, false
}
