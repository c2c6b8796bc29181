package command

import "github.com/ember-cluster/ember/core/keyspace"

var substringRows = []*Row{
	{
		Name: "getrange", Arity: 4, Flags: ReadOnly, Categories: StringCategory, Keys: oneKey("RO access"),
		Group: "string", Since: "2.4.0", Summary: "Returns a part of the value of a key; a negative index counts from its end.",
		Complexity: "O(N) in the length of the part",
		Arguments:  substringArguments,
		Run:        getRange,
	},
	{
		Name: "substr", Arity: 4, Flags: ReadOnly, Categories: StringCategory, Keys: oneKey("RO access"),
		Group: "string", Since: "1.0.0", Summary: "Returns a part of the value of a key; a negative index counts from its end.",
		Complexity:      "O(N) in the length of the part",
		DeprecatedSince: "2.0.0", ReplacedBy: "`GETRANGE`",
		Arguments: substringArguments,
		Run:       getRange,
	},
	{
		Name: "setrange", Arity: 4, Flags: Write | DenyOOM, Categories: StringCategory, Keys: oneKey("RW update"),
		Group: "string", Since: "2.2.0", Summary: "Overwrites a part of the value of a key, filled up with zeros if it is too short.",
		Complexity: "O(N) in the length of the part and of what is filled up",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "offset", Type: IntegerArgument}, {Name: "value", Type: StringArgument},
		},
		Run: setRange,
	},
}

var substringArguments = []Argument{
	{Name: "key", Type: KeyArgument}, {Name: "start", Type: IntegerArgument}, {Name: "end", Type: IntegerArgument},
}

const errOffset Error = "ERR offset is out of range"

func getRange(c *Context) {
	start, ok := c.integer(c.Args[2])
	if !ok {
		return
	}
	end, ok := c.integer(c.Args[3])
	if !ok {
		return
	}
	value, _, ok := c.readString(c.Args[1])
	if !ok {
		return
	}
	text := value.Bytes(&c.scratch)
	if start < 0 && end < 0 && start > end {
		text = nil // from behind the end back to before it, which clamping would make one byte at the start
	}
	first, last, ok := clampRange(start, end, int64(len(text)))
	if !ok {
		c.Reply.Bulk(nil)
		return
	}
	c.Reply.Bulk(text[first : last+1])
}

// clampRange turns indexes of which negative ones count from the end into ones that lie within the length. It reports
// false if nothing lies between them.
func clampRange(start, end, length int64) (first, last int64, ok bool) {
	if start < 0 {
		start += length
	}
	if end < 0 {
		end += length
	}
	first, last = max(start, 0), min(max(end, 0), length-1)
	return first, last, first <= last
}

func setRange(c *Context) {
	key, part := c.Args[1], c.Args[3]
	offset, ok := c.integer(c.Args[2])
	switch {
	case !ok:
		return
	case offset < 0:
		c.fail(errOffset)
		return
	}
	value, _, ok := c.findString(key)
	if !ok {
		return
	}
	size := int64(value.Len())
	switch {
	case len(part) == 0: // nothing to write; an absent key stays absent
	case offset > int64(c.maxStringLength()-len(part)):
		c.fail(errStringTooLong)
		return
	default:
		c.overwrite(key, uint32(offset), part)
		size = max(size, offset+int64(len(part)))
	}
	c.Reply.Int(size)
}

// overwrite puts part over the value of a key from offset on.
func (c *Context) overwrite(key []byte, offset uint32, part []byte) {
	c.Apply(keyspace.Effect{Kind: keyspace.Overwrite, Slot: c.Slot, Key: key, Value: part, Offset: offset})
}
