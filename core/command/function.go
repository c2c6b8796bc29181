package command

// There are no functions and no scripts. What follows answers for none, so that tools which look after functions, such as
// redis-cli --cluster add-node, find all of them taken along.

// flushMode documents the ways in which a flush may be executed.
func flushMode(since, asyncSince, syncSince string) Argument {
	return Argument{Name: "flush-type", Type: OneOf, Since: since, Optional: true, Arguments: []Argument{
		token("ASYNC", asyncSince), token("SYNC", syncSince),
	}}
}

func isFlushMode(word []byte) bool { return isWord(word, "async") || isWord(word, "sync") }

var functionRow = &Row{
	Name: "function", Arity: -2,
	Group: "scripting", Since: "7.0.0", Summary: "Commands about functions, of which there are none.",
	Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "function|delete", Arity: 3, Flags: NoScript | Write, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "scripting", Since: "7.0.0", Summary: "Deletes a library.", Complexity: "O(1)",
			Arguments: []Argument{{Name: "library-name", Type: StringArgument}},
			Run:       func(c *Context) { c.fail(errNoLibrary) },
		},
		{
			Name: "function|dump", Arity: 2, Flags: NoScript, Categories: ScriptingCategory,
			Group: "scripting", Since: "7.0.0", Summary: "Returns all libraries in a form that FUNCTION RESTORE takes.",
			Complexity: "O(1)",
			Run:        func(c *Context) { c.Reply.Bulk(appendFooter(nil)) },
		},
		{
			Name: "function|flush", Arity: -2, Flags: NoScript | Write, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "scripting", Since: "7.0.0", Summary: "Deletes all libraries.", Complexity: "O(1)",
			Arguments: []Argument{flushMode("", "", "")},
			Run:       functionFlush,
		},
		{
			Name: "function|kill", Arity: 2, Flags: NoScript | AllowBusy, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_shards", "response_policy:one_succeeded"},
			Group: "scripting", Since: "7.0.0", Summary: "Ends the function that runs.", Complexity: "O(1)",
			Run: func(c *Context) { c.fail(errNotBusy) },
		},
		{
			Name: "function|list", Arity: -2, Flags: NoScript, Categories: ScriptingCategory,
			Tips:  []string{"nondeterministic_output_order"},
			Group: "scripting", Since: "7.0.0", Summary: "Lists the libraries.", Complexity: "O(1)",
			Arguments: []Argument{
				{Name: "library-name-pattern", Type: StringArgument, Token: "LIBRARYNAME", Optional: true},
				{Name: "withcode", Type: TokenArgument, Token: "WITHCODE", Optional: true},
			},
			Run: functionList,
		},
		{
			Name: "function|restore", Arity: -3, Flags: NoScript | Write | DenyOOM, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "scripting", Since: "7.0.0", Summary: "Takes what FUNCTION DUMP has returned, if that is without libraries.",
			Complexity: "O(N) in the length of the payload",
			Arguments: []Argument{
				{Name: "serialized-value", Type: StringArgument},
				{Name: "policy", Type: OneOf, Optional: true, Arguments: []Argument{
					token("FLUSH", ""), token("APPEND", ""), token("REPLACE", ""),
				}},
			},
			Run: functionRestore,
		},
		{
			Name: "function|stats", Arity: 2, Flags: NoScript | AllowBusy, Categories: ScriptingCategory,
			Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Group: "scripting", Since: "7.0.0", Summary: "Tells which function runs, and how many there are.", Complexity: "O(1)",
			Run: functionStatistics,
		},
		helpRow("function", "scripting", "7.0.0", ScriptingCategory),
	},
}

var scriptRow = &Row{
	Name: "script", Arity: -2,
	Group: "scripting", Since: "2.6.0", Summary: "Commands about scripts, of which there are none.",
	Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "script|exists", Arity: -3, Flags: NoScript, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_shards", "response_policy:agg_logical_and"},
			Group: "scripting", Since: "2.6.0", Summary: "Tells which of the scripts are known.",
			Complexity: "O(N) in the number of scripts",
			Arguments:  []Argument{{Name: "sha1", Type: StringArgument, Multiple: true}},
			Run:        scriptExists,
		},
		{
			Name: "script|kill", Arity: 2, Flags: NoScript | AllowBusy, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_shards", "response_policy:one_succeeded"},
			Group: "scripting", Since: "2.6.0", Summary: "Ends the script that runs.", Complexity: "O(1)",
			Run: func(c *Context) { c.fail(errNotBusy) },
		},
		{
			Name: "script|flush", Arity: -2, Flags: NoScript, Categories: ScriptingCategory,
			Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "scripting", Since: "2.6.0", Summary: "Forgets all scripts.", Complexity: "O(1)",
			Arguments: []Argument{flushMode("6.2.0", "", "")},
			Run:       scriptFlush,
		},
		helpRow("script", "scripting", "5.0.0", ScriptingCategory),
	},
}

const (
	errFunctionFlush   Error = "ERR FUNCTION FLUSH only supports SYNC|ASYNC option"
	errScriptFlush     Error = "ERR SCRIPT FLUSH only support SYNC|ASYNC option"
	errLibraryName     Error = "ERR library name argument was not given"
	errNoLibrary       Error = "ERR Library not found"
	errNotBusy         Error = "NOTBUSY No scripts in execution right now."
	errRestorePolicy   Error = "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."
	errFunctionPayload Error = "ERR failed loading the given functions payload"
)

func functionFlush(c *Context) {
	switch {
	case len(c.Args) > 3:
		c.fail(wrongSubcommandSyntax(c.Args))
	case len(c.Args) == 3 && !isFlushMode(c.Args[2]):
		c.fail(errFunctionFlush)
	default:
		c.ok()
	}
}

func functionList(c *Context) {
	withCode, named := false, false
	for args := c.Args[2:]; len(args) > 0; args = args[1:] {
		switch {
		case !withCode && isWord(args[0], "withcode"):
			withCode = true
		case !named && isWord(args[0], "libraryname"):
			if len(args) < 2 {
				c.fail(errLibraryName)
				return
			}
			named = true
			args = args[1:]
		default:
			c.fail(Error("ERR Unknown argument " + string(quotable(args[0], len(args[0])))))
			return
		}
	}
	c.Reply.Array(0)
}

func functionRestore(c *Context) {
	if len(c.Args) > 4 {
		c.fail(wrongSubcommandSyntax(c.Args))
		return
	}
	if len(c.Args) == 4 {
		policy := c.Args[3]
		if !isWord(policy, "flush") && !isWord(policy, "append") && !isWord(policy, "replace") {
			c.fail(errRestorePolicy)
			return
		}
	}
	body, ok := checkFooter(c.Args[2])
	switch {
	case !ok:
		c.fail(errPayload)
	case len(body) > 0:
		c.fail(errFunctionPayload)
	default:
		c.ok()
	}
}

func functionStatistics(c *Context) {
	w := c.Reply
	w.Map(2)
	w.BulkString("running_script")
	w.Null()
	w.BulkString("engines")
	w.Map(1)
	w.BulkString("LUA")
	w.Map(2)
	w.BulkString("libraries_count")
	w.Int(0)
	w.BulkString("functions_count")
	w.Int(0)
}

func scriptExists(c *Context) {
	c.Reply.Array(len(c.Args) - 2)
	for range c.Args[2:] {
		c.Reply.Int(0)
	}
}

func scriptFlush(c *Context) {
	if len(c.Args) > 3 || len(c.Args) == 3 && !isFlushMode(c.Args[2]) {
		c.fail(errScriptFlush)
		return
	}
	c.ok()
}
