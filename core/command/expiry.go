package command

import "github.com/ember-cluster/ember/core/keyspace"

// expiryCondition documents the options of EXPIRE and its kin.
var expiryCondition = Argument{Name: "condition", Type: OneOf, Since: "7.0.0", Optional: true, Arguments: []Argument{
	token("NX", ""), token("XX", ""), token("GT", ""), token("LT", ""),
}}

var expiryRows = []*Row{
	{
		Name: "expire", Arity: -3, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: oneKey("RW update"),
		Group: "generic", Since: "1.0.0", Summary: "Lets a key end after some seconds.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "seconds", Type: IntegerArgument}, expiryCondition},
		Run:       func(c *Context) { c.changeExpiry(expiryUnit{set: true, seconds: true}) },
	},
	{
		Name: "pexpire", Arity: -3, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: oneKey("RW update"),
		Group: "generic", Since: "2.6.0", Summary: "Lets a key end after some milliseconds.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "milliseconds", Type: IntegerArgument}, expiryCondition},
		Run:       func(c *Context) { c.changeExpiry(expiryUnit{set: true}) },
	},
	{
		Name: "expireat", Arity: -3, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: oneKey("RW update"),
		Group: "generic", Since: "1.2.0", Summary: "Lets a key end at a time in Unix seconds.", Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "unix-time-seconds", Type: TimeArgument}, expiryCondition,
		},
		Run: func(c *Context) { c.changeExpiry(expiryUnit{set: true, seconds: true, absolute: true}) },
	},
	{
		Name: "pexpireat", Arity: -3, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: oneKey("RW update"),
		Group: "generic", Since: "2.6.0", Summary: "Lets a key end at a time in Unix milliseconds.", Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "unix-time-milliseconds", Type: TimeArgument}, expiryCondition,
		},
		Run: func(c *Context) { c.changeExpiry(expiryUnit{set: true, absolute: true}) },
	},
	{
		Name: "expiretime", Arity: 2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: oneKey("RO access"),
		Group: "generic", Since: "7.0.0", Summary: "Returns when a key will end, in Unix seconds.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		NoTouch:   true,
		Run: func(c *Context) {
			if left, ok := c.timeToLive(); ok {
				c.Reply.Int(roundToSeconds(left + c.Wall))
			}
		},
	},
	{
		Name: "pexpiretime", Arity: 2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: oneKey("RO access"),
		Group: "generic", Since: "7.0.0", Summary: "Returns when a key will end, in Unix milliseconds.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		NoTouch:   true,
		Run: func(c *Context) {
			if left, ok := c.timeToLive(); ok {
				c.Reply.Int(left + c.Wall)
			}
		},
	},
	{
		Name: "ttl", Arity: 2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: oneKey("RO access"),
		Tips:  []string{"nondeterministic_output"},
		Group: "generic", Since: "1.0.0", Summary: "Returns in how many seconds a key will end.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		NoTouch:   true,
		Run: func(c *Context) {
			if left, ok := c.timeToLive(); ok {
				c.Reply.Int(roundToSeconds(left))
			}
		},
	},
	{
		Name: "pttl", Arity: 2, Flags: ReadOnly | Fast, Categories: KeyspaceCategory, Keys: oneKey("RO access"),
		Tips:  []string{"nondeterministic_output"},
		Group: "generic", Since: "2.6.0", Summary: "Returns in how many milliseconds a key will end.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
		NoTouch:    true,
		Run: func(c *Context) {
			if left, ok := c.timeToLive(); ok {
				c.Reply.Int(left)
			}
		},
	},
	{
		Name: "persist", Arity: 2, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: oneKey("RW update"),
		Group: "generic", Since: "2.2.0", Summary: "Lets a key stay for good.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}},
		Run:       persist,
	},
}

const (
	errExpiryNX   Error = "ERR NX and XX, GT or LT options at the same time are not compatible"
	errExpiryGTLT Error = "ERR GT and LT options at the same time are not compatible"
)

// expiryOptions are the conditions under which EXPIRE changes a key: it has no expiry (NX), it has one (XX), the new
// one is later (GT), the new one is sooner (LT). A key without expiry counts as ending at infinity.
type expiryOptions struct{ none, some, later, sooner bool }

// met reports whether the conditions hold for a change from one expiry to another; before is 0 if there is none.
func (o expiryOptions) met(before, after int64) bool {
	switch {
	case o.none && before != 0,
		o.some && before == 0,
		o.later && (before == 0 || after <= before),
		o.sooner && before != 0 && after >= before:
		return false
	}
	return true
}

func parseExpiryOptions(args [][]byte) (o expiryOptions, err error) {
	for _, word := range args {
		switch {
		case isWord(word, "nx"):
			o.none = true
		case isWord(word, "xx"):
			o.some = true
		case isWord(word, "gt"):
			o.later = true
		case isWord(word, "lt"):
			o.sooner = true
		default:
			return o, Error("ERR Unsupported option " + string(quotable(word, len(word))))
		}
	}
	switch {
	case o.none && (o.some || o.later || o.sooner):
		return o, errExpiryNX
	case o.later && o.sooner:
		return o, errExpiryGTLT
	}
	return o, nil
}

// changeExpiry executes EXPIRE and its kin. A time that has passed already deletes the key.
func (c *Context) changeExpiry(unit expiryUnit) {
	key := c.Args[1]
	options, err := parseExpiryOptions(c.Args[3:])
	if err != nil {
		c.fail(err)
		return
	}
	number, ok := c.integer(c.Args[2])
	if !ok {
		return
	}
	at, ok := unit.at(number, c.Wall)
	if !ok {
		c.fail(c.invalidExpiry())
		return
	}
	value, found := c.find(key)
	if !found || !options.met(value.ExpireAt(), at) {
		c.touch(key)
		c.Reply.Int(0)
		return
	}
	effect := keyspace.Effect{Kind: keyspace.ExpireAt, Slot: c.Slot, Key: key, ExpireAt: at}
	if at <= c.Wall {
		effect = keyspace.Effect{Kind: keyspace.Delete, Slot: c.Slot, Key: key}
	}
	c.Apply(effect)
	c.Reply.Int(1)
}

// timeToLive returns how many milliseconds the command's key has left, or writes the reply for one that is not there or
// does not end.
func (c *Context) timeToLive() (left int64, ok bool) {
	value, found := c.read(c.Args[1])
	switch {
	case !found:
		c.Reply.Int(-2)
	case value.ExpireAt() == 0:
		c.Reply.Int(-1)
	default:
		return value.ExpireAt() - c.Wall, true
	}
	return 0, false
}

// roundToSeconds rounds milliseconds that are not negative.
func roundToSeconds(milliseconds int64) int64 { return int64((uint64(milliseconds) + 500) / 1000) }

func persist(c *Context) {
	key := c.Args[1]
	value, found := c.find(key)
	if !found || value.ExpireAt() == 0 {
		c.touch(key)
		c.Reply.Int(0)
		return
	}
	c.Apply(keyspace.Effect{Kind: keyspace.Persist, Slot: c.Slot, Key: key})
	c.Reply.Int(1)
}
