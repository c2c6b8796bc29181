package command

import (
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/session"
)

// adminOfClients are the flags of the CLIENT subcommands that concern other clients.
const adminOfClients = Admin | NoScript | Loading | Stale

var clientListRows = []*Row{
	{
		Name: "client|info", Arity: 2, Flags: NoScript | Loading | Stale, Categories: ConnectionCategory,
		Tips:  []string{"nondeterministic_output"},
		Group: "connection", Since: "6.2.0", Summary: "Describes this connection.", Complexity: "O(1)",
		Run: func(c *Context) { c.Reply.Verbatim("txt", c.describeSession(c.Session)+"\n") },
	},
	{
		Name: "client|list", Arity: -2, Flags: adminOfClients, Categories: ConnectionCategory,
		Tips:  []string{"nondeterministic_output"},
		Group: "connection", Since: "2.4.0", Summary: "Describes the connections, all or some.",
		Complexity: "O(N) in the number of connections",
		Arguments: []Argument{
			{Name: "client-type", Type: OneOf, Token: "TYPE", Since: "5.0.0", Optional: true, Arguments: clientTypes},
			{Name: "client-id", Type: IntegerArgument, Token: "ID", Since: "6.2.0", Optional: true, Multiple: true},
		},
		Run: clientList,
	},
	{
		Name: "client|kill", Arity: -3, Flags: adminOfClients, Categories: ConnectionCategory,
		Group: "connection", Since: "2.4.0", Summary: "Closes connections.", Complexity: "O(N) in the number of connections",
		Arguments: []Argument{{Name: "filter", Type: OneOf, Arguments: []Argument{
			{Name: "old-format", Type: StringArgument},
			{Name: "new-format", Type: OneOf, Multiple: true, Arguments: []Argument{
				{Name: "client-id", Type: IntegerArgument, Token: "ID", Since: "2.8.12", Optional: true},
				{Name: "client-type", Type: OneOf, Token: "TYPE", Since: "2.8.12", Optional: true, Arguments: clientTypes},
				{Name: "username", Type: StringArgument, Token: "USER", Optional: true},
				{Name: "addr", Type: StringArgument, Token: "ADDR", Optional: true},
				{Name: "laddr", Type: StringArgument, Token: "LADDR", Since: "6.2.0", Optional: true},
				{Name: "skipme", Type: OneOf, Token: "SKIPME", Optional: true, Arguments: []Argument{token("YES", ""), token("NO", "")}},
			}},
		}}},
		Run: clientKill,
	},
}

var clientTypes = []Argument{token("NORMAL", ""), token("MASTER", "3.2.0"), token("REPLICA", "5.0.0"), token("PUBSUB", "")}

const (
	errClientID       Error = "ERR Invalid client ID"
	errClientIDTooLow Error = "ERR client-id should be greater than 0"
	errNoClient       Error = "ERR No such client"
)

// clientType is a type of CLIENT LIST and CLIENT KILL.
type clientType uint8

const (
	anyClient clientType = iota
	normalClient
	pubsubClient
	// otherClient is a type of which there are none: nodes of Ember do not come as clients of each other.
	otherClient
)

func typeOfSession(s *session.Session) clientType {
	if s.Subscribed() {
		return pubsubClient
	}
	return normalClient
}

func parseClientType(word []byte) (clientType, error) {
	switch {
	case isWord(word, "normal"):
		return normalClient, nil
	case isWord(word, "pubsub"):
		return pubsubClient, nil
	case isWord(word, "master"), isWord(word, "slave"), isWord(word, "replica"):
		return otherClient, nil
	}
	return anyClient, Error("ERR Unknown client type '" + string(quotable(word, len(word))) + "'")
}

func clientList(c *Context) {
	var text strings.Builder
	switch options := c.Args[2:]; {
	case len(options) == 0:
		c.describeSessions(&text, anyClient)
	case len(options) == 2 && isWord(options[0], "type"):
		kind, err := parseClientType(options[1])
		if err != nil {
			c.fail(err)
			return
		}
		c.describeSessions(&text, kind)
	case len(options) > 1 && isWord(options[0], "id"):
		for _, option := range options[1:] {
			id, ok := keyspace.ParseInteger(option)
			if !ok {
				c.fail(errClientID)
				return
			}
			if s := c.Sessions.Find(id); s != nil {
				text.WriteString(c.describeSession(s) + "\n")
			}
		}
	default:
		c.fail(errSyntax)
		return
	}
	c.Reply.Verbatim("txt", text.String())
}

func (c *Context) describeSessions(text *strings.Builder, kind clientType) {
	for s := range c.Sessions.All() {
		if kind == anyClient || kind == typeOfSession(s) {
			text.WriteString(c.describeSession(s) + "\n")
		}
	}
}

// describeSession returns the line of CLIENT LIST, without its end. Memory that is Redis's own affair is given as 0.
func (c *Context) describeSession(s *session.Session) string {
	queued := -1
	if s.Transaction.Open {
		queued = s.Transaction.Commands
	}
	redirect := int64(-1)
	if s.Tracking.On {
		redirect = s.Tracking.Redirect
	}
	command := "NULL"
	if s.LastCommand != "" {
		command = s.LastCommand
	}
	buffers := c.Server.Describe(s)
	events := "r"
	if buffers.Output > 0 {
		events = "rw"
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=%s db=0 sub=%d psub=%d ssub=%d multi=%d "+
		"qbuf=%d qbuf-free=0 argv-mem=0 multi-mem=%d rbs=0 rbp=0 obl=0 oll=0 omem=%d tot-mem=%d events=%s cmd=%s user=%s redir=%d "+
		"resp=%d lib-name=%s lib-ver=%s",
		s.ID, s.Address, s.LocalAddress, s.Connection, s.Name, secondsSince(s.CreatedWall, c.Wall), secondsSince(s.UsedWall, c.Wall),
		sessionFlags(s), s.Subscriptions(session.Channel), s.Subscriptions(session.Pattern), s.Subscriptions(session.ShardChannel),
		queued, buffers.Input, s.Transaction.Bytes, buffers.Output, buffers.Input+buffers.Output+s.Retained(), events, command,
		defaultUser, redirect, s.Protocol, s.LibraryName, s.LibraryVersion)
}

// secondsSince is 0 if the wall clock has been set back meanwhile.
func secondsSince(then, now int64) int64 { return max(0, now-then) / 1000 }

// sessionFlags returns the letters of CLIENT LIST.
func sessionFlags(s *session.Session) string {
	var letters []byte
	for _, flag := range [...]struct {
		set    bool
		letter byte
	}{
		{s.Monitor, 'O'},
		{s.Subscribed(), 'P'},
		{s.Transaction.Open, 'x'},
		{s.Tracking.On, 't'},
		{s.Tracking.BrokenRedirect, 'R'},
		{s.Tracking.Broadcast, 'B'},
		{s.Transaction.Changed, 'd'},
		{s.CloseAfterReply, 'c'},
		{s.Unix, 'U'},
		{s.ReadOnly, 'r'},
		{s.NoEvict, 'e'},
		{s.NoTouch, 'T'},
	} {
		if flag.set {
			letters = append(letters, flag.letter)
		}
	}
	if len(letters) == 0 {
		return "N"
	}
	return string(letters)
}

// killFilter says which connections CLIENT KILL closes: those that fit all that is given.
type killFilter struct {
	id             int64 // 0: any
	address, local string
	kind           clientType
	skipSelf       bool
}

func (f *killFilter) fits(s, self *session.Session) bool {
	return (f.id == 0 || f.id == s.ID) &&
		(f.address == "" || f.address == s.Address) &&
		(f.local == "" || f.local == s.LocalAddress) &&
		(f.kind == anyClient || f.kind == typeOfSession(s)) &&
		!(f.skipSelf && s == self)
}

func clientKill(c *Context) {
	oldForm := len(c.Args) == 3
	filter := killFilter{skipSelf: true}
	if oldForm {
		filter = killFilter{address: string(c.Args[2])}
	} else if err := filter.parse(c.Args[2:]); err != nil {
		c.fail(err)
		return
	}
	killed := 0
	for s := range c.Sessions.All() {
		if filter.fits(s, c.Session) {
			killed++
			c.disconnect(s)
		}
	}
	switch {
	case !oldForm:
		c.Reply.Int(int64(killed))
	case killed > 0:
		c.ok()
	default:
		c.fail(errNoClient)
	}
}

// disconnect closes a connection: this one behind the reply, others at the end of the command.
func (c *Context) disconnect(s *session.Session) {
	if s == c.Session {
		s.CloseAfterReply = true
		return
	}
	c.Server.Disconnect(s)
}

func (f *killFilter) parse(options [][]byte) error {
	for ; len(options) > 0; options = options[2:] {
		if len(options) == 1 {
			return errSyntax
		}
		if err := f.parseOption(options[0], options[1]); err != nil {
			return err
		}
	}
	return nil
}

func (f *killFilter) parseOption(name, value []byte) (err error) {
	switch {
	case isWord(name, "id"):
		id, ok := keyspace.ParseInteger(value)
		if !ok || id < 1 {
			return errClientIDTooLow
		}
		f.id = id
	case isWord(name, "type"):
		f.kind, err = parseClientType(value)
	case isWord(name, "addr"):
		f.address = string(value)
	case isWord(name, "laddr"):
		f.local = string(value)
	case isWord(name, "user"):
		if string(value) != defaultUser {
			err = Error("ERR No such user '" + string(quotable(value, len(value))) + "'")
		}
	case isWord(name, "skipme") && isWord(value, "yes"):
		f.skipSelf = true
	case isWord(name, "skipme") && isWord(value, "no"):
		f.skipSelf = false
	default:
		err = errSyntax
	}
	return err
}
