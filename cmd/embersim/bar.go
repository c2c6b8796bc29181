package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// isTerminal reports whether a file is a terminal.
func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }

// bar is a progress bar on a terminal, and nothing in a pipe.
type bar struct{ shown *progressbar.ProgressBar }

// newBar begins a bar of so many steps; with 0 the end is not known, and it spins.
func newBar(s *session, description string, steps int64) bar {
	if !s.terminal {
		return bar{}
	}
	if steps == 0 {
		steps = -1
	}
	return bar{progressbar.NewOptions64(steps,
		progressbar.OptionSetWriter(s.err),
		progressbar.OptionSetDescription(description),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
	)}
}

// The errors of a progress bar concern nobody.

func (b bar) describe(text string) {
	if b.shown != nil {
		b.shown.Describe(text)
		_ = b.shown.Add(0)
	}
}

func (b bar) step() {
	if b.shown != nil {
		_ = b.shown.Add(1)
	}
}

func (b bar) finish() {
	if b.shown != nil {
		_ = b.shown.Finish()
		_ = b.shown.Clear()
	}
}
