package command

import (
	"bytes"
	"cmp"
	"slices"
)

var serverRows = []*Row{infoRow, configRow, memoryRow, functionRow, scriptRow, roleRow}

var configRow = &Row{
	Name: "config", Arity: -2,
	Group: "server", Since: "2.0.0", Summary: "Commands about the server's configuration.",
	Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "config|get", Arity: -3, Flags: Admin | NoScript | Loading | Stale,
			Group: "server", Since: "2.0.0", Summary: "Returns the parameters whose names match a pattern.",
			Complexity: "O(N) in the number of parameters",
			Arguments: []Argument{{Name: "parameter", Type: Block, Multiple: true, Arguments: []Argument{
				{Name: "parameter", Type: StringArgument},
			}}},
			Run: configGet,
		},
		{
			Name: "config|set", Arity: -4, Flags: Admin | NoScript | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "server", Since: "2.0.0", Summary: "Changes parameters, all of those given or none.",
			Complexity: "O(N) in the number of parameters",
			Arguments: []Argument{{Name: "data", Type: Block, Multiple: true, Arguments: []Argument{
				{Name: "parameter", Type: StringArgument}, {Name: "value", Type: StringArgument},
			}}},
			IsSecret: func(args [][]byte, index int) bool {
				return index > 2 && (isWord(args[index-1], "requirepass") || isWord(args[index-1], "cluster-secret"))
			},
			Run: configSet,
		},
		{
			Name: "config|resetstat", Arity: 2, Flags: Admin | NoScript | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "server", Since: "2.0.0", Summary: "Lets what INFO counts begin at zero again.", Complexity: "O(1)",
			Run: func(c *Context) {
				c.Counts = Counts{}
				c.Statistics.Reset()
				c.Server.ResetCounters()
				c.ok()
			},
		},
		{
			Name: "config|rewrite", Arity: 2, Flags: Admin | NoScript | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "server", Since: "2.8.0", Summary: "Writes the parameters to the configuration file.", Complexity: "O(1)",
			Run: func(c *Context) {
				if err := c.Server.RewriteParameters(); err != nil {
					c.fail(err)
					return
				}
				c.ok()
			},
		},
		helpRow("config", "server", "5.0.0", 0),
	},
}

// errNoConfigFile is what CONFIG REWRITE answers where there is nothing to rewrite.
const errNoConfigFile Error = "ERR The server is running without a config file"

// NoConfigFile is the error for a CONFIG REWRITE where there is no file.
func NoConfigFile() error { return errNoConfigFile }

// RewriteFailed is the error for a CONFIG REWRITE that could not write the file.
func RewriteFailed(reason error) error { return Error("ERR Rewriting config file: " + reason.Error()) }

// parameters returns the settings and what is fixed, sorted by name. A setting hides a fixed parameter of its name.
func (c *Context) parameters() []Parameter {
	all := c.Settings.Parameters()
	for _, fixed := range c.Server.Parameters() {
		if findSetting([]byte(fixed.Name)) == nil {
			all = append(all, fixed)
		}
	}
	slices.SortFunc(all, func(a, b Parameter) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func configGet(c *Context) {
	var matching []Parameter
	for _, parameter := range c.parameters() {
		if name, ok := matchesAny(c.Args[2:], parameter.Name); ok {
			matching = append(matching, Parameter{Name: name, Value: parameter.Value})
		}
	}
	c.Reply.Map(len(matching))
	for _, parameter := range matching {
		c.Reply.BulkString(parameter.Name)
		c.Reply.BulkString(parameter.Value)
	}
}

// matchesAny reports whether a parameter is asked for, and how it is called then: by the client's own word, if that is a name
// and not a pattern.
func matchesAny(patterns [][]byte, name string) (shown string, ok bool) {
	for _, pattern := range patterns {
		switch {
		case !bytes.ContainsAny(pattern, "*?[") && isWord(pattern, name):
			return string(pattern), true
		case globMatch(pattern, []byte(name), true):
			return name, true
		}
	}
	return "", false
}

// SettingRefused is an error of who carries out the Settings: the setting of that name cannot be had, for the reason given.
func SettingRefused(name, reason string) error { return setFailed([]byte(name), reason) }

// configSet changes nothing unless all of its parameters are right.
func configSet(c *Context) {
	pairs := c.Args[2:]
	if len(pairs)%2 != 0 {
		c.fail(errSyntax)
		return
	}
	if err := c.checkSettable(pairs); err != nil {
		c.fail(err)
		return
	}
	changed := *c.Settings
	for i := 0; i < len(pairs); i += 2 {
		if err := findSetting(pairs[i]).set(&changed, string(pairs[i+1])); err != nil {
			c.fail(setFailed(pairs[i], err.Error()))
			return
		}
	}
	if err := c.Server.Reconfigure(&changed); err != nil {
		c.fail(err)
		return
	}
	*c.Settings = changed
	c.Server.SettingsChanged()
	c.ok()
}

// checkSettable checks that the names are those of settings, each given once.
func (c *Context) checkSettable(pairs [][]byte) error {
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i]
		if findSetting(name) == nil {
			if c.isFixed(name) {
				return setFailed(name, "can't set immutable config")
			}
			return Error("ERR Unknown option or number of arguments for CONFIG SET - '" + string(quotable(name, len(name))) + "'")
		}
		for j := 0; j < i; j += 2 {
			if findSetting(pairs[j]) == findSetting(name) {
				return setFailed(name, "duplicate parameter")
			}
		}
	}
	return nil
}

func (c *Context) isFixed(name []byte) bool {
	for _, parameter := range c.Server.Parameters() {
		if isWord(name, parameter.Name) {
			return true
		}
	}
	return false
}

func setFailed(name []byte, reason string) error {
	return Error("ERR CONFIG SET failed (possibly related to argument '" + string(quotable(name, len(name))) + "') - " + reason)
}
