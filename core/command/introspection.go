package command

import "strings"

var introspectionRows = []*Row{
	{
		Name: "command", Arity: -1, Flags: Loading | Stale, Categories: ConnectionCategory,
		Tips:  []string{"nondeterministic_output_order"},
		Group: "server", Since: "2.8.13", Summary: "Describes all commands.",
		Complexity: "O(N) in the number of commands",
		Run:        func(c *Context) { c.describeAll() },
		Subcommands: []*Row{
			{
				Name: "command|count", Arity: 2, Flags: Loading | Stale, Categories: ConnectionCategory,
				Group: "server", Since: "2.8.13", Summary: "Returns the number of commands.", Complexity: "O(1)",
				Run: func(c *Context) { c.Reply.Int(int64(len(commands.rows))) },
			},
			{
				Name: "command|info", Arity: -2, Flags: Loading | Stale, Categories: ConnectionCategory,
				Tips:  []string{"nondeterministic_output_order"},
				Group: "server", Since: "2.8.13", Summary: "Describes some commands, or all.",
				Complexity: "O(N) in the number of commands",
				Arguments:  []Argument{{Name: "command-name", Type: StringArgument, Optional: true, Multiple: true}},
				Run:        commandInfo,
			},
			{
				Name: "command|docs", Arity: -2, Flags: Loading | Stale, Categories: ConnectionCategory,
				Tips:  []string{"nondeterministic_output_order"},
				Group: "server", Since: "7.0.0", Summary: "Documents some commands, or all.",
				Complexity: "O(N) in the number of commands",
				Arguments:  []Argument{{Name: "command-name", Type: StringArgument, Optional: true, Multiple: true}},
				Run:        commandDocs,
			},
			{
				Name: "command|list", Arity: -2, Flags: Loading | Stale, Categories: ConnectionCategory,
				Tips:  []string{"nondeterministic_output_order"},
				Group: "server", Since: "7.0.0", Summary: "Returns the names of the commands.",
				Complexity: "O(N) in the number of commands",
				Arguments: []Argument{{Name: "filterby", Type: OneOf, Token: "FILTERBY", Optional: true, Arguments: []Argument{
					{Name: "module-name", Type: StringArgument, Token: "MODULE"},
					{Name: "category", Type: StringArgument, Token: "ACLCAT"},
					{Name: "pattern", Type: PatternArgument, Token: "PATTERN"},
				}}},
				Run: commandList,
			},
			{
				Name: "command|getkeys", Arity: -3, Flags: Loading | Stale, Categories: ConnectionCategory,
				Group: "server", Since: "2.8.13", Summary: "Returns the keys of a command.",
				Complexity: "O(N) in the number of arguments",
				Arguments:  fullCommand,
				Run:        func(c *Context) { c.writeFoundKeys(false) },
			},
			{
				Name: "command|getkeysandflags", Arity: -3, Flags: Loading | Stale, Categories: ConnectionCategory,
				Group: "server", Since: "7.0.0", Summary: "Returns the keys of a command and what it does with them.",
				Complexity: "O(N) in the number of arguments",
				Arguments:  fullCommand,
				Run:        func(c *Context) { c.writeFoundKeys(true) },
			},
			helpRow("command", "server", "5.0.0", ConnectionCategory),
		},
	},
}

// fullCommand documents the arguments of COMMAND GETKEYS and GETKEYSANDFLAGS.
var fullCommand = []Argument{
	{Name: "command", Type: StringArgument},
	{Name: "arg", Type: StringArgument, Optional: true, Multiple: true},
}

const (
	errNoCommand   Error = "ERR Invalid command specified"
	errNoArity     Error = "ERR Invalid number of arguments specified for command"
	errNoKeys      Error = "ERR The command has no key arguments"
	errNoArguments Error = "ERR Invalid arguments specified for command"
)

// describeAll writes every command as COMMAND does.
func (c *Context) describeAll() {
	c.Reply.Array(len(commands.rows))
	for _, row := range commands.rows {
		c.describe(row)
	}
}

func commandInfo(c *Context) {
	names := c.Args[2:]
	if len(names) == 0 {
		c.describeAll()
		return
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		if row := byFullName(name); row != nil {
			c.describe(row)
		} else {
			c.Reply.Null()
		}
	}
}

// describe writes the ten elements by which COMMAND INFO describes a command.
func (c *Context) describe(row *Row) {
	w := c.Reply
	w.Array(10)
	w.BulkString(row.Name)
	w.Int(int64(row.Arity))
	c.statusSet(row.Flags.Names())
	w.Int(int64(row.Keys.First))
	w.Int(int64(row.Keys.Last))
	w.Int(int64(row.Keys.Step))
	c.statusSet(row.AllCategories().Names())
	w.Set(len(row.Tips))
	for _, tip := range row.Tips {
		w.BulkString(tip)
	}
	c.describeKeys(row)
	if len(row.Subcommands) == 0 {
		w.Set(0) // as Redis has it: none is a set, some are an array
		return
	}
	w.Array(len(row.Subcommands))
	for _, subcommand := range row.Subcommands {
		c.describe(subcommand)
	}
}

// statusSet writes a set of words.
func (c *Context) statusSet(words []string) {
	c.Reply.Set(len(words))
	for _, word := range words {
		c.Reply.Simple(word)
	}
}

// commandList writes the names of the commands and subcommands, all or those that a filter lets pass.
func commandList(c *Context) {
	passes, ok := parseListFilter(c.Args[2:])
	if !ok {
		c.fail(errSyntax)
		return
	}
	var names []string
	for _, row := range commands.rows {
		if passes(row) {
			names = append(names, row.Name)
		}
		for _, subcommand := range row.Subcommands {
			if passes(subcommand) {
				names = append(names, subcommand.Name)
			}
		}
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
}

func parseListFilter(args [][]byte) (passes func(*Row) bool, ok bool) {
	switch {
	case len(args) == 0:
		return func(*Row) bool { return true }, true
	case len(args) != 3 || !isWord(args[0], "filterby"):
		return nil, false
	case isWord(args[1], "module"): // there are no modules
		return func(*Row) bool { return false }, true
	case isWord(args[1], "aclcat"):
		category := categoryOf(args[2])
		return func(row *Row) bool { return row.AllCategories()&category != 0 }, true
	case isWord(args[1], "pattern"):
		pattern := args[2]
		return func(row *Row) bool { return globMatch(pattern, []byte(row.Name), true) }, true
	}
	return nil, false
}

// categoryOf returns the category of a name without the leading '@', or 0.
func categoryOf(name []byte) Categories {
	for i, known := range categoryNames {
		if isWord(name, known[1:]) {
			return 1 << i
		}
	}
	return 0
}

// writeFoundKeys executes COMMAND GETKEYS and GETKEYSANDFLAGS.
func (c *Context) writeFoundKeys(withFlags bool) {
	args := c.Args[2:]
	row := Resolve(args)
	switch {
	case row == nil:
		c.fail(errNoCommand)
		return
	case row.Keys.Step == 0:
		c.fail(errNoKeys)
		return
	case !row.ArityFits(len(args)):
		c.fail(errNoArity)
		return
	}
	keys, ok := row.KeyPositions(args)
	if !ok {
		c.fail(errNoArguments)
		return
	}
	c.Reply.Array(keys.Count)
	for i := range keys.Count {
		at := keys.First + i*keys.Step
		if withFlags {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(args[at])
		if withFlags {
			c.statusSet(strings.Fields(row.keyFlags(args, at)))
		}
	}
}

// keyFlags returns what a command does with the key among its arguments at a place.
func (r *Row) keyFlags(args [][]byte, at int) string {
	if r.VariableKeyFlags != nil {
		return r.VariableKeyFlags(args)
	}
	for i := range r.KeyParts {
		if part := &r.KeyParts[i]; at >= part.First && (part.Last < 0 || at <= part.Last) {
			return part.Flags
		}
	}
	return r.Keys.Flags
}
