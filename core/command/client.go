package command

import "slices"

var clientRow = &Row{
	Name: "client", Arity: -2,
	Group: "connection", Since: "2.4.0", Summary: "Commands about connections.",
	Complexity: "Depends on the subcommand.",
	Subcommands: slices.Concat(clientIdentityRows, clientListRows, clientModeRows, clientTrackingRows, []*Row{
		helpRow("client", "connection", "5.0.0", ConnectionCategory),
	}),
}

var clientIdentityRows = []*Row{
	{
		Name: "client|id", Arity: 2, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "5.0.0", Summary: "Returns the number of this connection.", Complexity: "O(1)",
		Run: func(c *Context) { c.Reply.Int(c.Session.ID) },
	},
	{
		Name: "client|getname", Arity: 2, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "2.6.9", Summary: "Returns the name of this connection.", Complexity: "O(1)",
		Run: clientName,
	},
	{
		Name: "client|setname", Arity: 3, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "2.6.9", Summary: "Names this connection.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "connection-name", Type: StringArgument}},
		Run:       setClientName,
	},
	{
		Name: "client|setinfo", Arity: 4, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Group: "connection", Since: "7.2.0", Summary: "Tells which library, of which version, is at the other end of this connection.",
		Complexity: "O(1)",
		Arguments: []Argument{{Name: "attr", Type: OneOf, Arguments: []Argument{
			{Name: "libname", Type: StringArgument, Token: "lib-name"}, {Name: "libver", Type: StringArgument, Token: "lib-ver"},
		}}},
		Run: setClientInfo,
	},
}

func clientName(c *Context) {
	if c.Session.Name == "" {
		c.Reply.Null()
		return
	}
	c.Reply.BulkString(c.Session.Name)
}

func setClientName(c *Context) {
	if !printable(c.Args[2]) {
		c.fail(errClientName)
		return
	}
	c.Session.Name = string(c.Args[2])
	c.ok()
}

func setClientInfo(c *Context) {
	attribute, value := c.Args[2], c.Args[3]
	var field *string
	switch {
	case isWord(attribute, "lib-name"):
		field = &c.Session.LibraryName
	case isWord(attribute, "lib-ver"):
		field = &c.Session.LibraryVersion
	default:
		c.fail(Error("ERR Unrecognized option '" + string(quotable(attribute, len(attribute))) + "'"))
		return
	}
	if !printable(value) {
		c.fail(Error("ERR " + string(attribute) + " cannot contain spaces, newlines or special characters."))
		return
	}
	*field = string(value)
	c.ok()
}

// printable reports whether the text has only visible ASCII characters, so that it can stand in a line of CLIENT LIST.
func printable(text []byte) bool {
	for _, c := range text {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}
