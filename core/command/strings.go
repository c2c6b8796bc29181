package command

import (
	"math"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
)

var stringRows = []*Row{
	{
		Name: "get", Arity: 2, Flags: ReadOnly | Fast, Categories: StringCategory, Keys: oneKey("RO access"),
		Group: "string", Since: "1.0.0", Summary: "Returns the value of a key.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		Run:       get,
	},
	{
		Name: "getdel", Arity: 2, Flags: Write | Fast, Categories: StringCategory, Keys: oneKey("RW access delete"),
		Group: "string", Since: "6.2.0", Summary: "Returns the value of a key and deletes the key.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		Run:       getDelete,
	},
	{
		Name: "mget", Arity: -2, Flags: ReadOnly | Fast, Categories: StringCategory, Keys: everyKey(1, "RO access"),
		Tips:  []string{"request_policy:multi_shard"},
		Group: "string", Since: "1.0.0", Summary: "Returns the values of several keys.",
		Complexity: "O(N) in the number of keys",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument, Multiple: true}},
		Run:        multiGet,
	},
	{
		Name: "mset", Arity: -3, Flags: Write | DenyOOM, Categories: StringCategory, Keys: everyKey(2, "OW update"),
		Tips:  []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
		Group: "string", Since: "1.0.1", Summary: "Sets the values of several keys, all of them or none.",
		Complexity: "O(N) in the number of keys",
		Arguments: []Argument{{Name: "data", Type: Block, Multiple: true, Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "value", Type: StringArgument},
		}}},
		Run: multiSet,
	},
	{
		Name: "append", Arity: 3, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW insert"),
		Group: "string", Since: "2.0.0", Summary: "Puts a string behind the value of a key.",
		Complexity: "O(1), amortized",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}, {Name: "value", Type: StringArgument}},
		Run:        appendValue,
	},
	{
		Name: "strlen", Arity: 2, Flags: ReadOnly | Fast, Categories: StringCategory, Keys: oneKey("RO"),
		Group: "string", Since: "2.2.0", Summary: "Returns the length of the value of a key.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		Run:       length,
	},
	{
		Name: "incr", Arity: 2, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW access update"),
		Group: "string", Since: "1.0.0", Summary: "Adds one to the integer at a key; an absent key counts as 0.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
		Run:        func(c *Context) { c.increment(1) },
	},
	{
		Name: "decr", Arity: 2, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW access update"),
		Group: "string", Since: "1.0.0", Summary: "Subtracts one from the integer at a key; an absent key counts as 0.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
		Run:        func(c *Context) { c.increment(-1) },
	},
	{
		Name: "incrby", Arity: 3, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW access update"),
		Group: "string", Since: "1.0.0", Summary: "Adds a number to the integer at a key; an absent key counts as 0.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}, {Name: "increment", Type: IntegerArgument}},
		Run:        incrementBy,
	},
	{
		Name: "decrby", Arity: 3, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW access update"),
		Group: "string", Since: "1.0.0", Summary: "Subtracts a number from the integer at a key; an absent key counts as 0.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}, {Name: "decrement", Type: IntegerArgument}},
		Run:        decrementBy,
	},
	setRow,
	lcsRow,
}

const (
	errOverflow          Error = "ERR increment or decrement would overflow"
	errDecrementOverflow Error = "ERR decrement would overflow"
	errStringTooLong     Error = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
)

func get(c *Context) {
	value, found, ok := c.readString(c.Args[1])
	switch {
	case !ok:
	case found:
		c.value(value)
	default:
		c.Reply.Null()
	}
}

func getDelete(c *Context) {
	key := c.Args[1]
	value, found, ok := c.readString(key)
	switch {
	case !ok:
		return
	case !found:
		c.Reply.Null()
		return
	}
	c.value(value)
	c.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: c.Slot, Key: key})
}

// multiGet returns null for what is no string, too.
func multiGet(c *Context) {
	c.Reply.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		if value, found := c.read(key); found && value.Type() == keyspace.String {
			c.value(value)
		} else {
			c.Reply.Null()
		}
	}
}

func multiSet(c *Context) {
	if len(c.Args)%2 == 0 {
		c.fail(WrongArity(c.Row))
		return
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.replace(c.Args[i], c.Args[i+1], 0)
	}
	c.ok()
}

// set makes value the value of a key that ends at expireAt, or never if that is 0.
func (c *Context) set(key, value []byte, expireAt int64) {
	c.Apply(keyspace.Effect{Kind: keyspace.Set, Slot: c.Slot, Key: key, Value: value, ExpireAt: expireAt})
}

// replace is set for a command that does not need to know whether the key is there. One that is past its time is deleted first, as by
// any look at it.
func (c *Context) replace(key, value []byte, expireAt int64) {
	c.find(key)
	c.set(key, value, expireAt)
}

func appendValue(c *Context) {
	key, more := c.Args[1], c.Args[2]
	value, _, ok := c.findString(key)
	if !ok {
		return
	}
	size := value.Len()
	if len(more) > c.maxStringLength()-size {
		c.fail(errStringTooLong)
		return
	}
	c.Apply(keyspace.Effect{Kind: keyspace.Append, Slot: c.Slot, Key: key, Value: more})
	c.Reply.Int(int64(size + len(more)))
}

func length(c *Context) {
	if value, _, ok := c.readString(c.Args[1]); ok {
		c.Reply.Int(int64(value.Len()))
	}
}

func incrementBy(c *Context) {
	if by, ok := c.integer(c.Args[2]); ok {
		c.increment(by)
	}
}

func decrementBy(c *Context) {
	by, ok := c.integer(c.Args[2])
	switch {
	case !ok:
	case by == math.MinInt64: // it has no negative
		c.fail(errDecrementOverflow)
	default:
		c.increment(-by)
	}
}

// increment adds a number to the integer at the command's key and keeps the key's expiry time.
func (c *Context) increment(by int64) {
	key := c.Args[1]
	value, found, ok := c.findString(key)
	if !ok {
		return
	}
	var number, expireAt int64
	if found {
		if number, ok = value.Integer(); !ok {
			c.touch(key)
			c.fail(errNotInteger)
			return
		}
		expireAt = value.ExpireAt()
	}
	if by < 0 && number < math.MinInt64-by || by > 0 && number > math.MaxInt64-by {
		c.fail(errOverflow)
		return
	}
	number += by
	c.set(key, strconv.AppendInt(c.scratch[:0], number, 10), expireAt)
	c.Reply.Int(number)
}
