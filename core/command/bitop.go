package command

var bitopRow = &Row{
	Name: "bitop", Arity: -4, Flags: Write | DenyOOM, Categories: BitmapCategory,
	Keys: KeySpec{First: 2, Last: -1, Step: 1},
	KeyParts: []KeySpec{
		{First: 2, Last: 2, Step: 1, Flags: "OW update"}, {First: 3, Last: -1, Step: 1, Flags: "RO access"},
	},
	Group: "bitmap", Since: "2.6.0", Summary: "Combines the values of keys bit by bit and stores the result.",
	Complexity: "O(N) in the lengths of the values",
	Arguments: []Argument{
		{Name: "operation", Type: OneOf, Arguments: []Argument{
			token("AND", ""), token("OR", ""), token("XOR", ""), token("NOT", ""),
		}},
		{Name: "destkey", Type: KeyArgument},
		{Name: "key", Type: KeyArgument, Multiple: true, KeySpec: 1},
	},
	Run: bitOperation,
}

const errBitopNot Error = "ERR BITOP NOT must be called with a single source key."

// bitOperator combines the accumulated bytes with those of another string, byte by byte.
type bitOperator func(accumulated, other []byte)

// parseBitOperator returns the operator of a word; none for NOT, which combines nothing.
func parseBitOperator(word []byte) (operator bitOperator, ok bool) {
	switch {
	case isWord(word, "and"):
		return andBytes, true
	case isWord(word, "or"):
		return orBytes, true
	case isWord(word, "xor"):
		return xorBytes, true
	}
	return nil, isWord(word, "not")
}

// andBytes takes what other lacks for zeros.
func andBytes(accumulated, other []byte) {
	for i, b := range other {
		accumulated[i] &= b
	}
	clear(accumulated[len(other):])
}

func orBytes(accumulated, other []byte) {
	for i, b := range other {
		accumulated[i] |= b
	}
}

func xorBytes(accumulated, other []byte) {
	for i, b := range other {
		accumulated[i] ^= b
	}
}

func notBytes(text []byte) {
	for i := range text {
		text[i] = ^text[i]
	}
}

// bitOperation takes an absent key for an empty string, and strings as if zeros made all of them as long as the longest.
func bitOperation(c *Context) {
	operator, ok := parseBitOperator(c.Args[1])
	destination, sources := c.Args[2], c.Args[3:]
	switch {
	case !ok:
		c.fail(errSyntax)
		return
	case operator == nil && len(sources) != 1:
		c.fail(errBitopNot)
		return
	}
	longest := 0
	for _, key := range sources {
		value, found, ok := c.readString(key)
		if !ok {
			return
		}
		if found {
			longest = max(longest, value.Len())
		}
	}
	if longest == 0 {
		c.delete(destination)
		c.Reply.Int(0)
		return
	}
	result := c.combine(operator, sources, longest)
	c.replace(destination, result, 0)
	c.Reply.Int(int64(longest))
}

// combine applies the operator to strings that have been found already: nothing changes any more while it looks them up.
func (c *Context) combine(operator bitOperator, sources [][]byte, length int) []byte {
	result := make([]byte, length)
	first, _ := c.Space.Lookup(c.Slot, sources[0], c.Wall)
	copy(result, first.Bytes(&c.scratch))
	if operator == nil {
		notBytes(result)
	}
	for _, key := range sources[1:] {
		value, _ := c.Space.Lookup(c.Slot, key, c.Wall)
		operator(result, value.Bytes(&c.scratch))
	}
	return result
}
