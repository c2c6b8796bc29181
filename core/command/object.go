package command

import "github.com/ember-cluster/ember/core/keyspace"

var objectRow = &Row{
	Name: "object", Arity: -2,
	Group: "generic", Since: "2.2.3", Summary: "Commands about how values are kept.", Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "object|encoding", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "2.2.3", Summary: "Returns the way in which the value of a key is kept.", Complexity: "O(1)",
			Arguments: []Argument{{Name: "key", Type: KeyArgument}},
			NoTouch:   true,
			Run:       objectEncoding,
		},
		{
			Name: "object|freq", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "4.0.0", Summary: "Returns the logarithmic count of a key's uses, if the eviction policy needs it.", Complexity: "O(1)",
			Arguments: []Argument{{Name: "key", Type: KeyArgument}},
			NoTouch:   true,
			Run:       objectFrequency,
		},
		{
			Name: "object|idletime", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "2.2.3", Summary: "Returns for how many seconds a key was not used, unless the eviction policy counts uses.",
			Complexity: "O(1)",
			Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
			NoTouch:    true,
			Run:        objectIdleTime,
		},
		{
			Name: "object|refcount", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "2.2.3", Summary: "Returns how many references there are to the value of a key.",
			Complexity: "O(1)",
			Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
			NoTouch:    true,
			Run:        objectReferences,
		},
		helpRow("object", "generic", "6.2.0", KeyspaceCategory),
	},
}

const (
	errNoFrequency Error = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that " +
		"when switching between policies at runtime LRU and LFU data will take some time to adjust."
	errNoIdleTime Error = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that " +
		"when switching between policies at runtime LRU and LFU data will take some time to adjust."
)

const (
	// maxEmbedded is the length of the longest string that Redis keeps within its object.
	maxEmbedded = 44
	// Redis has the integers below sharedIntegers once only, with a count of references that says so.
	sharedIntegers   = 10000
	sharedReferences = 1<<31 - 1
)

// readObject returns the value of a subcommand's key, or writes null.
func (c *Context) readObject() (keyspace.Value, bool) {
	value, found := c.read(c.Args[2])
	if !found {
		c.Reply.Null()
	}
	return value, found
}

// objectEncoding answers what Redis does for a value that was set at once: an encoding that only history tells, such as
// raw for a short string that was appended to, is not remembered.
func objectEncoding(c *Context) {
	if value, found := c.readObject(); found {
		c.Reply.BulkString(encodingOf(value))
	}
}

func encodingOf(value keyspace.Value) string {
	_, isInteger := value.Integer()
	switch {
	case isInteger:
		return "int"
	case value.Len() <= maxEmbedded:
		return "embstr"
	}
	return "raw"
}

func objectFrequency(c *Context) {
	value, found := c.readObject()
	switch {
	case !found:
	case c.Settings.Eviction.Policy.ByFrequency():
		c.Reply.Int(c.Space.Frequency(value))
	default:
		c.fail(errNoFrequency)
	}
}

func objectIdleTime(c *Context) {
	value, found := c.readObject()
	switch {
	case !found:
	case c.Settings.Eviction.Policy.ByFrequency():
		c.fail(errNoIdleTime)
	default:
		c.Reply.Int(c.Space.Idle(value))
	}
}

// objectReferences answers what Redis does: an integer that it has once only cannot have a record of use for each key.
func objectReferences(c *Context) {
	value, found := c.readObject()
	if !found {
		return
	}
	shared := c.Settings.MaxMemory == 0 || !c.Settings.Eviction.Policy.ByUse()
	if number, ok := value.Integer(); shared && ok && number >= 0 && number < sharedIntegers {
		c.Reply.Int(sharedReferences)
		return
	}
	c.Reply.Int(1)
}
