package linearizability

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// window is a part of an illegal history that is illegal by itself: from the state before, no order of the calls explains
// their replies.
type window struct {
	partition *partition
	before    *state
	calls     []*call
	options   Options
}

// explain cuts an illegal partition down to the first window that no order explains. It returns nil if the budget does not
// allow it.
//
// Every cut is sound: what remains is illegal because the whole is. The history is cut where no operation was under way;
// the states that are possible there take the place of what was before. Inside the window, what was called after the reply
// that has no explanation goes, and the replies that came after it count as unknown. Then go the reads without which
// there is no explanation either. Writes stay: without one of them a right reply can look wrong.
func (p *partition) explain(options Options) *window {
	b := &budget{left: options.StepBudget}
	s := &search{maxClockError: options.MaxClockError, budget: b}
	before := emptyState(len(p.keys))
	for _, calls := range quietCuts(p.calls) {
		after := s.endState(before, calls)
		if b.spent {
			return nil
		}
		if after == nil {
			calls = s.dropReads(before, s.dropLater(before, calls))
			if b.spent {
				return nil
			}
			return &window{partition: p, before: before, calls: calls, options: options}
		}
		before = after
	}
	panic(fmt.Sprintf("linearizability: porcupine finds keys %q illegal, and here is an order for all %d operations", p.keys, len(p.calls)))
}

// quietCuts cuts calls, which are in the order of their Call, wherever all of those before have returned.
func quietCuts(calls []*call) [][]*call {
	var parts [][]*call
	start, latest := 0, time.Duration(math.MinInt64)
	for i, c := range calls {
		if i > start && c.operation.Call > latest {
			parts = append(parts, calls[start:i])
			start = i
		}
		latest = max(latest, c.returns)
	}
	return append(parts, calls[start:])
}

// dropLater returns the shortest beginning of an illegal window that is illegal too.
func (s *search) dropLater(before *state, calls []*call) []*call {
	ends := make([]time.Duration, len(calls))
	for i, c := range calls {
		ends[i] = c.returns
	}
	slices.Sort(ends)
	first := sort.Search(len(ends)-1, func(i int) bool {
		return s.endState(before, until(calls, ends[i])) == nil
	})
	return until(calls, ends[first])
}

// until returns what was known of calls at an instant: those that had been called, without the replies that were to come.
func until(calls []*call, end time.Duration) []*call {
	var known []*call
	for _, c := range calls {
		switch {
		case c.operation.Call > end:
		case c.returns <= end:
			known = append(known, c)
		case !c.command.reads:
			known = append(known, pending(c))
		}
	}
	return known
}

// pending returns a call as it was before its return.
func pending(c *call) *call {
	o := *c.operation
	o.Outcome, o.Return, o.Reply = Unknown, Never, Reply{}
	early := *c
	early.operation, early.seen, early.returns = &o, nil, Never
	return &early
}

// dropReads leaves out reads without which the window is illegal all the same.
func (s *search) dropReads(before *state, calls []*call) []*call {
	for i := 0; i < len(calls); {
		without := slices.Delete(slices.Clone(calls), i, i+1)
		if calls[i].command.reads && s.endState(before, without) == nil {
			calls = without
		} else {
			i++
		}
	}
	return calls
}

// search looks for orders of a few calls. Unlike porcupine's it finds all states that they can lead to.
type search struct {
	maxClockError time.Duration
	budget        *budget
}

// endState returns what is known after the calls: the worlds of all orders that explain their replies; nil if there is no
// order. Calls without a return may be in an order or not.
func (s *search) endState(before *state, calls []*call) *state {
	v := visit{search: s, calls: calls, seen: map[string][]*state{}, done: make([]byte, len(calls))}
	v.from(before)
	if len(v.worlds) == 0 {
		return nil
	}
	now := before.now
	for _, c := range calls {
		now = max(now, c.operation.Call)
	}
	return newState(v.worlds, now)
}

// visit is one depth-first search over the orders of calls.
type visit struct {
	*search
	calls []*call
	// done tells for each call whether it is in the order so far: 1 or 0.
	done []byte
	// seen holds the states in which a set of calls has been done before. It is looked up, never walked over.
	seen   map[string][]*state
	worlds []world // at the ends of orders
}

// from tries every call that can be the next in the order.
func (v *visit) from(now *state) {
	key := string(v.done)
	if slices.ContainsFunc(v.seen[key], now.equal) {
		return
	}
	v.seen[key] = append(v.seen[key], now)
	deadline := Never // the first return of a call that is still to be done: it must not be before the next one's call
	complete := true
	for i, c := range v.calls {
		if v.done[i] == 0 && c.returns != Never {
			deadline = min(deadline, c.returns)
			complete = false
		}
	}
	if complete {
		for _, w := range now.worlds {
			v.worlds = addWorld(v.worlds, w)
		}
	}
	for i, c := range v.calls {
		if v.done[i] == 1 || c.operation.Call > deadline || !v.budget.take() {
			continue
		}
		if next := now.after(c, v.maxClockError); next != nil {
			v.done[i] = 1
			v.from(next)
			v.done[i] = 0
		}
	}
}
