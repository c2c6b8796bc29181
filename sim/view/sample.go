package view

import (
	"slices"

	"github.com/ember-cluster/ember/sim"
)

// stateFact is the name of the fact that every host has: whether it is up.
const stateFact = "state"

// sample asks what the latest event has changed: the state of its host, or of all hosts if it was the world's.
func (r *Recorder) sample() {
	switch {
	case r.world == nil:
	case r.host == nil:
		r.sampleAll()
	default:
		r.sampleHost(r.host)
	}
}

func (r *Recorder) sampleAll() {
	for _, h := range r.world.Hosts() {
		r.sampleHost(h)
	}
}

// sampleHost asks a host for its facts and notes those that have changed.
func (r *Recorder) sampleHost(h *sim.Host) {
	f, index := &r.facts, r.index(h)
	f.reset()
	f.Set(stateFact, stateOf(h), Plain)
	if subject, ok := h.Process().(Subject); ok {
		subject.Facts(f)
	}
	known := &r.told[index]
	for i, fact := range f.facts {
		if i >= len(known.facts) || known.facts[i] != fact {
			r.addFact(index, fact)
		}
	}
	for i := len(f.facts); i < len(known.facts); i++ { // it is down and tells nothing more
		r.addFact(index, fact{name: known.facts[i].name})
	}
	known.facts = append(known.facts[:0], f.facts...)
	if !slices.Equal(known.share, f.share) {
		known.share = f.share
		r.chunk.Shares = append(r.chunk.Shares, share{Time: int64(r.time), Host: index, Ranges: append([]int{}, f.share...)})
	}
}

// stateOf says whether a host runs.
func stateOf(h *sim.Host) string {
	switch {
	case !h.Up():
		return "down"
	case h.Paused():
		return "paused"
	}
	return "up"
}

func (r *Recorder) addFact(host int, f fact) {
	columns := &r.chunk.Facts
	columns.Time = append(columns.Time, int64(r.time))
	columns.Host = append(columns.Host, host)
	columns.Name = append(columns.Name, r.text(f.name))
	columns.Value = append(columns.Value, r.text(f.value))
	columns.Tone = append(columns.Tone, int(f.tone))
}

// takeOperations adds the operations that began or went on since they were asked for last.
func (r *Recorder) takeOperations() {
	for _, h := range r.world.Hosts() {
		requester, ok := h.Process().(Requester)
		if !ok {
			continue
		}
		index := r.index(h)
		known := &r.told[index]
		for ; known.operations < requester.Operations(); known.operations++ {
			known.open = append(known.open, known.operations)
		}
		known.open = slices.DeleteFunc(known.open, func(number int) bool {
			op := requester.Operation(number)
			r.addOperation(index, &op)
			return op.Outcome != Pending
		})
	}
}

func (r *Recorder) addOperation(host int, op *Operation) {
	columns := &r.chunk.Operations
	columns.ID = append(columns.ID, op.ID)
	columns.Host = append(columns.Host, host)
	columns.Call = append(columns.Call, int64(op.Call))
	end := int64(-1)
	if op.Outcome != Pending {
		end = int64(op.Return)
	}
	columns.Return = append(columns.Return, end)
	columns.Outcome = append(columns.Outcome, int(op.Outcome))
	columns.Request = append(columns.Request, r.text(op.Request))
	columns.Reply = append(columns.Reply, r.text(op.Reply))
	attempts := make([]int64, 0, 3*len(op.Attempts))
	for _, attempt := range op.Attempts {
		to := -1
		if h := r.world.Host(attempt.To); h != nil {
			to = r.index(h)
		}
		attempts = append(attempts, int64(attempt.At), int64(to), int64(r.text(attempt.Answer)))
	}
	columns.Attempts = append(columns.Attempts, attempts)
}
