package resp

import "slices"

// Nearly all requests are small, plain, and wholly there when Next is first called. For those this is one loop instead of
// the general path's steps, in about half of the time. Whatever is unusual about a request, quick leaves alone: the general
// path judges it from its start. So what quick accepts, the general path would accept as well.

// quickArguments bounds the work that is done twice for a request that turns out to be incomplete.
const quickArguments = 64

// quick reads the request at the start of buf and appends its arguments. It returns its size, or 0 if it needs a closer look.
func (p *Parser) quick(args [][]byte, buf []byte) (extended [][]byte, size int) {
	count, at := shortNumber('*', buf)
	if count == 0 || count > quickArguments || !p.mayBeQuick(count) {
		return nil, 0
	}
	extended = slices.Grow(args, count)[:len(args)+count]
	places := extended[len(args):]
	if size = p.quickArguments(places, buf, at); size == 0 {
		clear(places)
		return nil, 0
	}
	return extended, size
}

// quickArguments reads the arguments that begin at a place of buf, and returns where the last one ends, or 0 if they need a closer
// look.
func (p *Parser) quickArguments(places [][]byte, buf []byte, at int) (end int) {
	for i := range places {
		length, line := shortNumber('$', buf[at:])
		start := at + line
		end := start + length
		if line == 0 || len(buf)-start < length+lineEnd || p.Limits.MaxBulk != 0 && length > p.Limits.MaxBulk {
			return 0
		}
		places[i] = buf[start:end:end]
		at = end + lineEnd
	}
	return at
}

// mayBeQuick reports whether the parser is at the start of a request, and one of so many arguments is within the limits.
func (p *Parser) mayBeQuick(count int) bool {
	return p.missing == 0 && p.at == 0 && !p.unauthenticated && p.failed == nil && p.Limits.allowShort(count)
}

// allowShort reports whether a request of so many arguments, and lines as long as shortNumber reads, are within the limits.
func (l *Limits) allowShort(arguments int) bool {
	return (l.MaxInline == 0 || l.MaxInline >= longestShort) && (l.MaxArguments == 0 || arguments <= l.MaxArguments)
}

// longestShort is the longest line that shortNumber reads: a type byte, six digits and the line's end.
const longestShort = 1 + 6 + lineEnd

// shortNumber reads the line of a type byte and a short number without sign or leading zero. Size includes the line's end;
// it is 0 if the line is of any other form or not all there.
func shortNumber(kind byte, line []byte) (n, size int) {
	if len(line) < 3+lineEnd { // the last line of a request has at least the end of its argument behind it
		return 0, 0
	}
	// Most numbers have one digit or two, and are read without a loop.
	first, second := line[1]-'0', line[2]-'0'
	switch {
	case line[0] != kind || first > 9:
		return 0, 0
	case line[2] == '\r':
		return int(first), 2 + lineEnd
	case first == 0 || second > 9:
		return 0, 0
	case line[3] == '\r':
		return int(first)*10 + int(second), 3 + lineEnd
	}
	return longerNumber(int(first)*10+int(second), line)
}

// longerNumber reads on behind the first two digits, whose value is n.
func longerNumber(n int, line []byte) (_, size int) {
	for i := 3; i < min(len(line), longestShort)-1; i++ {
		digit := line[i] - '0'
		if digit > 9 {
			if line[i] == '\r' {
				return n, i + lineEnd
			}
			return 0, 0
		}
		n = n*10 + int(digit)
	}
	return 0, 0
}
