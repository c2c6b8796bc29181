package resp

import (
	"encoding/binary"
	"slices"
)

// Opening is how a request begins: up to where its second argument does. Clients send requests of few kinds, whose keys are of
// few lengths. So most requests begin, byte for byte, like one before:
//
//	*3\r\n$3\r\nSET\r\n$16\r\n | key:000000000042\r\n$5\r\nhello\r\n
//	└────── opening ─────────┘
//
// Whoever keeps the opening can have a request's beginning compared instead of parsed, and knows what command it is.
type Opening struct {
	// words are its first sixteen bytes and its last sixteen, which may overlap.
	words [openingWords]uint64
	// size is its length in bytes, count the number of the request's arguments.
	size, count int
	// name is where the first argument is, second the length of the other, longest no less than that of either.
	name            span
	second, longest int
}

const (
	openingWords = 4
	// An opening is compared as whole words. Nearly all are as long as that.
	minOpening, maxOpening = 16, 32
)

// NewOpening returns the opening of a request that Next has read. It reports false if the request is too unusual to have one.
func NewOpening(request []byte) (o Opening, ok bool) {
	count, line := shortNumber('*', request)
	if line == 0 || count < 2 || count > quickArguments {
		return Opening{}, false
	}
	length, nameLine := shortNumber('$', request[line:])
	o = Opening{count: count, name: span{start: line + nameLine, end: line + nameLine + length}}
	if nameLine == 0 || o.name.end > maxOpening || len(request) < o.name.end+lineEnd {
		return Opening{}, false
	}
	second := o.name.end + lineEnd
	length, line = shortNumber('$', request[second:])
	o.second, o.size, o.longest = length, second+line, max(length, o.name.end)
	if line == 0 || o.size < minOpening || o.size > maxOpening {
		return Opening{}, false
	}
	o.words = openingOf(request, o.size)
	return o, true
}

func openingOf(request []byte, size int) [openingWords]uint64 {
	return [openingWords]uint64{
		binary.LittleEndian.Uint64(request), binary.LittleEndian.Uint64(request[8:]),
		binary.LittleEndian.Uint64(request[size-16:]), binary.LittleEndian.Uint64(request[size-8:]),
	}
}

// Begins reports whether some bytes begin with the opening. The zero Opening is nobody's.
func (o *Opening) Begins(request []byte) bool {
	return o.size > 0 && len(request) >= o.size && openingOf(request, o.size) == o.words
}

// Digest returns few bits that tell most openings apart, of the bytes that a request begins with; false if they are too few.
func Digest(request []byte) (digest uint64, ok bool) {
	if len(request) < minOpening {
		return 0, false
	}
	const multiplier = 0x9e37_79b9_7f4a_7c15 // Knuth, TAOCP 6.4
	first, second := binary.LittleEndian.Uint64(request), binary.LittleEndian.Uint64(request[8:])
	return (first ^ second) * multiplier >> (64 - DigestBits), true
}

// DigestBits is the size of a digest.
const DigestBits = 5

// AppendLike reads the request at the start of buf, which begins with an opening, and appends its arguments as AppendNext does.
// Its size is 0 if the request is not all there, or needs a closer look: AppendNext tells.
func (p *Parser) AppendLike(o *Opening, args [][]byte, buf []byte) (extended [][]byte, size int) {
	end := o.size + o.second
	if !p.mayBeQuick(o.count) || len(buf) < end+lineEnd || p.Limits.MaxBulk != 0 && o.longest > p.Limits.MaxBulk {
		return nil, 0
	}
	extended = slices.Grow(args, o.count)[:len(args)+o.count]
	places := extended[len(args):]
	places[0], places[1] = buf[o.name.start:o.name.end:o.name.end], buf[o.size:end:end]
	if size = end + lineEnd; o.count > 2 {
		if size = p.quickArguments(places[2:], buf, size); size == 0 {
			clear(places)
			return nil, 0
		}
	}
	p.wanted, p.scanned = 0, 0
	return extended, size
}
