package core

import (
	"time"

	"github.com/ember-cluster/ember/core/command"
)

// stopwatch times commands. A reading takes about as long as a small command does, so those that take constant time are timed
// together:
//
//	SET GET GET INCR        KEYS        GET GET
//	└─── a stretch ────┘ └─ alone ─┘ └─ a stretch ┘     one reading at each border
//
// A stretch's time is shared equally among its commands. It lies within one window.
type stopwatch struct {
	// last is the latest reading.
	last time.Duration
	// stretch are the commands since then, whose time is not known yet. Invariant: empty between windows.
	stretch []*command.Row
	// first is the first of them.
	first command.Execution
}

const (
	// A command of a stretch has at most so many arguments, and so many bytes in each: its row speaks of constant time, but a
	// copy takes its time.
	maxStretchArguments = 8
	maxStretchBytes     = 4 << 10
	// closeLook is the threshold of the slow log, in microseconds, below which every command is timed alone: who wants to
	// see durations as small as a stretch's wants to know whose they are.
	closeLook = 1000
)

// joinsStretch reports whether a command is timed together with others.
func (n *Node) joinsStretch(row *command.Row, args [][]byte) bool {
	if !row.Constant() || len(args) > maxStretchArguments {
		return false
	}
	for _, arg := range args {
		if len(arg) > maxStretchBytes {
			return false
		}
	}
	return n.settings.SlowlogSlowerThan < 0 || n.settings.SlowlogSlowerThan >= closeLook
}

// timed runs a command and sees to its time.
func (n *Node) timed(row *command.Row, args [][]byte) {
	ctx := &n.context
	if n.joinsStretch(row, args) {
		row.Run(ctx)
		if len(n.stretch) == 0 {
			n.first = command.Execution{Row: row, Args: args, Session: ctx.Session, Wall: n.at.Wall}
		}
		n.stretch = append(n.stretch, row)
		return
	}
	n.endStretch()
	began := n.last
	row.Run(ctx)
	n.endStretch() // of what the command itself has run
	execution := command.Execution{Row: row, Args: args, Session: ctx.Session, Wall: n.at.Wall, Duration: n.last - began}
	ctx.Statistics.Took(&execution, &n.settings)
}

// endStretch reads the stopwatch and gives each command of the stretch its share of the time.
func (n *Node) endStretch() {
	if n.options.Elapsed == nil {
		n.stretch = n.stretch[:0]
		return
	}
	now := n.options.Elapsed()
	if len(n.stretch) > 0 {
		n.first.Duration = now - n.last
		n.context.Statistics.TookTogether(n.stretch, &n.first, &n.settings)
		n.stretch, n.first = n.stretch[:0], command.Execution{}
	}
	n.last = now
}
