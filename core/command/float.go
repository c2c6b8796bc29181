package command

import "github.com/ember-cluster/ember/core/keyspace"

var floatRows = []*Row{{
	Name: "incrbyfloat", Arity: 3, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW access update"),
	Group: "string", Since: "2.6.0", Summary: "Adds a number to the floating-point number at a key; an absent key counts as 0.",
	Complexity: "O(1)",
	Arguments:  []Argument{{Name: "key", Type: KeyArgument}, {Name: "increment", Type: DoubleArgument}},
	Run:        incrementByFloat,
}}

const (
	errNotFloat    Error = "ERR value is not a valid float"
	errNaNInfinity Error = "ERR increment would produce NaN or Infinity"
)

// incrementByFloat keeps the key's expiry time. The effect carries the sum, so the rounding happens once, on the owner.
func incrementByFloat(c *Context) {
	key := c.Args[1]
	value, found, ok := c.findString(key)
	if !ok {
		return
	}
	number := zeroExtended()
	if found {
		number, ok = parseExtended(value.Bytes(&c.scratch))
	}
	if !ok {
		c.fail(errNotFloat)
		return
	}
	increment, ok := parseExtended(c.Args[2])
	if !ok {
		c.fail(errNotFloat)
		return
	}
	sum, ok := addExtended(number, increment)
	if !ok {
		c.fail(errNaNInfinity)
		return
	}
	text := appendExtended(nil, sum)
	c.Apply(keyspace.Effect{Kind: keyspace.Set, Slot: c.Slot, Key: key, Value: text, ExpireAt: value.ExpireAt()})
	c.Reply.Bulk(text)
}
