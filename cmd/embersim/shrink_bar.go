package main

import (
	"fmt"
	"sync"

	"github.com/ember-cluster/ember/sim/shrink"
)

// shrinkBar tells how far a search has come. Runs take place at the same time, so it is locked.
type shrinkBar struct {
	bar
	mutex sync.Mutex
	runs  int
	last  shrink.Progress
}

func newShrinkBar(s *session) *shrinkBar { return &shrinkBar{bar: newBar(s, "shrinking", 0)} }

// progress takes what the search has found.
func (b *shrinkBar) progress(p shrink.Progress) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.last = p
	b.show()
}

// counting returns the same as a way to find the first of some candidates, and counts the runs.
func (b *shrinkBar) counting(first func(n int, holds func(i int) bool) int) func(n int, holds func(i int) bool) int {
	return func(n int, holds func(i int) bool) int {
		return first(n, func(i int) bool {
			held := holds(i)
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.runs++
			b.show()
			return held
		})
	}
}

func (b *shrinkBar) show() {
	b.describe(fmt.Sprintf("shrinking: %d faults, %d operations, %d hosts left; %d runs (%s)",
		b.last.Faults, b.last.Inputs, b.last.Hosts, b.runs, b.last.Pass))
}
