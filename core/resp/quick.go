package resp

// Nearly all requests are small, plain, and wholly there when Next is first called. For those this is one loop instead of
// the general path's steps, in about half of the time. Whatever is unusual about a request, quick leaves alone: the general
// path judges it from its start. So what quick accepts, the general path would accept as well.

// quickArguments bounds the work that is done twice for a request that turns out to be incomplete.
const quickArguments = 64

// quick reads the request at the start of buf into p.args. It returns its size, or 0 if it needs a closer look.
func (p *Parser) quick(buf []byte, limits Limits) (size int) {
	if p.at > 0 || p.unauthenticated || limits.MaxInline < longestShort {
		return 0
	}
	count, at := shortNumber('*', buf)
	if count == 0 || count > min(quickArguments, limits.MaxArguments) {
		return 0
	}
	args := p.args
	for range count {
		length, line := shortNumber('$', buf[at:])
		start := at + line
		if line == 0 || length > limits.MaxBulk || len(buf)-start < length+lineEnd {
			clear(args)
			return 0
		}
		end := start + length
		args = append(args, buf[start:end:end])
		at = end + lineEnd
	}
	p.args = args
	return at
}

// longestShort is the longest line that shortNumber reads: a type byte, six digits and the line's end.
const longestShort = 1 + 6 + lineEnd

// shortNumber reads the line of a type byte and a short number without sign or leading zero. Size includes the line's end;
// it is 0 if the line is of any other form or not all there.
func shortNumber(kind byte, line []byte) (n, size int) {
	line = line[:min(len(line), longestShort)]
	if len(line) < 2+lineEnd || line[0] != kind {
		return 0, 0
	}
	first := line[1] - '0'
	if line[2] == '\r' && first <= 9 {
		return int(first), 2 + lineEnd
	}
	if first == 0 || first > 9 {
		return 0, 0
	}
	n = int(first)
	for i := 2; i < len(line)-1; i++ {
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
