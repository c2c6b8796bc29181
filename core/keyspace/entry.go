package keyspace

import "encoding/binary"

// An entry is a key with all that belongs to it, in one block of the arena:
//
//	┌────────┬─────────────────────────┬───────────────┬──────────────────┬───────────────────┐
//	│ header │ place in the expiry     │ index outside │ key              │ value             │
//	│ 8 B    │ index 4 B, expiry 8 B   │ 4 B           │                  │                   │
//	└────────┴─────────────────────────┴───────────────┴──────────────────┴───────────────────┘
//	           if the key ends           if key or       unless it lies      the text, or 8 bytes
//	                                     value do        outside             of a number, or nothing
//
// Numbers are little-endian.
//
// header is the first word of a block. Of a live one:
//
//	63          40 39        26 25       12 11  10 9      6 5      4 3        2       1        0
//	┌─────────────┬────────────┬───────────┬──────┬────────┬────────┬────────┬────────┬────────┬──────┐
//	│ access      │ value      │ key       │ free │ type   │ value's│ key    │ ends   │ listed │ live │
//	│ (see below) │ length     │ length    │      │        │ place  │ outside│        │ = 0    │ = 1  │
//	└─────────────┴────────────┴───────────┴──────┴────────┴────────┴────────┴────────┴────────┴──────┘
//
// The lengths are those of what lies in the block. The 24 bits of access tell when or how often the key was used.
type header uint64

const (
	headerLive       header = 1 << 0
	headerListed     header = 1 << 1 // of a free block: it is in a free list
	headerEnds       header = 1 << 2
	headerKeyOutside header = 1 << 3

	// headerExtended are the bits of those entries in which something lies between header and key.
	headerExtended = headerEnds | headerKeyOutside | header(outside)<<encodingShift

	encodingShift = 4
	encodingMask  = 3
	typeShift     = 6
	typeMask      = 15
	keyShift      = 12
	valueShift    = 26
	accessShift   = 40
	lengthMask    = 1<<14 - 1
)

// encoding says how a value is kept.
type encoding uint8

const (
	// text is the bytes of a string, in the block.
	text encoding = iota
	// number is a string that is the decimal form of an int64, kept as that.
	number
	// outside is a value that does not lie in the block: a long string. Collections will lie there too. No other place has its bit.
	outside
)

const (
	// maxInlineKey and maxInlineValue bound what is kept in a block, in bytes.
	maxInlineKey   = 1 << 10
	maxInlineValue = 2 << 10

	headerBytes  = 8
	expiryBytes  = 12
	indexBytes   = 4
	numberBytes  = 8
	maxBlockSize = headerBytes + expiryBytes + indexBytes + maxInlineKey + maxInlineValue
)

const _ = -uint((maxBlockSize + unitBytes - 1) / unitBytes / (maxClass + 1)) // fails to compile unless each block has a class

// newHeader returns the header of a string without a value yet.
func newHeader(key []byte) header {
	h := headerLive | header(String)<<typeShift
	if len(key) > maxInlineKey {
		return h | headerKeyOutside
	}
	return h | header(len(key))<<keyShift
}

func (h header) live() bool         { return h&headerLive != 0 }
func (h header) listed() bool       { return h&headerListed != 0 }
func (h header) ends() bool         { return h&headerEnds != 0 }
func (h header) keyOutside() bool   { return h&headerKeyOutside != 0 }
func (h header) encoding() encoding { return encoding(h >> encodingShift & encodingMask) }
func (h header) kind() Type         { return Type(h >> typeShift & typeMask) }
func (h header) keyLength() int     { return int(h >> keyShift & lengthMask) }
func (h header) valueLength() int   { return int(h >> valueShift & lengthMask) }

// hasOutside reports whether a part of the entry lies outside.
func (h header) hasOutside() bool { return h.keyOutside() || h.encoding() == outside }

// withValue returns the header of the same key with another value; length is that of the part in the block.
func (h header) withValue(e encoding, length int) header {
	key := h &^ (encodingMask<<encodingShift | lengthMask<<valueShift)
	return key | header(e)<<encodingShift | header(length)<<valueShift
}

// withText returns the header of the same key with a text of some length for its value, which may be too long for a block.
func (h header) withText(length int) header {
	if length > maxInlineValue {
		return h.withValue(outside, 0)
	}
	return h.withValue(text, length)
}

// withExpiry returns the header of the same entry with or without an expiry time.
func (h header) withExpiry(ends bool) header {
	if ends {
		return h | headerEnds
	}
	return h &^ headerEnds
}

// access returns what is recorded of the use of the key.
func (h header) access() uint32 { return uint32(h >> accessShift) }

// withAccess returns the header of the same entry with another record of its use, of 24 bits.
func (h header) withAccess(access uint32) header {
	return h&(1<<accessShift-1) | header(access)<<accessShift
}

// sameShape reports whether two headers differ in the record of use at most.
func (h header) sameShape(other header) bool { return (h^other)<<(64-accessShift) == 0 }

func (h header) indexOffset() int {
	if h.ends() {
		return headerBytes + expiryBytes
	}
	return headerBytes
}

func (h header) keyOffset() int {
	if h&headerExtended == 0 {
		return headerBytes
	}
	if h.hasOutside() {
		return h.indexOffset() + indexBytes
	}
	return h.indexOffset()
}

func (h header) valueOffset() int { return h.keyOffset() + h.keyLength() }

// units returns the size of the block.
func (h header) units() uint32 {
	return uint32(h.valueOffset()+h.valueLength()+unitBytes-1) / unitBytes
}

// block is the memory of an entry, and what follows it in its chunk.
type block []byte

func (b block) header() header            { return header(binary.LittleEndian.Uint64(b)) }
func (b block) setHeader(h header)        { binary.LittleEndian.PutUint64(b, uint64(h)) }
func (b block) inlineKey(h header) []byte { return within(b, h.keyOffset(), h.keyLength()) }
func (b block) inlineText(h header) []byte {
	return within(b, h.valueOffset(), h.valueLength())
}

// within returns bytes of a block with no room to grow into what is behind them.
func within(b block, offset, length int) []byte { return b[offset : offset+length : offset+length] }

func (b block) number(h header) int64 {
	return int64(binary.LittleEndian.Uint64(b[h.valueOffset():]))
}

func (b block) setNumber(h header, n int64) {
	binary.LittleEndian.PutUint64(b[h.valueOffset():], uint64(n))
}

// due returns the place in the expiry index of an entry that ends.
func (b block) due() int         { return int(binary.LittleEndian.Uint32(b[headerBytes:])) }
func (b block) setDue(place int) { binary.LittleEndian.PutUint32(b[headerBytes:], uint32(place)) }

// expireAt returns when an entry ends, or 0 if it does not.
func (b block) expireAt(h header) int64 {
	if !h.ends() {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(b[headerBytes+4:]))
}

func (b block) setExpireAt(at int64) { binary.LittleEndian.PutUint64(b[headerBytes+4:], uint64(at)) }

// index returns where the outside parts of an entry are. It must have some.
func (b block) index(h header) uint32 { return binary.LittleEndian.Uint32(b[h.indexOffset():]) }

func (b block) setIndex(h header, index uint32) {
	binary.LittleEndian.PutUint32(b[h.indexOffset():], index)
}
