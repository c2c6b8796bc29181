package command

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

var monitorRow = &Row{
	Name: "monitor", Arity: 1, Flags: Admin | NoScript | Loading | Stale,
	Group: "server", Since: "1.0.0", Summary: "Shows this connection every command that is executed.", Complexity: "O(1)",
	Run: func(c *Context) {
		if c.InTransaction {
			c.fail(errMonitor)
			return
		}
		c.Sessions.Monitor(c.Session)
		c.ok()
	},
}

const errMonitor Error = "ERR MONITOR isn't allowed for DENY BLOCKING client"

var debugRow = &Row{
	Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale,
	Group: "server", Since: "1.0.0", Summary: "Commands for tests and tools.", Complexity: "Depends on the subcommand.",
	Run: debug,
}

var debugHelp = []string{
	"DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"DIGEST", "    Returns a digest of all keys with their values.",
	"DIGEST-VALUE <key> [<key> ...]", "    Returns digests of the values of keys.",
	"OBJECT <key>", "    Describes the value of a key.",
	"PROTOCOL <type>", "    Replies with a test value of the type: string, integer, double, bignum, null, array, set, map, attrib,",
	"    push, verbatim, true or false.",
	"SET-ACTIVE-EXPIRE <0|1>", "    Switches the removal of expired keys that nobody asks for.",
	"SLEEP 0", "    Does nothing: a node that sleeps would not answer its peers.",
	"HELP", "    Prints this help.",
}

const errSleep Error = "ERR DEBUG SLEEP is supported for 0 seconds only"

func debug(c *Context) {
	switch word := c.Args[1]; {
	case isWord(word, "help") && len(c.Args) == 2:
		c.Reply.Array(len(debugHelp))
		for _, line := range debugHelp {
			c.Reply.Simple(line)
		}
	case isWord(word, "sleep") && len(c.Args) == 3:
		if string(c.Args[2]) != "0" {
			c.fail(errSleep)
			return
		}
		c.ok()
	case isWord(word, "set-active-expire") && len(c.Args) == 3:
		c.Server.SetActiveExpiry(string(c.Args[2]) != "0")
		c.ok()
	case isWord(word, "digest") && len(c.Args) == 2:
		debugDigest(c)
	case isWord(word, "protocol") && len(c.Args) == 3:
		debugProtocol(c)
	case isWord(word, "object") && len(c.Args) == 3:
		debugObject(c)
	case isWord(word, "digest-value"):
		debugDigests(c)
	default:
		c.fail(wrongSubcommandSyntax(c.Args))
	}
}

func debugObject(c *Context) {
	key := c.Args[2]
	value, ok := c.Space.Peek(slots.Of(key), key)
	if !ok {
		c.fail(errNoKey)
		return
	}
	c.Reply.Simple(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		encodingOf(value), value.Len(), value.AccessRecord(), c.Space.Idle(value)))
}

// debugDigests returns a digest for each key, Redis's own, which redis-cli compares between nodes; zeros for a key that is
// not there.
func debugDigests(c *Context) {
	keys := c.Args[2:]
	c.Reply.Array(len(keys))
	for _, key := range keys {
		var digest valueDigest
		if value, ok := c.Space.Peek(slots.Of(key), key); ok && !value.Expired(c.Wall) {
			digest.addValue(value)
		}
		c.Reply.Simple(hex.EncodeToString(digest[:]))
	}
}

// valueDigest is a digest of a value, as DEBUG DIGEST-VALUE makes it.
type valueDigest [sha1.Size]byte

// blend adds data in a way that does not depend on the order, mix in one that does.
func (d *valueDigest) blend(data []byte) {
	for i, b := range sha1.Sum(data) {
		d[i] ^= b
	}
}

func (d *valueDigest) mix(data []byte) {
	d.blend(data)
	*d = sha1.Sum(d[:])
}

func (d *valueDigest) addValue(value keyspace.Value) {
	var kind [4]byte
	binary.BigEndian.PutUint32(kind[:], stringTypeNumber)
	d.mix(kind[:])
	d.mix(value.Append(nil))
	if value.ExpireAt() != 0 {
		d.blend([]byte("!!expire!!"))
	}
}

// stringTypeNumber is Redis's number of the type.
const stringTypeNumber = 0

var shutdownRow = &Row{
	Name: "shutdown", Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy,
	Group: "server", Since: "1.0.0", Summary: "Ends the server.", Complexity: "O(N) in what is saved",
	Arguments: []Argument{
		{Name: "save-selector", Type: OneOf, Optional: true, Arguments: []Argument{token("NOSAVE", ""), token("SAVE", "")}},
		{Name: "now", Type: TokenArgument, Token: "NOW", Since: "7.0.0", Optional: true},
		{Name: "force", Type: TokenArgument, Token: "FORCE", Since: "7.0.0", Optional: true},
		{Name: "abort", Type: TokenArgument, Token: "ABORT", Since: "7.0.0", Optional: true},
	},
	Run: shutdown,
}

const errNoShutdown Error = "ERR No shutdown in progress."

// shutdown asks for the end and answers nothing: the client sees the connection close. There is nothing to abort, since
// the end does not wait.
func shutdown(c *Context) {
	var options StopOptions
	abort := false
	for _, word := range c.Args[1:] {
		switch {
		case isWord(word, "nosave"):
			options.NoSave = true
		case isWord(word, "save"):
			options.Save = true
		case isWord(word, "now"):
			options.Now = true
		case isWord(word, "force"):
			options.Force = true
		case isWord(word, "abort"):
			abort = true
		default:
			c.fail(errSyntax)
			return
		}
	}
	switch {
	case abort && len(c.Args) > 2, options.Save && options.NoSave:
		c.fail(errSyntax)
	case abort:
		c.fail(errNoShutdown)
	default:
		c.Server.Stop(options)
	}
}
