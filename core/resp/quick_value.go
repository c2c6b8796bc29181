package resp

// Most replies, and most elements of others, are short and plain. These are read here in one go; the general path judges
// whatever is unusual about a value, from its start. So what quickValue accepts, the general path would accept as well.

// quickValue reads the value at the start of buf into v. It returns its size, or 0 if it needs a closer look.
func quickValue(buf []byte, v *Value) (size int) {
	if len(buf) < 1+lineEnd {
		return 0
	}
	switch buf[0] {
	case '$':
		return quickBulk(buf, v)
	case '+', ':':
		end := shortLine(buf)
		if end == 0 {
			return 0
		}
		text := buf[1:end:end]
		if buf[0] == '+' {
			*v = Value{Kind: KindSimple, Str: text}
			return end + lineEnd
		}
		number, ok := ParseInteger(text)
		if !ok {
			return 0
		}
		*v = Value{Kind: KindInteger, Int: number}
		return end + lineEnd
	case '_':
		if buf[1] == '\r' && buf[2] == '\n' {
			*v = Value{Kind: KindNull}
			return 1 + lineEnd
		}
	}
	return 0
}

// quickBulk reads a bulk string, or RESP2's null.
func quickBulk(buf []byte, v *Value) (size int) {
	length, line := shortNumber('$', buf)
	if line == 0 {
		const null = "$-1\r\n"
		if len(buf) < len(null) || string(buf[:len(null)]) != null {
			return 0
		}
		*v = Value{Kind: KindNull}
		return len(null)
	}
	end := line + length
	if buf[line-1] != '\n' || len(buf)-end < lineEnd || buf[end] != '\r' || buf[end+1] != '\n' {
		return 0
	}
	*v = Value{Kind: KindBulk, Str: buf[line:end:end]}
	return end + lineEnd
}

// shortLine returns where the CRLF of a short line begins that has no other control characters, or 0.
func shortLine(buf []byte) (end int) {
	const longest = 24
	for i := 1; i < min(len(buf)-1, longest); i++ {
		if buf[i] >= ' ' {
			continue
		}
		if buf[i] == '\r' && buf[i+1] == '\n' {
			return i
		}
		return 0
	}
	return 0
}

// allowShort reports whether no limit is so tight that a short line or string could be beyond it.
func (l *ReplyLimits) allowShort() bool { return l.MaxLine == 0 && l.MaxBulk == 0 }
