package command

import (
	"math"

	"github.com/ember-cluster/ember/core/keyspace"
)

var setRow = &Row{
	Name: "set", Arity: -3, Flags: Write | DenyOOM, Categories: StringCategory,
	Keys: KeySpec{
		First: 1, Last: 1, Step: 1, Flags: "RW access update variable_flags",
		Notes: "RW and ACCESS due to the optional `GET` argument",
	},
	VariableKeyFlags: setKeyFlags,
	Group:            "string", Since: "1.0.0", Summary: "Sets the value of a key, and the time at which it ends.",
	Complexity: "O(1)",
	Arguments: []Argument{
		{Name: "key", Type: KeyArgument},
		{Name: "value", Type: StringArgument},
		{Name: "condition", Type: OneOf, Since: "2.6.12", Optional: true, Arguments: []Argument{token("NX", ""), token("XX", "")}},
		{Name: "get", Type: TokenArgument, Token: "GET", Since: "6.2.0", Optional: true},
		{Name: "expiration", Type: OneOf, Optional: true, Arguments: []Argument{
			{Name: "seconds", Type: IntegerArgument, Token: "EX", Since: "2.6.12"},
			{Name: "milliseconds", Type: IntegerArgument, Token: "PX", Since: "2.6.12"},
			{Name: "unix-time-seconds", Type: TimeArgument, Token: "EXAT", Since: "6.2.0"},
			{Name: "unix-time-milliseconds", Type: TimeArgument, Token: "PXAT", Since: "6.2.0"},
			token("KEEPTTL", "6.0.0"),
		}},
	},
	Run: set,
}

// setOptions are what may stand behind SET's value.
type setOptions struct {
	onlyAbsent, onlyPresent bool // NX, XX
	get, keepTTL            bool
	expiry                  expiryUnit
	// amount is the argument of the option that gives the expiry.
	amount []byte
}

// expiryUnit is the way in which an expiry is given.
type expiryUnit struct {
	set bool
	// seconds rather than milliseconds; absolute rather than from now on.
	seconds, absolute bool
}

func set(c *Context) {
	if len(c.Args) == 3 {
		c.setPlainly()
		return
	}
	options, ok := parseSetOptions(c.Args[3:])
	if !ok {
		c.fail(errSyntax)
		return
	}
	var expireAt int64
	if options.expiry.set {
		if expireAt, ok = c.futureExpiry(options.expiry, options.amount); !ok {
			return
		}
	}
	key := c.Args[1]
	old, found, ok := c.findForSet(key, options.get)
	if !ok {
		return
	}
	met := !(options.onlyAbsent && found || options.onlyPresent && !found)
	switch {
	case options.get && found:
		c.value(old)
	case options.get || !met:
		c.Reply.Null()
	default:
		c.ok()
	}
	if !met {
		c.touch(key)
		return
	}
	if options.keepTTL {
		expireAt = old.ExpireAt()
	}
	c.setUnlessPast(key, c.Args[2], expireAt, found)
}

// setPlainly is SET without options.
func (c *Context) setPlainly() {
	c.ok()
	c.replace(c.Args[1], c.Args[2], 0)
}

// findForSet returns the old value. Only if the client gets it does it count as read, and has to be a string.
func (c *Context) findForSet(key []byte, get bool) (value keyspace.Value, found, ok bool) {
	if get {
		return c.readString(key)
	}
	value, found = c.find(key)
	return value, found, true
}

// setUnlessPast sets a key, or deletes it if the time at which it is to end has passed already.
func (c *Context) setUnlessPast(key, value []byte, expireAt int64, found bool) {
	switch {
	case expireAt == 0 || expireAt >= c.Wall:
		c.set(key, value, expireAt)
	case found:
		c.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: c.Slot, Key: key})
	}
}

// parseSetOptions reports false for a word that is unknown, that contradicts one before it, or that lacks its argument.
func parseSetOptions(args [][]byte) (o setOptions, ok bool) {
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch {
		case isWord(word, "nx") && !o.onlyPresent:
			o.onlyAbsent = true
		case isWord(word, "xx") && !o.onlyAbsent:
			o.onlyPresent = true
		case isWord(word, "get"):
			o.get = true
		case isWord(word, "keepttl") && !o.expiry.set:
			o.keepTTL = true
		default:
			unit := parseExpiryUnit(word)
			// The same unit may be given again; the last one counts.
			if !unit.set || o.keepTTL || o.expiry.set && o.expiry != unit || i+1 == len(args) {
				return setOptions{}, false
			}
			i++
			o.expiry, o.amount = unit, args[i]
		}
	}
	return o, true
}

func parseExpiryUnit(word []byte) expiryUnit {
	switch {
	case isWord(word, "ex"):
		return expiryUnit{set: true, seconds: true}
	case isWord(word, "px"):
		return expiryUnit{set: true}
	case isWord(word, "exat"):
		return expiryUnit{set: true, seconds: true, absolute: true}
	case isWord(word, "pxat"):
		return expiryUnit{set: true, absolute: true}
	}
	return expiryUnit{}
}

// futureExpiry reads an expiry that must be positive and returns it in Unix milliseconds, or writes an error reply.
func (c *Context) futureExpiry(unit expiryUnit, amount []byte) (int64, bool) {
	number, ok := c.integer(amount)
	if !ok {
		return 0, false
	}
	at, ok := unit.at(number, c.Wall)
	if !ok || number <= 0 {
		c.fail(c.invalidExpiry())
		return 0, false
	}
	return at, true
}

// at returns the expiry in Unix milliseconds, or false if that is beyond 64 bits.
func (u expiryUnit) at(number, wall int64) (int64, bool) {
	if u.seconds {
		if number > math.MaxInt64/1000 || number < math.MinInt64/1000 {
			return 0, false
		}
		number *= 1000
	}
	if u.absolute {
		return number, true
	}
	return number + wall, number <= math.MaxInt64-wall
}

func (c *Context) invalidExpiry() error {
	return Error("ERR invalid expire time in '" + c.Row.Name + "' command")
}

// setKeyFlags says that SET reads its key only with GET.
func setKeyFlags(args [][]byte) string {
	for _, word := range args[3:] {
		if isWord(word, "get") {
			return "RW access update"
		}
	}
	return "OW update"
}
