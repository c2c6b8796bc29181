package command

import "github.com/ember-cluster/ember/core/keyspace"

// setVariantRows are commands that do what SET does with options, or nearly so.
var setVariantRows = []*Row{
	{
		Name: "setnx", Arity: 3, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("OW insert"),
		Group: "string", Since: "1.0.0", Summary: "Sets the value of a key that is not there.", Complexity: "O(1)",
		DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `NX` argument",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "value", Type: StringArgument}},
		Run:       setIfAbsent,
	},
	{
		Name: "setex", Arity: 4, Flags: Write | DenyOOM, Categories: StringCategory, Keys: oneKey("OW update"),
		Group: "string", Since: "2.0.0", Summary: "Sets the value of a key that ends after some seconds.", Complexity: "O(1)",
		DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `EX` argument",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "seconds", Type: IntegerArgument}, {Name: "value", Type: StringArgument},
		},
		Run: func(c *Context) { c.setEnding(expiryUnit{set: true, seconds: true}) },
	},
	{
		Name: "psetex", Arity: 4, Flags: Write | DenyOOM, Categories: StringCategory, Keys: oneKey("OW update"),
		Group: "string", Since: "2.6.0", Summary: "Sets the value of a key that ends after some milliseconds.",
		Complexity: "O(1)", DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `PX` argument",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "milliseconds", Type: IntegerArgument}, {Name: "value", Type: StringArgument},
		},
		Run: func(c *Context) { c.setEnding(expiryUnit{set: true}) },
	},
	{
		Name: "getset", Arity: 3, Flags: Write | DenyOOM | Fast, Categories: StringCategory, Keys: oneKey("RW access update"),
		Group: "string", Since: "1.0.0", Summary: "Sets the value of a key and returns the one before.", Complexity: "O(1)",
		DeprecatedSince: "6.2.0", ReplacedBy: "`SET` with the `!GET` argument",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "value", Type: StringArgument}},
		Run:       getSet,
	},
	{
		Name: "getex", Arity: -2, Flags: Write | Fast, Categories: StringCategory,
		Keys: KeySpec{
			First: 1, Last: 1, Step: 1, Flags: "RW access update", Notes: "RW and UPDATE because it changes the TTL",
		},
		Group: "string", Since: "6.2.0", Summary: "Returns the value of a key, and changes the time at which it ends.",
		Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "key", Type: KeyArgument},
			{Name: "expiration", Type: OneOf, Optional: true, Arguments: []Argument{
				{Name: "seconds", Type: IntegerArgument, Token: "EX"},
				{Name: "milliseconds", Type: IntegerArgument, Token: "PX"},
				{Name: "unix-time-seconds", Type: TimeArgument, Token: "EXAT"},
				{Name: "unix-time-milliseconds", Type: TimeArgument, Token: "PXAT"},
				token("PERSIST", ""),
			}},
		},
		Run: getWithExpiry,
	},
	{
		Name: "msetnx", Arity: -3, Flags: Write | DenyOOM, Categories: StringCategory, Keys: everyKey(2, "OW insert"),
		Group: "string", Since: "1.0.1", Summary: "Sets the values of several keys, if none of them is there.",
		Complexity: "O(N) in the number of keys",
		Arguments: []Argument{{Name: "data", Type: Block, Multiple: true, Arguments: []Argument{
			{Name: "key", Type: KeyArgument}, {Name: "value", Type: StringArgument},
		}}},
		Run: multiSetIfAbsent,
	},
}

func setIfAbsent(c *Context) {
	if _, found := c.find(c.Args[1]); found {
		c.touch(c.Args[1])
		c.Reply.Int(0)
		return
	}
	c.set(c.Args[1], c.Args[2], 0)
	c.Reply.Int(1)
}

// setEnding executes SETEX and PSETEX.
func (c *Context) setEnding(unit expiryUnit) {
	expireAt, ok := c.futureExpiry(unit, c.Args[2])
	if !ok {
		return
	}
	c.replace(c.Args[1], c.Args[3], expireAt)
	c.ok()
}

func getSet(c *Context) {
	key := c.Args[1]
	value, found, ok := c.readString(key)
	switch {
	case !ok:
		return
	case found:
		c.value(value)
	default:
		c.Reply.Null()
	}
	c.set(key, c.Args[2], 0)
}

// getexOptions are what may stand behind GETEX's key.
type getexOptions struct {
	persist bool
	expiry  expiryUnit
	// amount is the argument of the option that gives the expiry.
	amount []byte
}

// parseGetexOptions reports false for a word that is unknown, that contradicts one before it, or that lacks its argument.
func parseGetexOptions(args [][]byte) (o getexOptions, ok bool) {
	for i := 0; i < len(args); i++ {
		if isWord(args[i], "persist") && !o.expiry.set {
			o.persist = true
			continue
		}
		unit := parseExpiryUnit(args[i])
		if !unit.set || o.persist || o.expiry.set && o.expiry != unit || i+1 == len(args) {
			return getexOptions{}, false
		}
		i++
		o.expiry, o.amount = unit, args[i]
	}
	return o, true
}

// getWithExpiry executes GETEX. A time that has passed already deletes the key.
func getWithExpiry(c *Context) {
	key := c.Args[1]
	options, ok := parseGetexOptions(c.Args[2:])
	if !ok {
		c.fail(errSyntax)
		return
	}
	value, found, ok := c.readString(key)
	switch {
	case !ok:
		return
	case !found:
		c.Reply.Null()
		return
	}
	effect := keyspace.Effect{Kind: keyspace.ExpireAt, Slot: c.Slot, Key: key}
	if options.expiry.set {
		if effect.ExpireAt, ok = c.futureExpiry(options.expiry, options.amount); !ok {
			return
		}
	}
	c.value(value)
	switch {
	case options.persist && value.ExpireAt() != 0:
		effect.Kind = keyspace.Persist
	case !options.expiry.set:
		return
	case effect.ExpireAt <= c.Wall:
		effect.Kind, effect.ExpireAt = keyspace.Delete, 0
	}
	c.Apply(effect)
}

func multiSetIfAbsent(c *Context) {
	if len(c.Args)%2 == 0 {
		c.fail(WrongArity(c.Row))
		return
	}
	for i := 1; i < len(c.Args); i += 2 {
		if _, found := c.find(c.Args[i]); found {
			c.touch(c.Args[i])
			c.Reply.Int(0)
			return
		}
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.set(c.Args[i], c.Args[i+1], 0)
	}
	c.Reply.Int(1)
}
