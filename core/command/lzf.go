package command

import "math"

// LZF is the compression of strings in RDB payloads. A compressed text is a sequence of
//
//	000nnnnn  n+1 bytes                 n+1 bytes as they are (1 to 32)
//	lllddddd  dddddddd                  l+2 bytes (3 to 8) that were d+1 bytes before
//	111ddddd  llllllll dddddddd         l+9 bytes (9 to 264) that were d+1 bytes before
//
// Source: Lehmann, LibLZF, http://oldhome.schmorp.de/marc/liblzf.html. The compressor makes the same choices as that
// library with Redis's settings, so that payloads are the same byte for byte.
const (
	lzfMaxLiterals = 32
	lzfMaxMatch    = 264
	lzfMaxDistance = 1 << 13
	lzfMinMatch    = 3
	// lzfMaxRatio bounds how many bytes a compressed byte can stand for: a match of 264 takes three.
	lzfMaxRatio = lzfMaxMatch / 3
	lzfHashBits = 16
)

// lzfCompressor remembers where each hash of three bytes was seen last. It can be used again and again.
type lzfCompressor struct {
	// seen holds positions plus base; what is not above base was left by an earlier text.
	seen [1 << lzfHashBits]uint32
	base uint32
}

// lzfHash hashes the three bytes at the start of text.
func lzfHash(text []byte) uint16 {
	h := uint32(text[0])<<16 | uint32(text[1])<<8 | uint32(text[2])
	return uint16(h>>(24-lzfHashBits) - h*5)
}

// note records the position and returns the one recorded before for the same hash. The position 0 is as good as none.
func (z *lzfCompressor) note(text []byte, position int) (before int) {
	slot := &z.seen[lzfHash(text[position:])]
	if *slot > z.base {
		before = int(*slot - z.base)
	}
	*slot = z.base + uint32(position)
	return before
}

// lzfOutput is a compressed text as it grows. Its last run of literals is open: its length is yet to be written.
type lzfOutput struct {
	bytes []byte
	// literals is the length of the open run, whose length byte is at bytes[len-literals-1].
	literals int
}

func (o *lzfOutput) literal(b byte) {
	o.bytes = append(o.bytes, b)
	o.literals++
	if o.literals == lzfMaxLiterals {
		o.closeRun()
		o.openRun()
	}
}

func (o *lzfOutput) openRun() {
	o.bytes = append(o.bytes, 0)
	o.literals = 0
}

// closeRun writes the length of the open run, or takes it back if it is empty.
func (o *lzfOutput) closeRun() {
	start := len(o.bytes) - o.literals - 1
	if o.literals == 0 {
		o.bytes = o.bytes[:start]
		return
	}
	o.bytes[start] = byte(o.literals - 1)
}

func (o *lzfOutput) match(distance, length int) {
	o.closeRun()
	high, code := byte((distance-1)>>8), length-2
	if code < 7 {
		o.bytes = append(o.bytes, high|byte(code<<5))
	} else {
		o.bytes = append(o.bytes, high|7<<5, byte(code-7))
	}
	o.bytes = append(o.bytes, byte(distance-1))
	o.openRun()
}

// compress returns the compressed text, or false if that would take more than limit bytes, or nearly so: like the library,
// it gives up when it might run out of room.
func (z *lzfCompressor) compress(text []byte, limit int) ([]byte, bool) {
	if uint64(z.base)+uint64(len(text)) > math.MaxUint32 {
		*z = lzfCompressor{}
	}
	defer func() { z.base += uint32(len(text)) }() // forgets what was seen of this text
	out := lzfOutput{bytes: make([]byte, 0, limit+4)}
	out.openRun()
	i := 0
	for i < len(text)-2 {
		before := z.note(text, i)
		length := matchLength(text, before, i)
		if length == 0 {
			if len(out.bytes) >= limit {
				return nil, false
			}
			out.literal(text[i])
			i++
			continue
		}
		if len(out.bytes)+4 >= limit {
			return nil, false
		}
		out.match(i-before, length)
		i += length
		if i >= len(text)-2 {
			break
		}
		// Of the positions within the match only the last two are noted.
		z.note(text, i-2)
		z.note(text, i-1)
	}
	if len(out.bytes)+3 > limit {
		return nil, false
	}
	for ; i < len(text); i++ {
		out.literal(text[i])
	}
	out.closeRun()
	return out.bytes, true
}

// matchLength returns how many bytes from position on are the same as those from before on, as far as a match can say so,
// or 0 if there is no match.
func matchLength(text []byte, before, position int) int {
	if before == 0 || position-before > lzfMaxDistance {
		return 0
	}
	if string(text[before:before+lzfMinMatch]) != string(text[position:position+lzfMinMatch]) {
		return 0
	}
	// The last two bytes stay literals, except that the library compares the first 19 bytes without looking at the end.
	const unchecked = 19
	most := min(lzfMaxMatch, len(text)-position-2)
	switch {
	case most > unchecked-3:
		most = max(most, unchecked)
	default:
		most = max(most, lzfMinMatch)
	}
	length := lzfMinMatch
	for length < most && text[before+length] == text[position+length] {
		length++
	}
	return length
}

// decompressLZF returns the text of a length that is known beforehand, or false if it is another or the bytes are no
// compressed text. It allocates no more than the compressed bytes can stand for.
func decompressLZF(compressed []byte, length int) ([]byte, bool) {
	if length > len(compressed)*lzfMaxRatio {
		return nil, false
	}
	text := make([]byte, 0, length)
	for len(compressed) > 0 {
		control := int(compressed[0])
		compressed = compressed[1:]
		if control < lzfMaxLiterals {
			run := control + 1
			if run > len(compressed) || run > length-len(text) {
				return nil, false
			}
			text = append(text, compressed[:run]...)
			compressed = compressed[run:]
			continue
		}
		size := control>>5 + 2
		if size == 7+2 {
			if len(compressed) == 0 {
				return nil, false
			}
			size += int(compressed[0])
			compressed = compressed[1:]
		}
		if len(compressed) == 0 {
			return nil, false
		}
		start := len(text) - (control&0x1f<<8 | int(compressed[0])) - 1
		compressed = compressed[1:]
		if start < 0 || size > length-len(text) {
			return nil, false
		}
		for range size { // the match may overlap what it makes
			text = append(text, text[start])
			start++
		}
	}
	return text, len(text) == length
}
