package linearizability

import (
	"cmp"
	"slices"
	"time"
)

// sweep follows a history through time and keeps all ways in which things can stand ("just-in-time linearization": Lowe,
// "Testing for linearizability", 2017, section 4). Porcupine needs one order; this finds out where there is none any more.
type sweep struct {
	calls         []*call
	maxClockError time.Duration
	budget        *budget

	front *frontier
	// open are the indices of the calls that are under way, in the order of their start.
	open []int
	// returned are the indices of those that have returned, in order.
	returned []int
	// starts holds how things stood when each open call began.
	starts map[int]start
}

// start is the situation at the beginning of a call. Its slices are not changed later on.
type start struct {
	front    *frontier
	open     []int
	returned []int
}

func newSweep(calls []*call, front *frontier, options Options, b *budget) *sweep {
	return &sweep{calls: calls, maxClockError: options.MaxClockError, budget: b, front: front, starts: map[int]start{}}
}

// event is a call's beginning or its return.
type event struct {
	at     time.Duration
	isEnd  bool // of two events at an instant, the beginning comes first: intervals are closed
	number int  // of the call
}

// events returns what happens to the calls from a number on, in order. Calls that never return have no end.
func events(calls []*call, from int) []event {
	var all []event
	for i, c := range calls {
		if i >= from {
			all = append(all, event{at: c.begins, number: i})
		}
		if c.returns != Never {
			all = append(all, event{at: c.returns, isEnd: true, number: i})
		}
	}
	slices.SortFunc(all, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), compareBool(a.isEnd, b.isEnd), cmp.Compare(a.number, b.number))
	})
	return all
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// run follows the calls until one returns with a reply that has no explanation, and returns its number; false if there is
// none, or if the budget is spent. The first so many calls are under way when it begins.
func (s *sweep) run(underWay int) (int, bool) {
	for i := range underWay {
		s.open = append(s.open, i)
	}
	for _, e := range events(s.calls, underWay) {
		if !e.isEnd {
			s.starts[e.number] = start{s.front, slices.Clone(s.open), s.returned}
			s.open = append(s.open, e.number)
			continue
		}
		next := s.finish(e.number)
		if s.budget.spent {
			return 0, false
		}
		if len(next.configs) == 0 {
			return e.number, true
		}
		s.front = next
		s.open = slices.DeleteFunc(slices.Clone(s.open), func(i int) bool { return i == e.number })
		s.returned = append(s.returned, e.number)
		delete(s.starts, e.number)
	}
	return 0, false
}

// finish returns the ways in which a call can have taken effect, and any others before it. It goes through the sets of
// calls that are done by their size, so that all ways to a set are there before it is taken further.
func (s *sweep) finish(number int) *frontier {
	finished := newFrontier()
	reached := newFrontier()
	related := s.related(number)
	for _, c := range s.front.configs {
		reached.add(c.done, c.state)
	}
	for size := 0; size <= len(s.open); size++ {
		for i := 0; i < len(reached.configs); i++ {
			c := reached.configs[i]
			if len(c.done) != size {
				continue
			}
			if slices.Contains(c.done, number) {
				finished.add(withoutIndex(c.done, number), c.state)
				continue
			}
			s.extend(reached, c, related)
		}
	}
	return finished
}

// related returns the open calls that have keys in common with one of them, directly or by way of others. The rest cannot
// change its reply, nor it theirs, so they may as well take effect later.
func (s *sweep) related(number int) []int {
	related := []int{number}
	for i := 0; i < len(related); i++ {
		for _, other := range s.open {
			if !slices.Contains(related, other) && shareKey(s.calls[related[i]], s.calls[other]) {
				related = append(related, other)
			}
		}
	}
	return related
}

func shareKey(a, b *call) bool {
	return slices.ContainsFunc(a.distinct, func(place int) bool { return slices.Contains(b.distinct, place) })
}

// extend adds what can follow a config: one more of some calls is done.
func (s *sweep) extend(reached *frontier, c config, calls []int) {
	for _, next := range calls {
		if slices.Contains(c.done, next) || !s.budget.take(len(c.state.worlds)) {
			continue
		}
		if after := c.state.after(s.calls[next], s.maxClockError, nil); after != nil {
			reached.add(withIndex(c.done, next), after)
		}
	}
}
