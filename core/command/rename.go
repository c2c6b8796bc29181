package command

import "github.com/ember-cluster/ember/core/keyspace"

var renameRows = []*Row{
	{
		Name: "rename", Arity: 3, Flags: Write, Categories: KeyspaceCategory,
		Keys:     KeySpec{First: 1, Last: 2, Step: 1},
		KeyParts: []KeySpec{oneKey("RW access delete"), {First: 2, Last: 2, Step: 1, Flags: "OW update"}},
		Group:    "generic", Since: "1.0.0", Summary: "Gives a key another name, which may be taken.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "newkey", Type: KeyArgument, KeySpec: 1}},
		Run: func(c *Context) {
			if renamed, ok := c.rename(true); ok && renamed {
				c.ok()
			}
		},
	},
	{
		Name: "renamenx", Arity: 3, Flags: Write | Fast, Categories: KeyspaceCategory,
		Keys:     KeySpec{First: 1, Last: 2, Step: 1},
		KeyParts: []KeySpec{oneKey("RW access delete"), {First: 2, Last: 2, Step: 1, Flags: "OW insert"}},
		Group:    "generic", Since: "1.0.0", Summary: "Gives a key another name, if that is free.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "key", Type: KeyArgument}, {Name: "newkey", Type: KeyArgument, KeySpec: 1}},
		Run: func(c *Context) {
			if renamed, ok := c.rename(false); ok {
				c.writeBit(renamed)
			}
		},
	},
	{
		Name: "copy", Arity: -3, Flags: Write | DenyOOM, Categories: KeyspaceCategory,
		Keys:     KeySpec{First: 1, Last: 2, Step: 1},
		KeyParts: []KeySpec{oneKey("RO access"), {First: 2, Last: 2, Step: 1, Flags: "OW update"}},
		Group:    "generic", Since: "6.2.0", Summary: "Copies a key, with its value and the time at which it ends.",
		Complexity: "O(N) in the length of the value",
		Arguments: []Argument{
			{Name: "source", Type: KeyArgument},
			{Name: "destination", Type: KeyArgument, KeySpec: 1},
			{Name: "destination-db", Type: IntegerArgument, Token: "DB", Optional: true},
			{Name: "replace", Type: TokenArgument, Token: "REPLACE", Optional: true},
		},
		Run: copyKey,
	},
	{
		Name: "move", Arity: 3, Flags: Write | Fast, Categories: KeyspaceCategory, Keys: oneKey("RW access update"),
		Group: "generic", Since: "1.0.0", Summary: "Moves a key to another database; a cluster has no other.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "key", Type: KeyArgument}, {Name: "db", Type: IntegerArgument}},
		Run:        func(c *Context) { c.fail(errMove) },
	},
	{
		Name: "swapdb", Arity: 3, Flags: Write | Fast, Categories: KeyspaceCategory | DangerousCategory,
		Group: "server", Since: "4.0.0", Summary: "Swaps two databases; a cluster has only one.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "index1", Type: IntegerArgument}, {Name: "index2", Type: IntegerArgument}},
		Run:       func(c *Context) { c.fail(errSwapDatabases) },
	},
}

const (
	errNoKey         Error = "ERR no such key"
	errSameObject    Error = "ERR source and destination objects are the same"
	errDatabaseIndex Error = "ERR DB index is out of range"
	errCopyDatabase  Error = "ERR Copying to another database is not allowed in cluster mode"
	errMove          Error = "ERR MOVE is not allowed in cluster mode"
	errSwapDatabases Error = "ERR SWAPDB is not allowed in cluster mode"
)

// databases is how many databases Redis has unless it is told otherwise. A cluster uses the first one only, but COPY tells
// an index that there is not from one that may not be used.
const databases = 16

// rename moves the first key to the name of the second. It reports whether it has done so, which it does not if the name
// is taken and may not be replaced; not ok stands for an error reply.
func (c *Context) rename(replace bool) (renamed, ok bool) {
	key, name := c.Args[1], c.Args[2]
	if _, found := c.find(key); !found {
		c.fail(errNoKey)
		return false, false
	}
	c.touch(key)
	value, _ := c.find(key) // with that use, which the new name takes over
	if string(key) == string(name) {
		return replace, true
	}
	expireAt := value.ExpireAt()
	text := value.Append(nil) // the look-up of the name may change the Space
	if _, taken := c.find(name); taken && !replace {
		return false, true
	}
	c.set(name, text, expireAt)
	c.Space.CopyAccess(c.Slot, name, value)
	c.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: c.Slot, Key: key})
	return true, true
}

// parseCopyOptions reads the options of COPY, or writes an error reply.
func (c *Context) parseCopyOptions(args [][]byte) (replace, ok bool) {
	database := int32(0)
	for i := 0; i < len(args); i++ {
		switch {
		case isWord(args[i], "replace"):
			replace = true
		case isWord(args[i], "db") && i+1 < len(args):
			i++
			if database, ok = c.integer32(args[i]); !ok {
				return false, false
			}
			if database < 0 || database >= databases {
				c.fail(errDatabaseIndex)
				return false, false
			}
		default:
			c.fail(errSyntax)
			return false, false
		}
	}
	if database != 0 {
		c.fail(errCopyDatabase)
		return false, false
	}
	return replace, true
}

func copyKey(c *Context) {
	key, name := c.Args[1], c.Args[2]
	replace, ok := c.parseCopyOptions(c.Args[3:])
	switch {
	case !ok:
		return
	case string(key) == string(name):
		c.fail(errSameObject)
		return
	}
	value, found := c.read(key)
	if !found {
		c.Reply.Int(0)
		return
	}
	expireAt := value.ExpireAt()
	text := value.Append(nil) // the look-up of the name may change the Space
	if _, taken := c.find(name); taken && !replace {
		c.Reply.Int(0)
		return
	}
	c.set(name, text, expireAt)
	c.Reply.Int(1)
}
