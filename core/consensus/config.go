package consensus

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/wire"
)

// Bounds that hold whatever a configuration says.
const (
	// MaxMembers bounds the members of a group, learners included.
	MaxMembers = 64
	// MaxResult bounds the bytes that a StateMachine returns for a proposal.
	MaxResult = 4 << 10
	// Window is for how many log indexes a decided proposal is remembered, and for how many behind its base a proposal can
	// be applied. So nothing is applied twice however late a retry comes.
	Window = 4096
	// MaxIndex bounds indexes, terms and raft ids: far beyond what a group can reach, far from overflow.
	MaxIndex = 1 << 62

	// maxPayload is the most bytes of one message.
	maxPayload = wire.MaxFrame - wire.Overhead
	// messageSlack is room for all of a message but its entries or its part of a snapshot.
	messageSlack = 16 << 10
	// maxEntriesInRecord bounds what a log record can ask a reader to allocate; a record's size bounds it further.
	maxEntriesInRecord = 1 << 24
	// maxRaftGroupBytes bounds the binary form of what a group keeps beside the state of its state machine.
	maxRaftGroupBytes = 1<<10 + MaxMembers*64 + Window*(16+10+2+MaxResult)
	// snapshotTries is how often a part of a snapshot is sent before the transfer is given up, to begin anew.
	snapshotTries = 8
)

// Config says how a machine behaves. All nodes of a group should use the same.
type Config struct {
	// Generation is that of the group: it rises when an operator rebuilds a group whose quorum was lost for good. Messages of
	// another generation are refused.
	Generation uint64

	// HeartbeatInterval is the time between two heartbeats of a leader.
	HeartbeatInterval time.Duration
	// ElectionTimeout is the base timeout: a follower that hears nothing from a leader for so long forgets it, and campaigns
	// after as much again at most, drawn from the node's random stream. A leader that hears nothing from a quorum for so long
	// steps down. Invariant: a multiple of HeartbeatInterval, at least twice it.
	ElectionTimeout time.Duration
	// ProposalTimeout is how long a proposal or read is tried before its outcome is called unknown.
	ProposalTimeout time.Duration

	// MaxProposal bounds the bytes of a proposal, MaxState those of the state machine's state.
	MaxProposal, MaxState int
	// MaxPending bounds the proposals, and the reads, that wait at a node: its own, and at a leader those of others.
	MaxPending int
	// MaxUncommitted bounds the bytes of a node's own proposals that wait, and those of all in a leader's log that are not
	// committed yet.
	MaxUncommitted int
	// MaxAppend bounds the bytes of entries in one message, unless a single entry is larger.
	MaxAppend int
	// MaxInFlight bounds the appends to one member that are not acknowledged yet.
	MaxInFlight int
	// ChunkBytes is the size of the parts in which a snapshot is sent.
	ChunkBytes int

	// CheckpointEntries is how many entries are applied before the state is written whole and the log behind it dropped.
	CheckpointEntries int
	// KeepEntries is how many applied entries are kept in memory for members that are a little behind.
	KeepEntries int
	// CatchUpEntries is how many entries a learner may lack when it is made a voter.
	CatchUpEntries int

	// Trace is called with lines about elections and the like, for people. Nil: nobody reads them.
	Trace func(line string)
}

// DefaultConfig suits a group whose members are a few milliseconds apart.
func DefaultConfig() Config {
	return Config{
		HeartbeatInterval: 100 * time.Millisecond,
		ElectionTimeout:   time.Second,
		ProposalTimeout:   10 * time.Second,
		MaxProposal:       256 << 10,
		MaxState:          16 << 20,
		MaxPending:        1024,
		MaxUncommitted:    4 << 20,
		MaxAppend:         256 << 10,
		MaxInFlight:       64,
		ChunkBytes:        256 << 10,
		CheckpointEntries: 2048,
		KeepEntries:       1024,
		CatchUpEntries:    64,
	}
}

// Validate returns an error that names the first parameter out of its bounds.
func (c Config) Validate() error {
	for _, p := range []struct {
		name            string
		value, low, top int64
	}{
		{"HeartbeatInterval", int64(c.HeartbeatInterval), int64(time.Millisecond), int64(time.Hour)},
		{"ElectionTimeout", int64(c.ElectionTimeout), 2 * int64(c.HeartbeatInterval), int64(time.Hour)},
		{"ProposalTimeout", int64(c.ProposalTimeout), int64(c.ElectionTimeout), int64(time.Hour)},
		{"MaxProposal", int64(c.MaxProposal), 1, maxPayload - messageSlack},
		{"MaxState", int64(c.MaxState), 1, 1 << 29},
		{"MaxPending", int64(c.MaxPending), 1, 1 << 20},
		{"MaxUncommitted", int64(c.MaxUncommitted), int64(c.MaxProposal), 1 << 30},
		{"MaxAppend", int64(c.MaxAppend), 1, maxPayload - messageSlack},
		{"MaxInFlight", int64(c.MaxInFlight), 1, 1 << 16},
		{"ChunkBytes", int64(c.ChunkBytes), 1, maxPayload - messageSlack},
		{"CheckpointEntries", int64(c.CheckpointEntries), 1, 1 << 20},
		{"KeepEntries", int64(c.KeepEntries), 0, 1 << 20},
		{"CatchUpEntries", int64(c.CatchUpEntries), 0, 1 << 20},
	} {
		if p.value < p.low || p.value > p.top {
			return fmt.Errorf("consensus: %s is %d, not between %d and %d", p.name, p.value, p.low, p.top)
		}
	}
	if c.ElectionTimeout%c.HeartbeatInterval != 0 {
		return fmt.Errorf("consensus: ElectionTimeout %v is no multiple of HeartbeatInterval %v", c.ElectionTimeout, c.HeartbeatInterval)
	}
	return nil
}

// maxSnapshot returns the most bytes that a snapshot of a group of this configuration has.
func (c Config) maxSnapshot() int { return messageSlack + maxRaftGroupBytes + c.MaxState }
