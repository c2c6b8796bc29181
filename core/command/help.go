package command

import "strings"

// helpRow makes the HELP subcommand of a container.
func helpRow(container, group, since string, categories Categories) *Row {
	return &Row{
		Name: container + "|help", Arity: 2, Flags: Loading | Stale, Categories: categories,
		Group: group, Since: since, Summary: "Prints this help.", Complexity: "O(1)",
		Run: help,
	}
}

// containerOf returns the name of a subcommand's container in capitals.
func containerOf(row *Row) string {
	name, _, _ := strings.Cut(row.Name, "|")
	return strings.ToUpper(name)
}

// help lists the subcommands of the container whose HELP is run, each with its arguments and, indented, its summary.
func help(c *Context) {
	name, _, _ := strings.Cut(c.Row.Name, "|")
	container := Lookup([]byte(name))
	lines := []string{containerOf(c.Row) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for _, row := range container.Subcommands {
		usage := strings.ToUpper(row.lastName())
		if len(row.Arguments) > 0 {
			usage += " " + syntax(row.Arguments)
		}
		lines = append(lines, usage, "    "+row.Summary)
	}
	c.Reply.Array(len(lines))
	for _, line := range lines {
		c.Reply.Simple(line)
	}
}
