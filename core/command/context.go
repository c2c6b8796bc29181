package command

import (
	"math"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/session"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// Context is what a command runs in. A node has one and sets it up anew for each command.
type Context struct {
	// Args are the command's name and arguments.
	Args [][]byte
	// Row is the row being run.
	Row *Row
	// Reply takes the reply. A command writes exactly one, unless it leaves that to Propose.
	Reply *resp.Writer
	Space *keyspace.Space
	// Slot is the slot of the keys. It means nothing if the command has none.
	Slot slots.Slot
	// Wall is the time of the command, in Unix milliseconds, the same from its start to its end.
	Wall    int64
	Session *session.Session
	// Sessions are all open ones, that of the command among them.
	Sessions *session.Registry
	// Settings are what CONFIG SET changes, Statistics what the commands have been counted by.
	Settings   *Settings
	Statistics *Statistics
	Server     Server
	// InTransaction says that the command is run by EXEC.
	InTransaction bool
	// Unmuted is where CLIENT REPLY ON answers when Reply leads nowhere.
	Unmuted *resp.Writer
	// Replica says that the node does not own the data: a key past its time is hidden and not deleted.
	Replica bool
	// MaxStringLength bounds the strings that commands may make, in bytes (proto-max-bulk-len). 0 stands for Redis's own
	// 512 MiB, which is also the most that there can be.
	MaxStringLength int
	// LastSave is when the data was last saved to disk as a whole, or else when the node started, in Unix milliseconds.
	LastSave int64
	Counts   Counts
	// Marks counts rare paths; it may be nil.
	Marks *marks.Set

	// scratch takes the digits of integers, so that replies need no memory of their own.
	scratch [keyspace.MaxIntegerLength]byte
	// keys collects the keys that SCAN, KEYS and CLUSTER GETKEYSINSLOT find. Empty between commands.
	keys [][]byte
	// effect is the one being applied: it is lent by its address, and must not be made anew for that each time.
	effect keyspace.Effect
	// compressor is made when the first value is compressed, for DUMP.
	compressor *lzfCompressor
}

// Counts count what commands did, over the life of the Context.
type Counts struct {
	// Hits and Misses count the keys that reading commands found, and those that they did not.
	Hits, Misses uint64
	// Expired counts the keys that commands found past their time and deleted.
	Expired uint64
}

// note counts a key that a reading command has looked for.
func (c *Counts) note(found bool) {
	if found {
		c.Hits++
	} else {
		c.Misses++
	}
}

// Apply changes the data and tells the node.
func (c *Context) Apply(e keyspace.Effect) {
	c.effect = e
	c.Space.ApplyLent(&c.effect)
	c.Server.Emit(&c.effect)
	c.effect.Key, c.effect.Value = nil, nil
}

// Propose leaves the reply to the node, which gives it once the change of the configuration is decided.
func (c *Context) Propose(change topology.Command) { c.Server.Propose(c, change) }

// ProposalReply returns the reply to a command whose change of the configuration has been decided. A Batch is answered as the
// one command that it comes from: with the first of its errors. The state is that in force.
func ProposalReply(change topology.Command, result topology.Result, state *topology.State) []byte {
	var w resp.Writer
	err := result.Err
	for i := 0; i < len(result.Each) && err == nil; i++ {
		err = result.Each[i].Err
	}
	bump, isBump := change.(topology.BumpEpoch)
	switch {
	case err != nil:
		w.Error(err.Error())
	case isBump:
		shard, _ := state.Shard(bump.Shard)
		word := "STILL "
		if result.Changed {
			word = "BUMPED "
		}
		w.Simple(word + strconv.FormatUint(shard.Epoch, 10))
	default:
		w.Simple("OK")
	}
	return w.Buf
}

// OutcomeReply returns the reply to a command that has nothing to tell but whether it has failed.
func OutcomeReply(err error) []byte {
	var w resp.Writer
	if err != nil {
		w.Error(err.Error())
	} else {
		w.Simple("OK")
	}
	return w.Buf
}

// LogFailed is the error for a command that needs the log when that has failed.
func LogFailed(reason string) error {
	return Error("MISCONF Errors writing to the AOF file: " + reason)
}

// read returns the value of a key for a command that reads it, and counts whether it was there. That is a use of the key,
// unless the command or the client leaves no trace.
func (c *Context) read(key []byte) (keyspace.Value, bool) {
	var value keyspace.Value
	var found bool
	if c.Row.NoTouch || c.Session.NoTouch && c.Row.Name != "touch" {
		value, found = c.Space.Peek(c.Slot, key)
	} else {
		value, found = c.Space.Use(c.Slot, key)
	}
	if value.Expired(c.Wall) {
		value, found = c.expired(key)
	}
	c.Counts.note(found)
	return value, found
}

// find returns the value of a key. One that is past its time is deleted, if the node owns it, and reported absent. To change
// the key by an effect will be a use of it, to find it is none.
func (c *Context) find(key []byte) (keyspace.Value, bool) {
	value, found := c.Space.Peek(c.Slot, key)
	if value.Expired(c.Wall) {
		return c.expired(key)
	}
	return value, found
}

// expired is what a command finds at a key that is past its time: nothing.
func (c *Context) expired(key []byte) (keyspace.Value, bool) {
	c.expire(c.Slot, key)
	return keyspace.Value{}, false
}

// touch makes a look-up that has changed nothing a use of the key.
func (c *Context) touch(key []byte) {
	if !c.Session.NoTouch {
		c.Space.Use(c.Slot, key)
	}
}

// expire deletes a key that is past its time, unless the node has to leave that to its primary.
func (c *Context) expire(slot slots.Slot, key []byte) {
	if c.Replica {
		return
	}
	c.Counts.Expired++
	c.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: slot, Key: key})
}

// delete removes a key and reports whether it was there.
func (c *Context) delete(key []byte) bool {
	if _, ok := c.find(key); !ok {
		return false
	}
	c.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: c.Slot, Key: key})
	return true
}

// findString is find for a command that works on strings only. It reports not ok, after an error reply, if the value is of
// another type.
func (c *Context) findString(key []byte) (value keyspace.Value, found, ok bool) {
	value, found = c.find(key)
	return value, found, c.isString(value, found)
}

// readString is read for a command that works on strings only. It reports not ok, after an error reply, if the value is of
// another type.
func (c *Context) readString(key []byte) (value keyspace.Value, found, ok bool) {
	value, found = c.read(key)
	return value, found, c.isString(value, found)
}

func (c *Context) isString(value keyspace.Value, found bool) bool {
	if found && value.Type() != keyspace.String {
		c.fail(errWrongType)
		return false
	}
	return true
}

// maxStringLength returns the bound on the strings that commands make, in bytes.
func (c *Context) maxStringLength() int {
	if c.MaxStringLength == 0 {
		return keyspace.MaxStringLength
	}
	return min(c.MaxStringLength, keyspace.MaxStringLength)
}

// ok writes the reply of a command that has nothing to tell.
func (c *Context) ok() { c.Reply.Simple("OK") }

// fail writes an error reply.
func (c *Context) fail(err error) { c.Reply.Error(err.Error()) }

// value writes the value of a string.
func (c *Context) value(v keyspace.Value) { c.Reply.Bulk(v.Bytes(&c.scratch)) }

// integer reads an argument as a signed 64-bit integer, or writes an error reply.
func (c *Context) integer(arg []byte) (int64, bool) {
	number, ok := keyspace.ParseInteger(arg)
	if !ok {
		c.fail(errNotInteger)
	}
	return number, ok
}

// integer32 reads an argument as a signed 32-bit integer, or writes an error reply.
func (c *Context) integer32(arg []byte) (int32, bool) {
	number, ok := c.integer(arg)
	if !ok {
		return 0, false
	}
	if number < math.MinInt32 || number > math.MaxInt32 {
		c.fail(errNotInteger32)
		return 0, false
	}
	return int32(number), true
}
