package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/keyspace"
)

// Keys make room when the node uses more memory than it may (maxmemory). Which, is the keyspace's choice; when, is decided
// here: ahead of every command, so that the one that would use more finds the room. The work for one command is bounded.
// What it leaves over is done between the Steps, and the node is above its bound until then.

// evicting is the node's side of the bound on memory.
type evicting struct {
	// evictionPending says that the bound is passed and nobody's command is there to make room.
	evictionPending bool
	// peakMemory is the most memory that was in use when somebody asked or the bound was looked at.
	peakMemory int64
}

const (
	// evictionsPerTenacity is how many keys make room for a command, for each point of maxmemory-eviction-tenacity: 160 by
	// default, some hundred microseconds. At 100 there is no bound but all keys.
	evictionsPerTenacity = 16
	unboundedTenacity    = 100
)

// usedMemory returns the bytes that count against maxmemory: the data, and what is kept for clients. It is a function of what
// the node was told, like everything else that decides, and not of what the process takes.
func (n *Node) usedMemory() int64 {
	used := n.space.Memory().Used() + int64(n.clientMemory())
	n.peakMemory = max(n.peakMemory, used)
	return used
}

// clientMemory returns the bytes that are kept for clients.
func (n *Node) clientMemory() int { return n.unexecuted + n.queued + n.sessions.Retained() }

// overMemory reports whether the node uses more than it may.
func (n *Node) overMemory() bool {
	return n.settings.MaxMemory > 0 && n.usedMemory() > n.settings.MaxMemory
}

// makeRoom evicts keys until the node uses no more than it may, or has done its share for one command. It reports false if
// there is no key to evict. In a pause the data stays as it is.
func (n *Node) makeRoom() bool {
	if !n.overMemory() || n.paused != notPaused {
		return true
	}
	if c := n.current; c != nil {
		// The deletions are the node's own, also to those who track keys.
		n.current = nil
		n.sessions.Begin(nil)
		defer func() {
			n.current = c
			n.sessions.Begin(&c.session)
		}()
	}
	return n.evictDown()
}

// evictDown is makeRoom's loop.
func (n *Node) evictDown() bool {
	tenacity := n.settings.EvictionTenacity
	for done := int64(0); done <= tenacity*evictionsPerTenacity || tenacity == unboundedTenacity; done++ {
		if !n.overMemory() {
			return true
		}
		if n.space.Working() { // what is gone already comes before what is not
			n.space.Work()
			continue
		}
		slot, key, ok := n.space.Victim()
		if !ok {
			return false
		}
		n.evict(keyspace.Effect{Kind: keyspace.Delete, Slot: slot, Key: key})
	}
	n.evictionPending = true
	return true
}

// evict applies a deletion. Its key is the space's own, and whoever is told of it gets a copy.
func (n *Node) evict(effect keyspace.Effect) {
	effect.Key = n.lend(effect.Key)
	n.space.Apply(effect)
	n.Emit(&effect)
	n.counters.EvictedKeys++
}

// admitMemory makes room and refuses what would need memory if there is none. What is queued needs some, whatever it is.
func (n *Node) admitMemory(c *client, row *command.Row) error {
	if n.makeRoom() {
		return nil
	}
	if c.session.Transaction.Open && !endsTransaction(row) || n.mayGrow(c, row) {
		return command.OutOfMemory()
	}
	return nil
}

// endsTransaction reports whether a command is executed behind MULTI and needs no memory by itself.
func endsTransaction(row *command.Row) bool {
	return row == execRow || row == discardRow || row == resetRow || row == quitRow
}

var (
	discardRow = command.Lookup([]byte("discard"))
	quitRow    = command.Lookup([]byte("quit"))
)

// mayGrow reports whether a command, or one of those that EXEC would run, may need more memory.
func (n *Node) mayGrow(c *client, row *command.Row) bool {
	if row != execRow {
		return row.Flags.Has(command.DenyOOM)
	}
	for i := range c.queue {
		if c.queue[i].row.Flags.Has(command.DenyOOM) {
			return true
		}
	}
	return false
}

// tidy does a piece of what large changes, evictions and commands have left to be done.
func (n *Node) tidy() {
	if n.space.Working() {
		n.space.Work()
	}
	if n.evictionPending && n.paused == notPaused {
		n.evictionPending = false
		n.makeRoom()
	}
	n.continueCommands()
}

// untidy reports whether tidy has something to do.
func (n *Node) untidy() bool {
	return n.space.Working() || n.evictionPending && n.paused == notPaused || len(n.continued) > 0
}
