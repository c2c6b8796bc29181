package main

import (
	"sync"
	"sync/atomic"
)

// first returns the lowest i below n for which holds reports true, or -1, with so many calls at the same time. It begins no
// call that cannot matter any more.
func first(n, jobs int, holds func(i int) bool) int {
	var next, best atomic.Int64
	best.Store(int64(n))
	work := func() {
		for {
			i := next.Add(1) - 1
			if i >= best.Load() {
				return
			}
			if holds(int(i)) {
				lower(&best, i)
				return
			}
		}
	}
	var workers sync.WaitGroup
	for range min(jobs, n) {
		workers.Go(work)
	}
	workers.Wait()
	if found := best.Load(); found < int64(n) {
		return int(found)
	}
	return -1
}

// lower sets a number to another one, if that is lower.
func lower(number *atomic.Int64, to int64) {
	for current := number.Load(); to < current; current = number.Load() {
		if number.CompareAndSwap(current, to) {
			return
		}
	}
}
