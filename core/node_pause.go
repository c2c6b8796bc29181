package core

import (
	"time"

	"github.com/ember-cluster/ember/core/command"
)

// pause is a time in which clients' commands wait (CLIENT PAUSE).
type pause struct {
	paused pauseMode
	// pauseEnd is when the pause is over, or Never.
	pauseEnd time.Duration
	// postponed are the clients whose next command waits, in the order in which they began to.
	postponed []*client
}

// pauseMode says which commands wait.
type pauseMode uint8

const (
	notPaused pauseMode = iota
	writesPaused
	allPaused
)

// Pause implements command.Server. Of two pauses the stricter mode and the later end count.
func (n *Node) Pause(all bool, duration time.Duration) {
	mode := writesPaused
	if all {
		mode = allPaused
	}
	end := Never
	if duration < Never-n.at.Now {
		end = n.at.Now + duration
	}
	if n.paused != notPaused {
		end = max(end, n.pauseEnd)
	}
	n.paused, n.pauseEnd = max(n.paused, mode), end
}

// Unpause implements command.Server: those who wait go on at the end of the Step.
func (n *Node) Unpause() {
	if n.paused != notPaused {
		n.pauseEnd = n.at.Now
		n.paused = notPaused
	}
}

// mayPostpone reports whether there is anything for which a client's next command may have to wait.
func (n *Node) mayPostpone(c *client) bool {
	return len(c.changes)+c.owed+len(n.intents) > 0 || n.fanOut >= maxFanOut || n.paused != notPaused
}

// postpone makes a client wait if its next command must: for the end of the pause, for what it has proposed, for a mark, or for the
// next Step, since this one has sent its share of messages.
func (n *Node) postpone(c *client, p *parsed) bool {
	if n.awaitsSettlement(c, p) || n.awaitsMark(c, p) {
		return true
	}
	if n.fanOut >= maxFanOut {
		n.yield(c)
		return true
	}
	if n.paused == notPaused || n.pauseEnd <= n.at.Now || p.err != nil {
		return false
	}
	if n.paused == writesPaused && !n.mayWrite(c, p.row) {
		return false
	}
	c.held |= heldByPause
	n.postponed = append(n.postponed, c)
	return true
}

// mayWrite reports whether a command may change data, or send something that others see.
func (n *Node) mayWrite(c *client, row *command.Row) bool {
	if row == nil {
		return false
	}
	if row != execRow {
		return row.Flags.Has(command.Write) || row.MayReplicate
	}
	for i := range c.queue {
		if n.mayWrite(c, c.queue[i].row) {
			return true
		}
	}
	return false
}

// endPause lets those go on who wait.
func (n *Node) endPause() {
	n.paused, n.pauseEnd = notPaused, Never
	postponed := n.postponed
	n.postponed = nil
	for _, c := range postponed {
		c.held &^= heldByPause
		n.resume(c)
	}
}
