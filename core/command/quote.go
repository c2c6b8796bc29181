package command

import "strconv"

// appendSeconds appends Unix milliseconds as seconds with six decimals.
func appendSeconds(dst []byte, wall int64) []byte {
	dst = strconv.AppendInt(dst, wall/1000, 10)
	dst = append(dst, '.')
	for _, unit := range [...]int64{100, 10, 1} {
		dst = append(dst, byte('0'+wall%1000/unit%10))
	}
	return append(dst, "000"...)
}

// appendQuoted appends text in double quotes, with what is not printable ASCII escaped as Redis does it.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, b := range text {
		switch {
		case b == '\\' || b == '"':
			dst = append(dst, '\\', b)
		case b == '\n':
			dst = append(dst, `\n`...)
		case b == '\r':
			dst = append(dst, `\r`...)
		case b == '\t':
			dst = append(dst, `\t`...)
		case b == '\a':
			dst = append(dst, `\a`...)
		case b == '\b':
			dst = append(dst, `\b`...)
		case b >= ' ' && b <= '~':
			dst = append(dst, b)
		default:
			dst = append(dst, '\\', 'x', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"
