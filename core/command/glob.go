package command

// globMatch reports whether text matches a glob-style pattern, as Redis's stringmatchlen does:
//
//	?         one byte                      [abc] [a-z] [^a]   one byte of (not of) a set
//	*         any bytes, also none          \x                 the byte x itself
//
// An unclosed set ends with the pattern, a range may be given in either order, and an empty text matches only the empty
// pattern, not even "*". The time is at most proportional to the product of the lengths: behind a "*" that has matched,
// an earlier one is never tried again, since the later one can match all that it could.
func globMatch(pattern, text []byte, ignoreCase bool) bool {
	if len(text) == 0 {
		return len(pattern) == 0
	}
	p, t := 0, 0
	star, starText := -1, 0 // the last '*' in the pattern, and where in the text what follows it is tried
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, starText = p, t
			p++
			continue
		}
		if p < len(pattern) {
			if size, ok := matchOne(pattern[p:], text[t], ignoreCase); ok {
				p += size
				t++
				continue
			}
		}
		if star < 0 {
			return false
		}
		starText++
		p, t = star+1, starText
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches one byte with the element at the start of the pattern, which is not a '*', and returns the element's
// size.
func matchOne(pattern []byte, c byte, ignoreCase bool) (size int, ok bool) {
	switch {
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '[':
		return matchSet(pattern, c, ignoreCase)
	case pattern[0] == '\\' && len(pattern) >= 2:
		return 2, fold(pattern[1], ignoreCase) == fold(c, ignoreCase)
	}
	return 1, fold(pattern[0], ignoreCase) == fold(c, ignoreCase)
}

// matchSet matches a byte with the set at the start of the pattern.
func matchSet(pattern []byte, c byte, ignoreCase bool) (size int, ok bool) {
	i := 1
	negated := i < len(pattern) && pattern[i] == '^'
	if negated {
		i++
	}
	matched := false
	for i < len(pattern) && pattern[i] != ']' {
		switch rest := pattern[i:]; {
		case rest[0] == '\\' && len(rest) >= 2:
			matched = matched || rest[1] == c // an escaped byte is itself in one case only
			i += 2
		case len(rest) >= 3 && rest[1] == '-':
			first, last := min(rest[0], rest[2]), max(rest[0], rest[2])
			folded := fold(c, ignoreCase)
			matched = matched || fold(first, ignoreCase) <= folded && folded <= fold(last, ignoreCase)
			i += 3
		default:
			matched = matched || fold(rest[0], ignoreCase) == fold(c, ignoreCase)
			i++
		}
	}
	// An unclosed set has no bracket to step over.
	return min(i+1, len(pattern)), matched != negated
}

func fold(c byte, ignoreCase bool) byte {
	if ignoreCase {
		return lower(c)
	}
	return c
}
