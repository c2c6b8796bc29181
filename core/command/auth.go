package command

import (
	"github.com/ember-cluster/ember/core/session"
)

var authRow = &Row{
	Name: "auth", Arity: -2, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Categories: ConnectionCategory,
	Group: "connection", Since: "1.0.0", Summary: "Authenticates the connection.", Complexity: "O(1)",
	Arguments: []Argument{
		{Name: "username", Type: StringArgument, Since: "6.0.0", Optional: true}, {Name: "password", Type: StringArgument},
	},
	IsSecret: func(_ [][]byte, index int) bool { return index > 0 },
	Run:      auth,
}

const (
	errNoAuth     Error = "NOAUTH Authentication required."
	errNoPassword Error = "ERR AUTH <password> called without any password configured for the default user. " +
		"Are you sure your configuration is correct?"
	errHelloNoAuth Error = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> " +
		"option can be used to authenticate the client and select the RESP protocol version at the same time"
)

// AuthenticationRequired is the error for a command before AUTH.
func AuthenticationRequired() error { return errNoAuth }

// MayUse reports whether a session need not authenticate, or has done so.
func (s *Settings) MayUse(client *session.Session) bool {
	return s.RequirePass == "" || client.Authenticated
}

// auth takes the password, or the name of the only user and the password.
func auth(c *Context) {
	user, password := []byte(defaultUser), c.Args[1]
	switch {
	case len(c.Args) > 3:
		c.fail(errSyntax)
		return
	case len(c.Args) == 3:
		user, password = c.Args[1], c.Args[2]
	case c.Settings.RequirePass == "":
		c.fail(errNoPassword)
		return
	}
	if !c.authenticate(user, password) {
		c.fail(errWrongPassword)
		return
	}
	c.ok()
}

// authenticate checks a password. Without one of its own the only user takes any.
func (c *Context) authenticate(user, password []byte) bool {
	if !c.Settings.accepts(user, password) {
		return false
	}
	c.Session.Authenticated = true
	return true
}

func (s *Settings) accepts(user, password []byte) bool {
	return string(user) == defaultUser && (s.RequirePass == "" || sameSecret(string(password), s.RequirePass))
}

// sameSecret compares in a time that does not tell how much of the two is equal.
func sameSecret(given, secret string) bool {
	difference := len(given) ^ len(secret)
	for i := range len(given) {
		difference |= int(given[i] ^ secret[i%len(secret)])
	}
	return difference == 0
}

var aclRow = &Row{
	Name: "acl", Arity: -2,
	Group: "server", Since: "6.0.0", Summary: "Commands about users.", Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		{
			Name: "acl|whoami", Arity: 2, Flags: NoScript | Loading | Stale,
			Group: "server", Since: "6.0.0", Summary: "Returns the name of this connection's user.", Complexity: "O(1)",
			Run: func(c *Context) { c.Reply.BulkString(defaultUser) },
		},
		{
			Name: "acl|users", Arity: 2, Flags: Admin | NoScript | Loading | Stale,
			Group: "server", Since: "6.0.0", Summary: "Lists the users.", Complexity: "O(1)",
			Run: func(c *Context) { c.Reply.Array(1); c.Reply.BulkString(defaultUser) },
		},
		{
			Name: "acl|cat", Arity: -2, Flags: NoScript | Loading | Stale,
			Group: "server", Since: "6.0.0", Summary: "Lists the categories of commands, or the commands of one.",
			Complexity: "O(N) in the number of commands",
			Arguments:  []Argument{{Name: "category", Type: StringArgument, Optional: true}},
			Run:        aclCategories,
		},
		helpRow("acl", "server", "6.0.0", 0),
	},
}

func aclCategories(c *Context) {
	if len(c.Args) > 3 {
		c.fail(wrongSubcommandSyntax(c.Args))
		return
	}
	if len(c.Args) == 2 {
		c.Reply.Array(len(categoryNames))
		for _, name := range categoryNames {
			c.Reply.BulkString(name[1:])
		}
		return
	}
	category := categoryOf(c.Args[2])
	if category == 0 {
		c.fail(Error("ERR Unknown category '" + string(quotable(c.Args[2], len(c.Args[2]))) + "'"))
		return
	}
	var names []string
	for _, row := range commands.numbered {
		if row.Run != nil && row.AllCategories()&category != 0 {
			names = append(names, row.Name)
		}
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
}
