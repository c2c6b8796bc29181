package command

import "github.com/ember-cluster/ember/core/keyspace"

// restoreArguments document RESTORE and RESTORE-ASKING.
var restoreArguments = []Argument{
	{Name: "key", Type: KeyArgument},
	{Name: "ttl", Type: IntegerArgument},
	{Name: "serialized-value", Type: StringArgument},
	{Name: "replace", Type: TokenArgument, Token: "REPLACE", Since: "3.0.0", Optional: true},
	{Name: "absttl", Type: TokenArgument, Token: "ABSTTL", Since: "5.0.0", Optional: true},
	{Name: "seconds", Type: IntegerArgument, Token: "IDLETIME", Since: "5.0.0", Optional: true},
	{Name: "frequency", Type: IntegerArgument, Token: "FREQ", Since: "5.0.0", Optional: true},
}

var dumpRows = []*Row{
	{
		Name: "dump", Arity: 2, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: oneKey("RO access"),
		Tips:  []string{"nondeterministic_output"},
		Group: "generic", Since: "2.6.0", Summary: "Returns the value of a key in a form that RESTORE takes.",
		Complexity: "O(N) in the length of the value",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
		Run:        dump,
	},
	{
		Name: "restore", Arity: -4, Flags: Write | DenyOOM, Categories: KeyspaceCategory | DangerousCategory,
		Keys:  oneKey("OW update"),
		Group: "generic", Since: "2.6.0", Summary: "Makes a key of what DUMP has returned.",
		Complexity: "O(N) in the length of the value",
		Arguments:  restoreArguments,
		Run:        restore,
	},
	{
		Name: "restore-asking", Arity: -4, Flags: Write | DenyOOM | Asking, Categories: KeyspaceCategory | DangerousCategory,
		Keys:  oneKey("OW update"),
		Group: "server", Since: "3.0.0", Summary: "Does what RESTORE does, in a slot that is being imported.",
		Complexity: "O(N) in the length of the value",
		Internal:   true,
		Arguments:  restoreArguments,
		Run:        restore,
	},
}

const (
	errBusyKey          Error = "BUSYKEY Target key name already exists."
	errNegativeIdleTime Error = "ERR Invalid IDLETIME value, must be >= 0"
	errFrequencyRange   Error = "ERR Invalid FREQ value, must be >= 0 and <= 255"
	errNegativeTTL      Error = "ERR Invalid TTL value, must be >= 0"
)

func dump(c *Context) {
	value, found := c.read(c.Args[1])
	if !found {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(c.appendPayload(nil, value.Bytes(&c.scratch)))
}

// restoreOptions are what may stand behind RESTORE's payload.
type restoreOptions struct {
	replace, absolute bool
	// idle and frequency say that there is one, seconds and counter which.
	idle, frequency  bool
	seconds, counter int64
}

// restoreOptions reads the options, or writes an error reply.
func (c *Context) restoreOptions(args [][]byte) (o restoreOptions, ok bool) {
	for i := 0; i < len(args); i++ {
		switch word := args[i]; {
		case isWord(word, "replace"):
			o.replace = true
		case isWord(word, "absttl"):
			o.absolute = true
		case isWord(word, "idletime") && i+1 < len(args) && !o.frequency:
			i++
			seconds, ok := c.integer(args[i])
			if !ok {
				return o, false
			}
			if seconds < 0 {
				c.fail(errNegativeIdleTime)
				return o, false
			}
			o.idle, o.seconds = true, seconds
		case isWord(word, "freq") && i+1 < len(args) && !o.idle:
			i++
			frequency, ok := c.integer(args[i])
			if !ok {
				return o, false
			}
			if frequency < 0 || frequency > 255 {
				c.fail(errFrequencyRange)
				return o, false
			}
			o.frequency, o.counter = true, frequency
		default:
			c.fail(errSyntax)
			return o, false
		}
	}
	return o, true
}

// restore leaves a key whose time has passed already absent, and is content with that.
func restore(c *Context) {
	key := c.Args[1]
	options, ok := c.restoreOptions(c.Args[4:])
	if !ok {
		return
	}
	_, found := c.find(key)
	if found && !options.replace {
		c.fail(errBusyKey)
		return
	}
	expireAt, ok := c.restoreExpiry(options.absolute)
	if !ok {
		return
	}
	text, err := parsePayload(c.Args[3])
	if err != nil {
		c.fail(err)
		return
	}
	switch {
	case expireAt == 0 || expireAt > c.Wall:
		c.set(key, text, expireAt)
		c.restoreUse(key, options)
	case found:
		c.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: c.Slot, Key: key})
	}
	c.ok()
}

// restoreUse takes over what another server knew of a key's use, if this one records the same.
func (c *Context) restoreUse(key []byte, o restoreOptions) {
	switch byFrequency := c.Settings.Eviction.Policy.ByFrequency(); {
	case o.idle && !byFrequency:
		c.Space.SetIdle(c.Slot, key, o.seconds)
	case o.frequency && byFrequency:
		c.Space.SetFrequency(c.Slot, key, o.counter)
	}
}

// restoreExpiry returns when the key ends, 0 for never, or writes an error reply.
func (c *Context) restoreExpiry(absolute bool) (expireAt int64, ok bool) {
	ttl, ok := c.integer(c.Args[2])
	switch {
	case !ok:
		return 0, false
	case ttl < 0:
		c.fail(errNegativeTTL)
		return 0, false
	case ttl == 0 || absolute:
		return ttl, true
	}
	return ttl + c.Wall, true // beyond 64 bits it wraps around to a time long past, as in Redis
}

// parsePayload returns the string that a payload holds.
func parsePayload(payload []byte) ([]byte, error) {
	body, ok := checkFooter(payload)
	if !ok {
		return nil, errPayload
	}
	if len(body) == 0 || body[0] != payloadString {
		return nil, errDataFormat
	}
	text, ok := parsePayloadString(body[1:])
	if !ok {
		return nil, errDataFormat
	}
	return text, nil
}
