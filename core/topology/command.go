package topology

import (
	"github.com/ember-cluster/ember/core/slots"
)

// CommandKind names a command in its binary form. Numbers are never reused.
type CommandKind uint8

const (
	KindAddSlots CommandKind = iota + 1
	KindDeleteSlots
	_ // numbers of commands that there are no more
	KindSetBoot
	KindBatch
	_
	KindAbortJoin
	KindForget
	KindPromote
	KindAddInSync
	KindRemoveInSync
	KindAddMember
	KindDetach
	_
	_
	KindMarkMigrating
	_
	KindSetSetting
	KindSetVoters
	KindBumpEpoch
	KindSetEpoch
	KindTransferSlots
	KindSetAddress
	KindJoin
	KindCloseImports
)

// Command is one change of the configuration. The set of commands is closed: each is a type of this package, and a value,
// so that one which was read from a log cannot be changed behind the reader's back.
type Command interface {
	// Kind names the command's type.
	Kind() CommandKind
	// String returns the command on one line, for traces.
	String() string
	// apply returns the next state, or the same one if the command changes nothing, or a refusal. It must not change s;
	// the version and the index of the next state are the caller's.
	apply(s *State) (*State, *Refusal)
	// appendBody appends the binary form of the fields.
	appendBody(dst []byte) []byte
}

// AddSlots gives unassigned slots to a shard: all of them or none.
type AddSlots struct {
	Shard ShardID
	Epoch uint64
	Slots slots.Set
}

// DeleteSlots takes slots from the shard that owns them, so that they are unassigned: all of them or none.
type DeleteSlots struct {
	Shard ShardID
	Epoch uint64
	Slots slots.Set
}

// SetAddress replaces what a node announces about itself.
type SetAddress struct {
	Node NodeID
	// Epoch is that of the node's shard.
	Epoch                uint64
	Host, Hostname, Zone string
	ClientPort, BusPort  uint16
	TLSPort              uint16
}

// SetBoot records that a node has started again.
type SetBoot struct {
	Node NodeID
	// Epoch is that of the node's shard.
	Epoch uint64
	Boot  uint64
}

// Kind implements Command.
func (AddSlots) Kind() CommandKind    { return KindAddSlots }
func (DeleteSlots) Kind() CommandKind { return KindDeleteSlots }
func (SetAddress) Kind() CommandKind  { return KindSetAddress }
func (SetBoot) Kind() CommandKind     { return KindSetBoot }

// Result is the outcome of a command.
type Result struct {
	// Err is nil or a *Refusal, whose text is the error line for the client.
	Err error
	// Changed reports whether there is a new version. A command that asks for what is so already changes nothing.
	Changed bool
	// Each holds the results of a Batch's commands, in order; nil for any other command.
	Each []Result
}
