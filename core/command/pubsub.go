package command

import (
	"github.com/ember-cluster/ember/core/session"
)

var (
	channelArguments = []Argument{{Name: "channel", Type: StringArgument, Multiple: true}}
	patternArguments = []Argument{{Name: "pattern", Type: PatternArgument, Multiple: true}}
	shardArguments   = []Argument{{Name: "shardchannel", Type: StringArgument, Multiple: true}}
	messageArgument  = Argument{Name: "message", Type: StringArgument}
)

func optional(arguments []Argument) []Argument {
	argument := arguments[0]
	argument.Optional = true
	return []Argument{argument}
}

var pubsubRows = []*Row{
	{
		Name: "publish", Arity: 3, Flags: PubSub | Loading | Stale | Fast, MayReplicate: true,
		Group: "pubsub", Since: "2.0.0", Summary: "Sends a message to those who listen to a channel.",
		Complexity: "O(N+M) in the channel's subscribers and in all patterns",
		Arguments:  []Argument{{Name: "channel", Type: StringArgument}, messageArgument},
		Run:        publish,
	},
	subscribeRow("subscribe", "2.0.0", "Listens to channels.", session.Channel, channelArguments),
	subscribeRow("psubscribe", "2.0.0", "Listens to all channels whose names match a pattern.", session.Pattern, patternArguments),
	unsubscribeRow("unsubscribe", "2.0.0", "Listens to channels no longer: to some, or to any.", session.Channel, channelArguments),
	unsubscribeRow("punsubscribe", "2.0.0", "Takes patterns of channels back: some, or all.", session.Pattern, patternArguments),
	shardRow(subscribeRow("ssubscribe", "7.0.0", "Listens to channels of this shard.", session.ShardChannel, shardArguments), false),
	shardRow(unsubscribeRow("sunsubscribe", "7.0.0", "Listens to channels of this shard no longer.", session.ShardChannel, shardArguments), true),
	{
		Name: "spublish", Arity: 3, Flags: PubSub | Loading | Stale | Fast, Keys: oneKey("not_key"), MayReplicate: true,
		Group: "pubsub", Since: "7.0.0", Summary: "Sends a message to those who listen to a channel of this shard.",
		Complexity: "O(N) in the channel's subscribers",
		Arguments:  []Argument{{Name: "shardchannel", Type: StringArgument}, messageArgument},
		Run:        publishShard,
	},
	{
		Name: "pubsub", Arity: -2,
		Group: "pubsub", Since: "2.8.0", Summary: "Commands about channels.", Complexity: "Depends on the subcommand.",
		Subcommands: []*Row{
			pubsubView("channels", -2, "2.8.0", "Lists the channels that somebody listens to.", optional(patternArguments),
				func(c *Context) { c.listChannels(session.Channel) }),
			pubsubView("numsub", -2, "2.8.0", "Counts who listens to channels.", optional(channelArguments),
				func(c *Context) { c.countSubscribers(session.Channel) }),
			pubsubView("numpat", 2, "2.8.0", "Counts the patterns that somebody listens to.", nil,
				func(c *Context) { c.Reply.Int(int64(c.Sessions.NameCount(session.Pattern))) }),
			pubsubView("shardchannels", -2, "7.0.0", "Lists the channels of this shard that somebody listens to.", optional(patternArguments),
				func(c *Context) { c.listChannels(session.ShardChannel) }),
			pubsubView("shardnumsub", -2, "7.0.0", "Counts who listens to channels of this shard.", optional(shardArguments),
				func(c *Context) { c.countSubscribers(session.ShardChannel) }),
			helpRow("pubsub", "pubsub", "6.2.0", 0),
		},
	},
}

func subscribeRow(name, since, summary string, kind session.Kind, arguments []Argument) *Row {
	return &Row{
		Name: name, Arity: -2, Flags: PubSub | NoScript | Loading | Stale, Subscriber: true, PushReply: true,
		Group: "pubsub", Since: since, Summary: summary, Complexity: "O(N) in the number of names", Arguments: arguments,
		Run: func(c *Context) { c.subscribe(kind) },
	}
}

func unsubscribeRow(name, since, summary string, kind session.Kind, arguments []Argument) *Row {
	return &Row{
		Name: name, Arity: -1, Flags: PubSub | NoScript | Loading | Stale, Subscriber: true, PushReply: true,
		Group: "pubsub", Since: since, Summary: summary, Complexity: "O(N) in the number of names", Arguments: optional(arguments),
		Run: func(c *Context) { c.unsubscribe(kind) },
	}
}

// shardRow routes a command by the slots of its channels, as if they were keys.
func shardRow(row *Row, optional bool) *Row {
	row.Keys = everyKey(1, "not_key")
	row.Keys.Optional = optional
	return row
}

func pubsubView(name string, arity int, since, summary string, arguments []Argument, run func(*Context)) *Row {
	return &Row{
		Name: "pubsub|" + name, Arity: arity, Flags: PubSub | Loading | Stale,
		Group: "pubsub", Since: since, Summary: summary, Complexity: "O(N) in the number of names", Arguments: arguments, Run: run,
	}
}

func matchChannel(pattern string, name []byte) bool { return globMatch([]byte(pattern), name, false) }

// Deliver tells the listeners of this node of a message, and returns how many were told.
func Deliver(sessions *session.Registry, shard bool, channel, message []byte) int {
	if shard {
		return sessions.PublishShard(channel, message)
	}
	return sessions.Publish(channel, message, matchChannel)
}

// publish answers with the number of listeners at this node, as Redis Cluster does.
func publish(c *Context) {
	told := Deliver(c.Sessions, false, c.Args[1], c.Args[2])
	c.Server.Broadcast(false, c.Args[1], c.Args[2])
	c.Reply.Int(int64(told))
}

func publishShard(c *Context) {
	told := Deliver(c.Sessions, true, c.Args[1], c.Args[2])
	c.Server.Broadcast(true, c.Args[1], c.Args[2])
	c.Reply.Int(int64(told))
}

const errShardSubscribe Error = "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"

func (c *Context) subscribe(kind session.Kind) {
	if kind == session.ShardChannel && c.InTransaction {
		c.fail(errShardSubscribe)
		return
	}
	for _, name := range c.Args[1:] {
		c.Sessions.Subscribe(c.Session, kind, string(name))
		c.confirm(c.Row.Name, name, kind)
	}
}

// unsubscribe confirms every name that it was given, or else every one that was left, or else that there was none.
func (c *Context) unsubscribe(kind session.Kind) {
	names := c.Args[1:]
	if len(names) == 0 {
		for _, name := range c.Session.SubscribedNames(kind) {
			names = append(names, []byte(name))
		}
	}
	for _, name := range names {
		c.Sessions.Unsubscribe(c.Session, kind, string(name))
		c.confirm(c.Row.Name, name, kind)
	}
	if len(names) == 0 {
		c.confirm(c.Row.Name, nil, kind)
	}
}

// confirm writes the push that answers for one name, with the number of subscriptions that there are then: channels and
// patterns are counted together, shard channels by themselves.
func (c *Context) confirm(command string, name []byte, kind session.Kind) {
	s := c.Session
	count := s.Subscriptions(session.ShardChannel)
	if kind != session.ShardChannel {
		count = s.Subscriptions(session.Channel) + s.Subscriptions(session.Pattern)
	}
	c.Reply.Push(3)
	c.Reply.BulkString(command)
	if name == nil {
		c.Reply.Null()
	} else {
		c.Reply.Bulk(name)
	}
	c.Reply.Int(int64(count))
}

func (c *Context) listChannels(kind session.Kind) {
	if len(c.Args) > 3 {
		c.fail(wrongSubcommandSyntax(c.Args))
		return
	}
	var names []string
	for _, name := range c.Sessions.Names(kind) {
		if len(c.Args) == 2 || globMatch(c.Args[2], []byte(name), false) {
			names = append(names, name)
		}
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
}

func (c *Context) countSubscribers(kind session.Kind) {
	c.Reply.Array(2 * len(c.Args[2:]))
	for _, name := range c.Args[2:] {
		c.Reply.Bulk(name)
		c.Reply.Int(int64(c.Sessions.Subscribers(kind, string(name))))
	}
}

// AdmitListener returns the error for a command on a connection that listens to channels or shows commands, or nil. A RESP2
// connection that listens has nothing but messages and the answers to a few commands.
func AdmitListener(s *session.Session, row *Row) error {
	switch {
	case s.Subscribed() && s.Protocol == 2 && !row.Subscriber:
		return Error("ERR Can't execute '" + row.Name +
			"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
	case s.Monitor && (row.Flags&(Write|ReadOnly) != 0 || row.MayReplicate):
		return errReplicaClient
	}
	return nil
}

const errReplicaClient Error = "ERR Replica can't interact with the keyspace"
