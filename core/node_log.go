package core

import (
	"fmt"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
)

// persistence is where the node's log stands. What of it is still needed begins with the last record about the node or with the last
// record that a consensus group can begin with, whichever comes first:
//
//	     released          node           restart
//	┌───┬───┬───┬───┬───┬────────┬───┬───┬────────┬───┬───┐
//	│   │   │   │   │   │  kept  │   │   │  kept  │   │   │
//	└───┴───┴───┴───┴───┴────────┴───┴───┴────────┴───┴───┘
type persistence struct {
	// appended is the position of the last record given to the driver, persisted of the last one known to be durable.
	// Invariant: persisted <= appended.
	appended, persisted uint64
	// openingPosition is the record that announces this boot. Nothing leaves the node before it is durable.
	openingPosition uint64
	// isOpen says that the node speaks: see Open.
	isOpen bool
	// nodeRecord is the position of the last record about the node, restart of the last one that makes those of the consensus group
	// before it void, 0 if there is none. Released is where the log begins, as far as the driver was told.
	nodeRecord, restart, released uint64
	// written are the consensus group's records that are not durable. Invariant: both numbers rise.
	written []writtenRecord
	// sinceRestart is how many records about the node there are behind restart, each of which holds it up.
	sinceRestart int
	// logError is what is answered to whoever needs the log, once that has failed.
	logError error
}

// writtenRecord says at which position of the node's log a record of the consensus group is.
type writtenRecord struct{ position, number uint64 }

// maxHeldUp is how many records about the node may lie behind a record that the consensus group needs, before that is written anew.
const maxHeldUp = 64

// start makes the new boot number durable. Until it is, replies are parked and nothing is said to peers: whatever a node
// reveals under an identity must be under one that it will still have after a crash.
func (n *Node) start() {
	n.started = true
	n.context.LastSave = n.at.Wall
	n.nextStreamSweep, n.nextExpiry, n.pauseEnd = Never, Never, Never
	n.appendNodeRecord()
	n.resumeGroup()
	n.openingPosition = n.appended
}

// Open reports whether this start of the node is durable, so that others may hear of it. One who is alone, and so can say at once what
// the configuration has to say of it, has it say that first: its first client finds it at its present address.
func (n *Node) Open() bool { return n.isOpen }

// open begins to speak if that may be.
func (n *Node) open() {
	if n.isOpen || !n.started || n.persisted < n.openingPosition {
		return
	}
	if len(n.state.Nodes()) == 1 && n.fenced() == nil && len(n.misdescribed()) > 0 && n.describeAt == 0 {
		return
	}
	n.isOpen = true
	n.startGossip()
	n.releaseParked()
}

// appendRecord gives the driver a record, which append writes, and returns its position.
func (n *Node) appendRecord(write func(dst []byte) []byte) uint64 {
	n.appended++
	start := len(n.lent)
	n.lent = write(n.lent)
	n.emit(Effect{Kind: Append, Position: n.appended, Bytes: n.lent[start:len(n.lent):len(n.lent)]})
	return n.appended
}

// appendNodeRecord writes what the node has to know of itself at its next start, and returns the record's position.
func (n *Node) appendNodeRecord() uint64 {
	record := Record{Node: n.self, Boot: n.boot, spent: n.spent, State: n.newest()}
	if n.attempt != nil && !n.attempt.ended {
		record.attempt = n.attempt
	}
	if n.founding {
		record.Node = n.foundingAs
	}
	n.nodeRecord = n.appendRecord(record.Append)
	if n.restart > 0 {
		if n.sinceRestart++; n.sinceRestart >= maxHeldUp {
			n.sinceRestart = 0
			n.compactGroup()
		}
	}
	return n.nodeRecord
}

// recordsPersisted does what waited for the log.
func (n *Node) recordsPersisted(position uint64) {
	if position > n.appended {
		panic("core: a record is durable that was never appended")
	}
	if position <= n.persisted || n.logError != nil {
		return
	}
	n.persisted = position
	n.releaseLog()
	n.groupPersisted()
	n.adoptDurable()
	n.joinDurable()
	n.releaseParked()
}

// groupPersisted tells the machine which of its records are durable.
func (n *Node) groupPersisted() {
	durable := 0
	for durable < len(n.written) && n.written[durable].position <= n.persisted {
		durable++
	}
	if durable == 0 {
		return
	}
	n.machine.Persisted(n.at.Now, n.written[durable-1].number)
	n.written = append(n.written[:0], n.written[durable:]...)
	n.touched = true
}

// releaseLog tells the driver which records are history.
func (n *Node) releaseLog() {
	needed := n.nodeRecord
	if n.restart > 0 {
		needed = min(needed, n.restart)
	}
	if max(n.nodeRecord, n.restart) <= n.persisted && needed > n.released {
		n.released = needed
		n.emit(Effect{Kind: Release, Position: needed})
	}
}

// logFailed refuses what waits for the log. Whether the records of these changes are on the disk is not known, and does not
// matter to this process: it goes on with the configuration that is in force.
func (n *Node) logFailed(reason string) {
	if n.logError != nil {
		panic("core: the log fails twice: " + reason)
	}
	n.options.Marks.Hit(marks.LogFailed)
	n.logError = command.LogFailed(reason)
	if !n.isOpen {
		n.emit(Effect{Kind: Stop})
		return
	}
	n.failProposals(n.logError)
	n.adoptDurable()
	n.releaseParked()
}

// newest returns the newest configuration that the node knows: the one in force, or the one that waits for the log.
func (n *Node) newest() *topology.State {
	if n.adopting != nil {
		return n.adopting
	}
	return n.state
}

func (n *Node) checkLog() error {
	if n.persisted > n.appended {
		return fmt.Errorf("core: record %d is durable, %d is the last one appended", n.persisted, n.appended)
	}
	if n.nodeRecord > n.appended || n.restart > n.appended || n.released > n.persisted {
		return fmt.Errorf("core: records %d and %d are needed of a log that was released up to %d, is durable to %d and ends at %d",
			n.nodeRecord, n.restart, n.released, n.persisted, n.appended)
	}
	var last writtenRecord
	for _, w := range n.written {
		if w.position <= max(last.position, n.persisted) && n.logError == nil || w.number <= last.number {
			return fmt.Errorf("core: consensus record %d at position %d, behind %d at %d", w.number, w.position, last.number, last.position)
		}
		last = w
	}
	return nil
}
