package resp

import (
	"bytes"
	"fmt"
	"strings"
)

// naiveParse is the dumb twin of Parser: it looks at the whole request each time, in the order of the protocol's text.
// Size 0 without an error means that the request is incomplete.
func naiveParse(buf []byte, limits Limits, unauthenticated bool) (args []string, size int, failure string) {
	limits = limits.withDefaults()
	if len(buf) == 0 {
		return nil, 0, ""
	}
	if buf[0] != '*' {
		end := bytes.IndexByte(buf, '\n')
		if nul := bytes.IndexByte(buf, 0); nul >= 0 && nul < end || end > limits.MaxInline {
			end = -1
		}
		if end < 0 {
			if len(buf) > limits.MaxInline {
				return nil, 0, "too big inline request"
			}
			return nil, 0, ""
		}
		args, ok := naiveSplit(strings.TrimSuffix(string(buf[:end]), "\r"))
		if !ok {
			return nil, 0, "unbalanced quotes in request"
		}
		return args, end + 1, ""
	}
	count, at, failure := naiveLine(buf, 0, limits, "too big mbulk count string")
	if at == 0 {
		return nil, 0, failure
	}
	n, ok := naiveInteger(count[1:])
	switch {
	case !ok || n > int64(limits.MaxArguments):
		return nil, 0, "invalid multibulk length"
	case n > 10 && unauthenticated:
		return nil, 0, "unauthenticated multibulk length"
	}
	for ; n > 0; n-- {
		line, next, failure := naiveLine(buf, at, limits, "too big bulk count string")
		if next == 0 {
			return nil, 0, failure
		}
		if !strings.HasPrefix(line, "$") {
			got := strings.NewReplacer("\r", " ", "\n", " ").Replace(string(buf[at : at+1]))
			return nil, 0, fmt.Sprintf("expected '$', got '%s'", got)
		}
		length, ok := naiveInteger(line[1:])
		switch {
		case !ok || length < 0 || length > int64(limits.MaxBulk):
			return nil, 0, "invalid bulk length"
		case length > 16384 && unauthenticated:
			return nil, 0, "unauthenticated bulk length"
		case int64(len(buf)) < int64(next)+length+2:
			return nil, 0, ""
		}
		args = append(args, string(buf[next:next+int(length)]))
		at = next + int(length) + 2
	}
	return args, at, ""
}

// naiveLine returns the line at the place given and where the next one starts; 0 if there is none.
func naiveLine(buf []byte, at int, limits Limits, tooLong string) (line string, next int, failure string) {
	end := bytes.IndexAny(buf[at:], "\r\x00")
	if end > limits.MaxInline || end < 0 || buf[at+end] == 0 {
		if len(buf)-at > limits.MaxInline {
			return "", 0, tooLong
		}
		return "", 0, ""
	}
	if at+end+2 > len(buf) {
		return "", 0, ""
	}
	return string(buf[at : at+end]), at + end + 2, ""
}

// naiveSplit cuts a line into words with one table of states: outside words, in a bare part, in each kind of quotes,
// behind a backslash in them, and behind a closing quote.
func naiveSplit(line string) (words []string, balanced bool) {
	const (
		outside = iota
		bare
		double
		doubleEscape
		single
		closed
	)
	state, word := outside, []byte(nil)
	finish := func() {
		words = append(words, string(word))
		state, word = outside, nil
	}
	for i := 0; i < len(line); i++ {
		b := line[i]
		space := strings.IndexByte(" \t\n\v\f\r", b) >= 0
		if state == outside && !space {
			state = bare
		}
		switch state {
		case bare:
			switch {
			case strings.IndexByte(" \t\n\r", b) >= 0:
				finish()
			case b == '"':
				state = double
			case b == '\'':
				state = single
			default:
				word = append(word, b)
			}
		case double:
			switch {
			case b == '"':
				state = closed
			case b == '\\' && i+1 < len(line):
				state = doubleEscape
			default:
				word = append(word, b)
			}
		case doubleEscape:
			state = double
			var value byte
			if b == 'x' && i+2 < len(line) {
				if n, err := fmt.Sscanf(strings.ToLower(line[i+1:i+3])+" ", "%02x ", &value); n == 1 && err == nil &&
					strings.Trim(strings.ToLower(line[i+1:i+3]), "0123456789abcdef") == "" {
					word = append(word, value)
					i += 2
					continue
				}
			}
			if at := strings.IndexByte("nrtba", b); at >= 0 {
				b = "\n\r\t\b\a"[at]
			}
			word = append(word, b)
		case single:
			switch {
			case b == '\'':
				state = closed
			case b == '\\' && i+1 < len(line) && line[i+1] == '\'':
				word = append(word, '\'')
				i++
			default:
				word = append(word, b)
			}
		case closed:
			if !space {
				return nil, false
			}
			finish()
		}
	}
	switch state {
	case double, doubleEscape, single:
		return nil, false
	case bare, closed:
		finish()
	}
	return words, true
}
