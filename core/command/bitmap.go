package command

import "github.com/ember-cluster/ember/core/keyspace"

// Bits are counted from the highest of the first byte on: bit 0 is 0x80 of byte 0.

var bitmapRows = []*Row{
	{
		Name: "setbit", Arity: 4, Flags: Write | DenyOOM, Categories: BitmapCategory, Keys: oneKey("RW access update"),
		Group: "bitmap", Since: "2.2.0", Summary: "Sets or clears a bit of the value of a key and returns what it was.",
		Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "offset", Type: IntegerArgument}, {Name: "value", Type: IntegerArgument},
		},
		Run: setBit,
	},
	{
		Name: "getbit", Arity: 3, Flags: ReadOnly | Fast, Categories: BitmapCategory, Keys: oneKey("RO access"),
		Group: "bitmap", Since: "2.2.0", Summary: "Returns a bit of the value of a key.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "offset", Type: IntegerArgument}},
		Run:       getBit,
	},
	bitcountRow, bitposRow, bitopRow, bitfieldRow, readOnlyBitfieldRow,
}

const (
	errBitOffset Error = "ERR bit offset is not an integer or out of range"
	errBit       Error = "ERR bit is not an integer or out of range"
)

// bitOffset reads the position of a bit, or writes an error reply. The position lies within a string of the greatest
// length.
func (c *Context) bitOffset(arg []byte) (int64, bool) {
	offset, ok := keyspace.ParseInteger(arg)
	if !ok || offset < 0 || offset>>3 >= int64(c.maxStringLength()) {
		c.fail(errBitOffset)
		return 0, false
	}
	return offset, true
}

// bitMask returns the mask of a bit within its byte.
func bitMask(offset int64) byte { return 0x80 >> (offset & 7) }

func setBit(c *Context) {
	key := c.Args[1]
	offset, ok := c.bitOffset(c.Args[2])
	if !ok {
		return
	}
	bit, ok := keyspace.ParseInteger(c.Args[3])
	if !ok || bit != 0 && bit != 1 {
		c.fail(errBit)
		return
	}
	value, _, ok := c.findString(key)
	if !ok {
		return
	}
	text := value.Bytes(&c.scratch)
	index, mask := offset>>3, bitMask(offset)
	var before byte
	if index < int64(len(text)) {
		before = text[index]
	}
	after := before &^ mask
	if bit == 1 {
		after |= mask
	}
	// A string that is too short becomes longer even if the bit stays 0.
	if after != before || index >= int64(len(text)) {
		c.scratch[0] = after
		c.overwrite(key, uint32(index), c.scratch[:1])
	}
	c.writeBit(before&mask != 0)
}

func getBit(c *Context) {
	offset, ok := c.bitOffset(c.Args[2])
	if !ok {
		return
	}
	value, _, ok := c.readString(c.Args[1])
	if !ok {
		return
	}
	text := value.Bytes(&c.scratch)
	c.writeBit(offset>>3 < int64(len(text)) && text[offset>>3]&bitMask(offset) != 0)
}

func (c *Context) writeBit(set bool) {
	if set {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
}
