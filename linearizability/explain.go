package linearizability

import (
	"slices"
	"time"
)

// window is a part of an illegal history that is illegal by itself: however things stood before it, no order of its calls
// explains their replies.
type window struct {
	keys    []string
	options Options
	// earlier are the last operations that had returned before, for a reader.
	earlier []Operation
	// before is how things could stand at the beginning, when the first underWay of the calls were under way.
	before   *frontier
	underWay int
	calls    []*call
	// places are those of the keys that the calls have.
	places []int
}

// contextOperations is how many operations before a window are shown.
const contextOperations = 4

// explain looks for the first reply that has no explanation, and cuts an illegal partition down to a window.
//
// Every cut is sound: the window is illegal because the partition is. It ends with the return of the offender, whose reply
// has no explanation; replies that came later are taken as unknown. It begins when the offender did, and how things could
// stand then takes the place of what was before. Then go the calls that have no key in common with the offender, not even
// by way of others, and the reads without which there is no explanation either. Other writes stay: without one of them a
// right reply can look wrong.
func (p *partition) explain(options Options, b *budget) (Verdict, *window) {
	front := newFrontier()
	front.add(nil, emptyState(len(p.keys)))
	s := newSweep(p.calls, front, options, b)
	offender, found := s.run(0)
	switch {
	case b.spent:
		return Undecided, nil
	case !found:
		return Legal, nil
	}
	began, end := s.starts[offender], p.calls[offender].returns
	var numbers []int
	for _, i := range began.open {
		if !p.calls[i].command.reads || began.front.mentions(i) {
			numbers = append(numbers, i)
		}
	}
	underWay := len(numbers)
	for i := offender; i < len(p.calls) && p.calls[i].begins <= end; i++ {
		numbers = append(numbers, i)
	}
	var earlier []Operation
	for _, i := range began.returned[max(0, len(began.returned)-contextOperations):] {
		earlier = append(earlier, *p.calls[i].operation)
	}
	whole := &window{keys: p.keys, options: options, earlier: earlier}
	whole.take(p.calls, numbers, underWay, began.front, end)
	w := whole.around(slices.Index(numbers, offender), end)
	if !w.illegal(w.calls, b) { // what is known of other keys is needed to rule an explanation out
		w = whole
	}
	w.dropReads(b)
	return Illegal, w
}

// take fills the window with some of the calls, the first of them under way at its beginning. Of what the frontier tells,
// it keeps what is about these calls and their keys.
func (w *window) take(calls []*call, numbers []int, underWay int, front *frontier, end time.Duration) {
	w.underWay, w.before = underWay, newFrontier()
	renumbered := map[int]int{}
	for i, number := range numbers {
		renumbered[number] = i
		w.calls = append(w.calls, until(calls[number], end))
		w.places = append(w.places, calls[number].places...)
	}
	slices.Sort(w.places)
	w.places = slices.Compact(w.places)
	for _, c := range front.configs {
		var done []int
		for _, number := range c.done {
			if i, ok := renumbered[number]; ok {
				done = append(done, i)
			}
		}
		slices.Sort(done)
		w.before.add(done, c.state.project(w.places))
	}
}

// around returns the part of the window that has keys in common with one of its calls, directly or by way of others.
func (w *window) around(offender int, end time.Duration) *window {
	related := newGroups(len(w.keys))
	for _, c := range w.calls {
		for _, place := range c.places {
			related.join(c.places[0], place)
		}
	}
	root := related.find(w.calls[offender].places[0])
	var numbers []int
	underWay := 0
	for i, c := range w.calls {
		if related.find(c.places[0]) == root {
			numbers = append(numbers, i)
			if i < w.underWay {
				underWay++
			}
		}
	}
	part := &window{keys: w.keys, options: w.options, earlier: w.earlier}
	part.take(w.calls, numbers, underWay, w.before, end)
	return part
}

// until returns what was known of a call at an instant: without its reply, if that was still to come.
func until(c *call, end time.Duration) *call {
	if c.returns <= end {
		return c
	}
	early := *c
	early.seen, early.returns = nil, Never
	return &early
}

// illegal reports whether some calls, the first of them under way, have no explanation.
func (w *window) illegal(calls []*call, b *budget) bool {
	_, found := newSweep(calls, w.before, w.options, b).run(w.underWay)
	return found
}

// dropReads leaves out reads without which the window is illegal all the same. What was under way at its beginning stays,
// since how things stood then tells of it.
func (w *window) dropReads(b *budget) {
	for i := w.underWay; i < len(w.calls); {
		without := slices.Delete(slices.Clone(w.calls), i, i+1)
		if w.calls[i].command.reads && w.illegal(without, b) {
			w.calls = without
		} else {
			i++
		}
	}
}

// describe writes how things could stand at the beginning of the window.
func (w *window) describe() string { return w.before.describe(w.keys, w.places, w.calls) }
