package sim

import (
	"fmt"
	"slices"
	"strings"
)

// A Journal watches the runs of one configuration for the first event at which they differ. It keeps the hash after
// each event of the first run, eight bytes an event. Twice makes it.
type Journal struct {
	mode   journalMode
	hashes []uint64 // of the first run, by event
	next   int      // events of this run so far
	mark   uint64   // number of the first record of the event that comes next

	// What is known of the event at which the runs differ.
	found bool
	at    int      // index of the event
	hash  uint64   // after it, in this run
	lines []string // the event and its effects, in this run
	event uint64   // its number in its world
}

type journalMode uint8

const (
	journalKeeps    journalMode = iota // the first run: keep the hashes
	journalCompares                    // the second run: stop at the first difference
	journalShows                       // another run: note how event number at reads
)

// eventDone takes the hash after an event.
func (j *Journal) eventDone(w *World) {
	hash := w.Hash()
	switch j.mode {
	case journalKeeps:
		j.hashes = append(j.hashes, hash)
	case journalCompares:
		if !j.found && (j.next >= len(j.hashes) || j.hashes[j.next] != hash) {
			j.note(w, hash)
		}
	case journalShows:
		if j.next == j.at {
			j.note(w, hash)
		}
	}
	j.next++
	j.mark = w.trace.count
}

func (j *Journal) note(w *World, hash uint64) {
	j.found, j.at, j.hash, j.event = true, j.next, hash, w.events
	j.lines = w.trace.since(j.mark)
	w.fail(nil, Nondeterministic, "determinism", "this is where two runs differ", "") // what comes after is of no interest
}

// rerun runs the configuration in another mode.
func (j *Journal) rerun(mode journalMode, run func(j *Journal)) {
	j.mode, j.found, j.next, j.mark, j.lines = mode, false, 0, 0, nil
	run(j)
}

// A Divergence is the first event at which two runs of one configuration differ.
type Divergence struct {
	Event uint64 // its number, from 1
	// First and Second are the event and its effects in either run, as lines of the trace: where the first lines are
	// equal, the same event had different effects. None: the run had ended before.
	//
	// Of the first run only hashes are kept. It is run again until it does the same at that event; if it never
	// does, First is what it did instead.
	First, Second []string
}

func (d *Divergence) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "two runs of one seed differ at event %d\n", d.Event)
	for i, lines := range [][]string{d.First, d.Second} {
		fmt.Fprintf(&text, "run %d:\n", i+1)
		for _, line := range lines {
			fmt.Fprintf(&text, "  %s\n", line)
		}
	}
	return text.String()
}

// showings is how many further runs are tried to see again what the first one did.
const showings = 32

// Twice runs a configuration twice and returns the first event that differs, nil if none does. Run must build its
// world with Config.Journal set to the journal that it is given, and nothing else may depend on that.
func Twice(run func(j *Journal)) *Divergence {
	j := &Journal{}
	run(j)
	j.rerun(journalCompares, run)
	if !j.found && j.next == len(j.hashes) {
		return nil
	}
	d := &Divergence{Event: j.event, Second: j.lines}
	if !j.found { // the second run ended sooner
		j.at = j.next
	}
	if j.at == len(j.hashes) { // the first run did
		return d
	}
	first := j.hashes[j.at]
	for range showings {
		j.rerun(journalShows, run)
		if !j.found {
			continue
		}
		if len(d.First) == 0 || slices.Equal(d.First, d.Second) || j.hash == first {
			d.Event, d.First = j.event, j.lines
		}
		if j.hash == first {
			break
		}
	}
	return d
}
