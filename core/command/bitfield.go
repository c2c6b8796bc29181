package command

import "github.com/ember-cluster/ember/core/keyspace"

var bitfieldRow = &Row{
	Name: "bitfield", Arity: -2, Flags: Write | DenyOOM, Categories: BitmapCategory,
	Keys: KeySpec{
		First: 1, Last: 1, Step: 1, Flags: "RW access update variable_flags",
		Notes: "This command allows both access and modification of the key",
	},
	VariableKeyFlags: bitfieldKeyFlags,
	Group:            "bitmap", Since: "3.2.0", Summary: "Reads and writes integers of any width in the value of a key.",
	Complexity: "O(1) for each operation",
	Arguments: []Argument{
		{Name: "key", Type: KeyArgument},
		{Name: "operation", Type: OneOf, Optional: true, Multiple: true, Arguments: []Argument{
			{Name: "get-block", Type: Block, Token: "GET", Arguments: []Argument{
				{Name: "encoding", Type: StringArgument}, {Name: "offset", Type: IntegerArgument},
			}},
			{Name: "write", Type: Block, Arguments: []Argument{
				{Name: "overflow-block", Type: OneOf, Token: "OVERFLOW", Optional: true, Arguments: []Argument{
					token("WRAP", ""), token("SAT", ""), token("FAIL", ""),
				}},
				{Name: "write-operation", Type: OneOf, Arguments: []Argument{
					{Name: "set-block", Type: Block, Token: "SET", Arguments: []Argument{
						{Name: "encoding", Type: StringArgument}, {Name: "offset", Type: IntegerArgument},
						{Name: "value", Type: IntegerArgument},
					}},
					{Name: "incrby-block", Type: Block, Token: "INCRBY", Arguments: []Argument{
						{Name: "encoding", Type: StringArgument}, {Name: "offset", Type: IntegerArgument},
						{Name: "increment", Type: IntegerArgument},
					}},
				}},
			}},
		}},
	},
	Run: func(c *Context) { c.bitfield(false) },
}

var readOnlyBitfieldRow = &Row{
	Name: "bitfield_ro", Arity: -2, Flags: ReadOnly | Fast, Categories: BitmapCategory, Keys: oneKey("RO access"),
	Group: "bitmap", Since: "6.0.0", Summary: "Reads integers of any width in the value of a key.",
	Complexity: "O(1) for each operation",
	Arguments: []Argument{
		{Name: "key", Type: KeyArgument},
		{Name: "get-block", Type: Block, Token: "GET", Optional: true, Multiple: true, MultipleToken: true, Arguments: []Argument{
			{Name: "encoding", Type: StringArgument}, {Name: "offset", Type: IntegerArgument},
		}},
	},
	Run: func(c *Context) { c.bitfield(true) },
}

const (
	errBitfieldType Error = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
	errOverflowType Error = "ERR Invalid OVERFLOW type specified"
	errReadOnlyBits Error = "ERR BITFIELD_RO only supports the GET subcommand"
)

// fieldAction is what an operation of BITFIELD does.
type fieldAction uint8

const (
	getField fieldAction = iota
	setField
	incrementField
)

// fieldOperation is one operation of BITFIELD on the integer that begins at a bit.
type fieldOperation struct {
	action   fieldAction
	overflow overflowRule
	kind     fieldType
	offset   int64
	// operand is the new value or the increment.
	operand int64
}

// last returns the position of the integer's last bit.
func (o *fieldOperation) last() int64 { return o.offset + int64(o.kind.bits) - 1 }

// fieldOperations reads the operations, or writes an error reply. OVERFLOW holds for those behind it.
func (c *Context) fieldOperations(args [][]byte) (operations []fieldOperation, ok bool) {
	overflow := overflowWraps
	for len(args) > 0 {
		operation := fieldOperation{overflow: overflow}
		size := 4
		switch word := args[0]; {
		case isWord(word, "get") && len(args) >= 3:
			size = 3
		case isWord(word, "set") && len(args) >= 4:
			operation.action = setField
		case isWord(word, "incrby") && len(args) >= 4:
			operation.action = incrementField
		case isWord(word, "overflow") && len(args) >= 2:
			if overflow, ok = parseOverflowRule(args[1]); !ok {
				c.fail(errOverflowType)
				return nil, false
			}
			args = args[2:]
			continue
		default:
			c.fail(errSyntax)
			return nil, false
		}
		if operation.kind, ok = parseFieldType(args[1]); !ok {
			c.fail(errBitfieldType)
			return nil, false
		}
		if operation.offset, ok = c.fieldOffset(args[2], operation.kind.bits); !ok {
			return nil, false
		}
		if size == 4 {
			if operation.operand, ok = c.integer(args[3]); !ok {
				return nil, false
			}
		}
		operations = append(operations, operation)
		args = args[size:]
	}
	return operations, true
}

// fieldOffset reads the position of an integer's first bit, or writes an error reply: "#3" counts integers of this width.
func (c *Context) fieldOffset(arg []byte, bits int) (int64, bool) {
	if len(arg) == 0 || arg[0] != '#' {
		return c.bitOffset(arg)
	}
	index, ok := keyspace.ParseInteger(arg[1:])
	if !ok || index < 0 || index > int64(c.maxStringLength())*8/int64(bits) || index*int64(bits)>>3 >= int64(c.maxStringLength()) {
		c.fail(errBitOffset)
		return 0, false
	}
	return index * int64(bits), true
}

// bitfield executes the operations in order on a copy of the bytes that they write, and then writes those at once: one
// effect, so that nobody ever sees half of the command.
func (c *Context) bitfield(readOnly bool) {
	key := c.Args[1]
	operations, ok := c.fieldOperations(c.Args[2:])
	if !ok {
		return
	}
	written, writes := writtenBits(operations)
	if writes && readOnly {
		c.fail(errReadOnlyBits)
		return
	}
	look := c.findString
	if !writes {
		look = c.readString
	}
	value, _, ok := look(key)
	if !ok {
		return
	}
	fields := fieldBytes{text: value.Bytes(&c.scratch)}
	if writes {
		fields.open(written)
	}
	c.Reply.Array(len(operations))
	for i := range operations {
		if result, ok := fields.execute(&operations[i]); ok {
			c.Reply.Int(result)
		} else {
			c.Reply.Null()
		}
	}
	if fields.changed {
		c.overwrite(key, uint32(fields.windowAt), fields.window)
	}
}

// writtenBits returns the range of the bits that the operations may write, if there are any.
func writtenBits(operations []fieldOperation) (written bitRange, writes bool) {
	for i := range operations {
		operation := &operations[i]
		switch {
		case operation.action == getField:
		case !writes:
			written, writes = bitRange{operation.offset, operation.last()}, true
		default:
			written = bitRange{min(written.first, operation.offset), max(written.last, operation.last())}
		}
	}
	return written, writes
}

// fieldBytes is a string with a window into it that can be written. Behind its end are zeros.
type fieldBytes struct {
	text []byte
	// window holds the bytes from windowAt on in place of those of text.
	window   []byte
	windowAt int64
	// changed says that the string is no longer what it was.
	changed bool
}

// open makes a range writable. The string reaches to its end from then on, even if nothing is written.
func (f *fieldBytes) open(r bitRange) {
	f.windowAt = r.first >> 3
	end := r.last>>3 + 1
	f.window = make([]byte, end-f.windowAt)
	length := int64(len(f.text))
	if f.windowAt < length {
		copy(f.window, f.text[f.windowAt:])
	}
	f.changed = end > length
}

// at returns a byte.
func (f *fieldBytes) at(index int64) byte {
	switch {
	case index >= f.windowAt && index-f.windowAt < int64(len(f.window)):
		return f.window[index-f.windowAt]
	case index < int64(len(f.text)):
		return f.text[index]
	}
	return 0
}

// load returns the bits of an integer, in the low bits of the result.
func (f *fieldBytes) load(offset int64, width int) (bits uint64) {
	for i := offset; i < offset+int64(width); i++ {
		bits <<= 1
		if f.at(i>>3)&bitMask(i) != 0 {
			bits |= 1
		}
	}
	return bits
}

// store writes the bits of an integer into the window.
func (f *fieldBytes) store(offset int64, width int, bits uint64) {
	for i := range width {
		position := offset + int64(i)
		b := &f.window[position>>3-f.windowAt]
		*b &^= bitMask(position)
		if bits>>(width-1-i)&1 != 0 {
			*b |= bitMask(position)
		}
	}
}

// execute returns the operation's result, or false if it was refused for its overflow.
func (f *fieldBytes) execute(o *fieldOperation) (result int64, ok bool) {
	before := o.kind.extend(f.load(o.offset, o.kind.bits))
	if o.action == getField {
		return before, true
	}
	var after int64
	var fits bool
	if o.action == incrementField {
		after, fits = o.kind.add(before, o.operand, o.overflow)
	} else {
		after, fits = o.kind.fit(o.operand, o.overflow)
	}
	if !fits {
		return 0, false
	}
	f.store(o.offset, o.kind.bits, uint64(after))
	f.changed = f.changed || after != before
	if o.action == setField {
		return before, true
	}
	return after, true
}

// bitfieldKeyFlags says that BITFIELD without any SET and INCRBY reads its key only.
func bitfieldKeyFlags(args [][]byte) string {
	for rest := args[2:]; len(rest) > 0; {
		switch word := rest[0]; {
		case isWord(word, "get") && len(rest) > 2:
			rest = rest[3:]
		case isWord(word, "overflow") && len(rest) > 1:
			rest = rest[2:]
		default:
			return "RW access update"
		}
	}
	return "RO access"
}
