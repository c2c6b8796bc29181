package resp

import "slices"

// inline reads a request that is a line of words. It is looked for from the start of buf: p.at stays 0.
func (p *Parser) inline(buf []byte, limits Limits) (complete bool, size int, failure *ProtocolError) {
	end, found := p.find('\n', buf, limits)
	switch {
	case !found && len(buf) > limits.MaxInline:
		return false, 0, &ProtocolError{Kind: TooBigInline}
	case !found:
		return false, 0, nil
	}
	line := buf[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	s := splitter{
		line: line,
		text: slices.Grow(p.text[:0], len(line)),
		args: p.args,
	}
	balanced := s.split()
	p.text, p.args = s.text, s.args
	if !balanced {
		return false, 0, &ProtocolError{Kind: UnbalancedQuotes}
	}
	return true, end + 1, nil
}

// splitter cuts a line into words as redis-cli and the configuration file do (Redis's sdssplitargs):
//
//	word          bytes up to a blank or a quote; a quote starts the quoted part, which also ends the word
//	"…"           \n \r \t \b \a, \xHH, and a backslash before any other byte stands for that byte
//	'…'           \' only
//
// A closing quote must be followed by a blank or the end of the line.
type splitter struct {
	line []byte // Invariant: without NUL, which stands for the end of the line here as it does in C.
	at   int
	// text has the words' bytes without their quotes.
	// Invariant: it never outgrows its array, since no word is longer than what it was written as; args alias it.
	text []byte
	args [][]byte
}

// split appends the words to args. It reports false if the quotes are unbalanced.
func (s *splitter) split() (balanced bool) {
	for {
		for isSpace(s.peek(0)) {
			s.at++
		}
		if s.peek(0) == 0 {
			return true
		}
		start := len(s.text)
		if !s.word() {
			return false
		}
		s.args = append(s.args, s.text[start:len(s.text):len(s.text)])
	}
}

// peek returns the byte that is ahead by so many, 0 beyond the end.
func (s *splitter) peek(ahead int) byte {
	if s.at+ahead < len(s.line) {
		return s.line[s.at+ahead]
	}
	return 0
}

// word reads one word up to the blank or the end behind it.
func (s *splitter) word() (balanced bool) {
	for {
		b := s.peek(0)
		switch b {
		case 0, ' ', '\n', '\r', '\t': // not \v and \f, which separate words only in front of one
			return true
		}
		s.at++
		switch b {
		case '"':
			return s.doubleQuoted()
		case '\'':
			return s.singleQuoted()
		}
		s.text = append(s.text, b)
	}
}

// doubleQuoted reads up to and including the closing quote.
func (s *splitter) doubleQuoted() (balanced bool) {
	for {
		b := s.peek(0)
		s.at++
		switch {
		case b == 0:
			return false
		case b == '"':
			return s.closed()
		case b == '\\' && s.peek(0) == 'x' && isHexDigit(s.peek(1)) && isHexDigit(s.peek(2)):
			b = hexValue(s.peek(1))<<4 | hexValue(s.peek(2))
			s.at += 3
		case b == '\\': // at the end of the line it does not matter what it stands for: the quotes are open
			b = unescape(s.peek(0))
			s.at++
		}
		s.text = append(s.text, b)
	}
}

// singleQuoted reads up to and including the closing quote.
func (s *splitter) singleQuoted() (balanced bool) {
	for {
		b := s.peek(0)
		s.at++
		switch {
		case b == 0:
			return false
		case b == '\'':
			return s.closed()
		case b == '\\' && s.peek(0) == '\'':
			b = '\''
			s.at++
		}
		s.text = append(s.text, b)
	}
}

// closed reports whether what follows a closing quote may follow it.
func (s *splitter) closed() bool {
	next := s.peek(0)
	return next == 0 || isSpace(next)
}

// unescape returns what a backslash and b stand for between double quotes.
func unescape(b byte) byte {
	switch b {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return b
}

// isSpace is C's isspace in the C locale.
func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

func isHexDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// hexValue returns the value of a hexadecimal digit.
func hexValue(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b&^0x20 - 'A' + 10 // the bit that tells lower case from upper case is cleared
}
