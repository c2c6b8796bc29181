package command

import "github.com/ember-cluster/ember/core/keyspace"

var helloRow = &Row{
	Name: "hello", Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Categories: ConnectionCategory,
	Group: "connection", Since: "6.0.0", Summary: "Agrees on the version of the protocol and describes the server.",
	Complexity: "O(1)",
	Arguments: []Argument{{Name: "arguments", Type: Block, Optional: true, Arguments: []Argument{
		{Name: "protover", Type: IntegerArgument},
		{Name: "auth", Type: Block, Token: "AUTH", Optional: true, Arguments: []Argument{
			{Name: "username", Type: StringArgument}, {Name: "password", Type: StringArgument},
		}},
		{Name: "clientname", Type: StringArgument, Token: "SETNAME", Optional: true},
	}}},
	IsSecret: func(args [][]byte, index int) bool {
		return index > 1 && isWord(args[index-1], "auth") || index > 2 && isWord(args[index-2], "auth")
	},
	Run: hello,
}

const (
	errProtocolNotInteger Error = "ERR Protocol version is not an integer or out of range"
	errProtocol           Error = "NOPROTO unsupported protocol version"
	errWrongPassword      Error = "WRONGPASS invalid username-password pair or user is disabled."
	errClientName         Error = "ERR Client names cannot contain spaces, newlines or special characters."
)

// defaultUser is the only user. Without a requirepass it may be given any password.
const defaultUser = "default"

// hello changes nothing unless all of its options are right.
func hello(c *Context) {
	version := int64(c.Session.Protocol)
	options := c.Args[1:]
	if len(options) > 0 {
		var err error
		if version, err = parseProtocol(options[0]); err != nil {
			c.fail(err)
			return
		}
		options = options[1:]
	}
	given, err := c.parseHelloOptions(options)
	if err != nil {
		c.fail(err)
		return
	}
	if given.authenticated {
		c.Session.Authenticated = true
	}
	if !c.Settings.MayUse(c.Session) {
		c.fail(errHelloNoAuth)
		return
	}
	if given.name != nil {
		c.Session.Name = string(given.name)
	}
	c.Session.Protocol = int(version)
	c.Reply.Protocol = c.Session.Protocol
	c.describeServer()
}

func parseProtocol(text []byte) (int64, error) {
	version, ok := keyspace.ParseInteger(text)
	if !ok {
		return 0, errProtocolNotInteger
	}
	if version != 2 && version != 3 {
		return 0, errProtocol
	}
	return version, nil
}

// helloOptions are what may stand behind HELLO's version: the name that is set, or nil, and whether a password was right.
type helloOptions struct {
	name          []byte
	authenticated bool
}

func (c *Context) parseHelloOptions(options [][]byte) (given helloOptions, err error) {
	for len(options) > 0 {
		switch {
		case isWord(options[0], "auth") && len(options) >= 3:
			if !c.Settings.accepts(options[1], options[2]) {
				return given, errWrongPassword
			}
			given.authenticated = true
			options = options[3:]
		case isWord(options[0], "setname") && len(options) >= 2:
			if !printable(options[1]) {
				return given, errClientName
			}
			given.name = options[1]
			options = options[2:]
		default:
			option := options[0]
			return given, Error("ERR Syntax error in HELLO option '" + string(quotable(option, len(option))) + "'")
		}
	}
	return given, nil
}

// describeServer writes the map by which HELLO answers.
func (c *Context) describeServer() {
	role := "master"
	if !c.isPrimary() {
		role = "replica"
	}
	w := c.Reply
	w.Map(7)
	w.BulkString("server")
	w.BulkString("redis")
	w.BulkString("version")
	w.BulkString(Version)
	w.BulkString("proto")
	w.Int(int64(w.Protocol))
	w.BulkString("id")
	w.Int(c.Session.ID)
	w.BulkString("mode")
	w.BulkString("cluster")
	w.BulkString("role")
	w.BulkString(role)
	w.BulkString("modules")
	w.Array(0)
}

// isPrimary reports whether the node is the primary of its shard. A node without a shard counts as a primary that owns
// no slot.
func (c *Context) isPrimary() bool {
	view := c.Server.View()
	shard, ok := view.State.ShardOf(view.Self)
	return !ok || shard.Primary == view.Self
}
