package command

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// bitUnit documents the choice between counting bytes and counting bits.
var bitUnit = Argument{Name: "unit", Type: OneOf, Since: "7.0.0", Optional: true, Arguments: []Argument{
	token("BYTE", ""), token("BIT", ""),
}}

var bitcountRow = &Row{
	Name: "bitcount", Arity: -2, Flags: ReadOnly, Categories: BitmapCategory, Keys: oneKey("RO access"),
	Group: "bitmap", Since: "2.6.0", Summary: "Counts the bits that are set in the value of a key, or in a part of it.",
	Complexity: "O(N) in the length of the part",
	Arguments: []Argument{
		{Name: "key", Type: KeyArgument},
		{Name: "range", Type: Block, Optional: true, Arguments: []Argument{
			{Name: "start", Type: IntegerArgument}, {Name: "end", Type: IntegerArgument}, bitUnit,
		}},
	},
	Run: bitCount,
}

var bitposRow = &Row{
	Name: "bitpos", Arity: -3, Flags: ReadOnly, Categories: BitmapCategory, Keys: oneKey("RO access"),
	Group: "bitmap", Since: "2.8.7", Summary: "Finds the first bit that is set, or that is clear, in the value of a key.",
	Complexity: "O(N) in the length of the part that is searched",
	Arguments: []Argument{
		{Name: "key", Type: KeyArgument},
		{Name: "bit", Type: IntegerArgument},
		{Name: "range", Type: Block, Optional: true, Arguments: []Argument{
			{Name: "start", Type: IntegerArgument},
			{Name: "end-unit-block", Type: Block, Optional: true, Arguments: []Argument{
				{Name: "end", Type: IntegerArgument}, bitUnit,
			}},
		}},
	},
	Run: bitPosition,
}

const errBitArgument Error = "ERR The bit argument must be 1 or 0."

// bitRange is a part of a string in bits, both ends included.
type bitRange struct{ first, last int64 }

// wholeOf returns the range of all bits; last is -1 if there are none.
func wholeOf(text []byte) bitRange { return bitRange{0, int64(len(text))*8 - 1} }

// parseBitUnit reports whether a range counts bits rather than bytes.
func parseBitUnit(word []byte) (isBit, ok bool) {
	isBit = isWord(word, "bit")
	return isBit, isBit || isWord(word, "byte")
}

// bitRangeOf turns the indexes of bits or bytes into a range of bits, or reports false if that is empty.
func bitRangeOf(start, end int64, isBit bool, text []byte) (bitRange, bool) {
	if isBit {
		first, last, ok := clampRange(start, end, int64(len(text))*8)
		return bitRange{first, last}, ok
	}
	first, last, ok := clampRange(start, end, int64(len(text)))
	return bitRange{first * 8, last*8 + 7}, ok
}

// bitCount looks at the arguments only once it has found the key, and at the unit last, as Redis does.
func bitCount(c *Context) {
	value, found, ok := c.readString(c.Args[1])
	switch {
	case !ok:
		return
	case !found:
		c.Reply.Int(0)
		return
	}
	text := value.Bytes(&c.scratch)
	part := wholeOf(text)
	switch len(c.Args) {
	case 2:
		ok = len(text) > 0
	case 4, 5:
		start, parsed := c.integer(c.Args[2])
		if !parsed {
			return
		}
		end, parsed := c.integer(c.Args[3])
		if !parsed {
			return
		}
		if start < 0 && end < 0 && start > end {
			c.Reply.Int(0)
			return
		}
		isBit := false
		if len(c.Args) == 5 {
			if isBit, parsed = parseBitUnit(c.Args[4]); !parsed {
				c.fail(errSyntax)
				return
			}
		}
		part, ok = bitRangeOf(start, end, isBit, text)
	default:
		c.fail(errSyntax)
		return
	}
	if !ok {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(part.count(text))
}

// count returns how many bits of the range are set.
func (r bitRange) count(text []byte) int64 {
	count := 0
	part := text[r.first>>3 : r.last>>3+1]
	rest := part
	for ; len(rest) >= 8; rest = rest[8:] {
		count += bits.OnesCount64(binary.BigEndian.Uint64(rest))
	}
	for _, b := range rest {
		count += bits.OnesCount8(b)
	}
	before, behind := r.outside()
	count -= bits.OnesCount8(part[0]&before) + bits.OnesCount8(part[len(part)-1]&behind)
	return int64(count)
}

// outside returns the masks of what the first byte holds before the range and of what the last byte holds behind it.
func (r bitRange) outside() (before, behind byte) {
	return ^byte(0xff >> (r.first & 7)), byte(0x7f) >> (r.last & 7)
}

func bitPosition(c *Context) {
	bit, ok := c.integer(c.Args[2])
	switch {
	case !ok:
		return
	case bit != 0 && bit != 1:
		c.fail(errBitArgument)
		return
	}
	value, found, ok := c.readString(c.Args[1])
	switch {
	case !ok:
		return
	case !found: // an absent key is like zeros without end
		c.Reply.Int(-bit)
		return
	}
	text := value.Bytes(&c.scratch)
	part, ok, failed := c.searchRange(c.Args[3:], text)
	switch {
	case failed:
		return
	case !ok:
		c.Reply.Int(-1)
		return
	}
	position, found := part.find(text, bit == 1)
	switch {
	case found:
		c.Reply.Int(position)
	case bit == 0 && len(c.Args) < 5: // without an end to the range, zeros follow the string
		c.Reply.Int(part.last + 1)
	default:
		c.Reply.Int(-1)
	}
}

// searchRange reads the range of BITPOS and reports whether it is not empty, or has failed with an error reply. It looks
// at the unit before the end.
func (c *Context) searchRange(args [][]byte, text []byte) (part bitRange, ok, failed bool) {
	part = wholeOf(text)
	switch {
	case len(args) == 0:
		return part, len(text) > 0, false
	case len(args) > 3:
		c.fail(errSyntax)
		return part, false, true
	}
	start, parsed := c.integer(args[0])
	if !parsed {
		return part, false, true
	}
	isBit, end := false, int64(len(text))-1
	if len(args) == 3 {
		if isBit, parsed = parseBitUnit(args[2]); !parsed {
			c.fail(errSyntax)
			return part, false, true
		}
	}
	if len(args) >= 2 {
		if end, parsed = c.integer(args[1]); !parsed {
			return part, false, true
		}
	}
	part, ok = bitRangeOf(start, end, isBit, text)
	return part, ok, false
}

// find returns the position of the first bit of the range that is set, or clear.
func (r bitRange) find(text []byte, set bool) (position int64, found bool) {
	var flip byte      // makes the bits that are looked for ones
	var nothing uint64 // eight bytes without such a bit
	if !set {
		flip, nothing = 0xff, math.MaxUint64
	}
	before, behind := r.outside()
	firstByte, lastByte := r.first>>3, r.last>>3
	for i := firstByte; i <= lastByte; i++ {
		for i+8 <= lastByte && binary.BigEndian.Uint64(text[i:]) == nothing {
			i += 8
		}
		b := text[i] ^ flip
		if i == firstByte {
			b &^= before
		}
		if i == lastByte {
			b &^= behind
		}
		if b != 0 {
			return i*8 + int64(bits.LeadingZeros8(b)), true
		}
	}
	return 0, false
}
