package command

var serverRows = []*Row{infoRow, configRow, memoryRow, functionRow, scriptRow}

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
		helpRow("config", "server", "5.0.0", 0),
	},
}

func configGet(c *Context) {
	var matching []Parameter
	for _, parameter := range c.Server.Parameters() {
		if matchesAny(c.Args[2:], parameter.Name) {
			matching = append(matching, parameter)
		}
	}
	c.Reply.Map(len(matching))
	for _, parameter := range matching {
		c.Reply.BulkString(parameter.Name)
		c.Reply.BulkString(parameter.Value)
	}
}

func matchesAny(patterns [][]byte, name string) bool {
	for _, pattern := range patterns {
		if globMatch(pattern, []byte(name), true) {
			return true
		}
	}
	return false
}
