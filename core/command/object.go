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
			Run:       objectEncoding,
		},
		{
			Name: "object|freq", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "4.0.0", Summary: "Tells how often a key is used, which is not counted.", Complexity: "O(1)",
			Arguments: []Argument{{Name: "key", Type: KeyArgument}},
			Run:       objectFrequency,
		},
		{
			Name: "object|idletime", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "2.2.3", Summary: "Tells for how long a key was not used; that is not recorded, so always 0.",
			Complexity: "O(1)",
			Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
			Run:        objectIdleTime,
		},
		{
			Name: "object|refcount", Arity: 3, Flags: ReadOnly, Categories: KeyspaceCategory, Keys: subcommandKey("RO"),
			Tips:  []string{"nondeterministic_output"},
			Group: "generic", Since: "2.2.3", Summary: "Returns how many references there are to the value of a key.",
			Complexity: "O(1)",
			Arguments:  []Argument{{Name: "key", Type: KeyArgument}},
			Run:        objectReferences,
		},
		helpRow("object", "generic", "6.2.0", KeyspaceCategory),
	},
}

const errNoFrequency Error = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that " +
	"when switching between policies at runtime LRU and LFU data will take some time to adjust."

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
	if _, found := c.readObject(); found {
		c.fail(errNoFrequency)
	}
}

func objectIdleTime(c *Context) {
	if _, found := c.readObject(); found {
		c.Reply.Int(0)
	}
}

// objectReferences answers what Redis does without a limit on its memory.
func objectReferences(c *Context) {
	value, found := c.readObject()
	if !found {
		return
	}
	if number, ok := value.Integer(); ok && number >= 0 && number < sharedIntegers {
		c.Reply.Int(sharedReferences)
		return
	}
	c.Reply.Int(1)
}
