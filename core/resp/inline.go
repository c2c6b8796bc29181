package resp

// inline reads a request that is a line of words. It is looked for from the start of buf: p.at stays 0.
func (p *Parser) inline(args [][]byte, buf []byte, limits Limits) (
	extended [][]byte, complete bool, size int, failure *ProtocolError) {
	end, found := p.find('\n', buf, limits)
	switch {
	case !found && len(buf) > limits.MaxInline:
		return nil, false, 0, &ProtocolError{Kind: TooBigInline}
	case !found:
		return nil, false, 0, nil
	}
	line := buf[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	s := splitter{line: line, args: args}
	if !s.split() {
		return nil, false, 0, &ProtocolError{Kind: UnbalancedQuotes}
	}
	return s.args, true, end + 1, nil
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
	args [][]byte // the words: bare ones alias line, those with quotes text
	// text has the words with quotes, behind each other. All of them share one array, made at the first quote: one for
	// each would let a line of tiny words cost its length squared.
	text []byte
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
		if !s.word() {
			return false
		}
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
	start := s.at
	for {
		switch s.peek(0) {
		case 0, ' ', '\n', '\r', '\t': // not \v and \f, which separate words only in front of one
			s.args = append(s.args, s.line[start:s.at:s.at])
			return true
		case '"', '\'':
			return s.quotedWord(start)
		}
		s.at++
	}
}

// quotedWord reads the rest of the word that began at start and has come to its quote.
func (s *splitter) quotedWord(start int) (balanced bool) {
	if s.text == nil {
		s.text = make([]byte, 0, len(s.line)-start) // no word is longer than what it was written as
	}
	textStart, quote := len(s.text), s.peek(0)
	s.text = append(s.text, s.line[start:s.at]...)
	s.at++
	if quote == '"' {
		balanced = s.doubleQuoted()
	} else {
		balanced = s.singleQuoted()
	}
	s.args = append(s.args, s.text[textStart:len(s.text):len(s.text)])
	return balanced
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
