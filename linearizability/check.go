package linearizability

import (
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdict is what a check found.
type Verdict uint8

const (
	// Legal: some order explains every reply.
	Legal Verdict = iota
	// Illegal: no order does.
	Illegal
	// Undecided: the step budget was spent before either was shown, or the history could not be judged.
	Undecided
)

var verdictNames = [...]string{Legal: "legal", Illegal: "illegal", Undecided: "undecided"}

// String returns the verdict in one word.
func (v Verdict) String() string { return verdictNames[v] }

// Options bound a check.
type Options struct {
	// StepBudget is how many steps of the model each of the two searches may take on a partition; 0 stands for
	// DefaultStepBudget.
	StepBudget int
	// MaxClockError is how far a server's wall clock may be from the clock that timed the history, counted from the same
	// origin. Replies that depend on expiry are judged within it.
	MaxClockError time.Duration
	// Witness says when each operation took effect, and may be wrong or know nothing. The search is exponential at worst,
	// so each partition is tried first as if its operations had taken effect at those instants that are between their call and
	// their return: an order that explains this explains the history. Only if there is none, all times count. Nil: nobody
	// says anything.
	Witness Log
}

// DefaultStepBudget is about two seconds of a processor.
const DefaultStepBudget = 1_000_000

// Check judges a history: for each partition of its keys, in the order of the keys, whether an order of the operations
// explains the replies. It ends at the first partition for which none does. All are tried with few steps before any is with
// many: one partition that is found wrong is enough. The operations may be in any order.
func Check(history []Operation, options Options) Report {
	if options.StepBudget == 0 {
		options.StepBudget = DefaultStepBudget
	}
	if err := validate(history); err != nil {
		return Report{Verdict: Undecided, Err: err}
	}
	partitions, err := split(history, options.Witness)
	if err != nil {
		return Report{Verdict: Undecided, Err: err}
	}
	report := Report{Partitions: len(partitions)}
	var scratch follower
	if options.Witness != nil {
		partitions = report.doubtful(partitions, options, &scratch)
	}
	for _, steps := range budgets(options.StepBudget) {
		partitions = report.judge(partitions, options, steps, &scratch)
	}
	if len(partitions) > 0 && report.Verdict == Legal {
		report.blame(partitions[0], Undecided, nil)
	}
	return report
}

// doubtful returns the partitions that a witness cannot explain.
func (r *Report) doubtful(partitions []*partition, options Options, scratch *follower) []*partition {
	return slices.DeleteFunc(partitions, func(p *partition) bool {
		b := &budget{left: options.StepBudget}
		verdict := p.check(options, b, scratch)
		r.Steps += options.StepBudget - b.left
		if verdict != Legal {
			p.widen()
		}
		return verdict == Legal
	})
}

// leastBudget is how many steps are worth trying.
const leastBudget = 1000

// budgets returns the steps that partitions are tried with, one after another, if so many are allowed.
func budgets(most int) []int {
	return slices.DeleteFunc([]int{most / 64, most / 8, most}, func(steps int) bool { return steps < min(leastBudget, most) })
}

// judge judges partitions, with so many steps for each search, until it finds one that is illegal, and returns those that it has
// not decided. Those whose fault is not seen are looked at again with more steps, if there are.
func (r *Report) judge(partitions []*partition, options Options, steps int, scratch *follower) []*partition {
	if r.Verdict == Illegal {
		return nil
	}
	last := steps == options.StepBudget
	var undecided []*partition
	for _, p := range partitions {
		verdict, window, taken := p.judge(options, steps, scratch)
		r.Steps += taken
		switch {
		case verdict == Illegal && (window != nil || last):
			r.blame(p, Illegal, window)
			return nil
		case verdict != Legal:
			undecided = append(undecided, p)
		}
	}
	return undecided
}

// blame makes the report one about a partition.
func (r *Report) blame(p *partition, verdict Verdict, window *window) {
	r.Verdict, r.window = verdict, window
	r.Keys, r.Operations = p.keys, operationsOf(p.calls)
}

// judge decides one partition, and cuts an illegal one down to a window, if so many steps for each of the two searches allow it.
// Porcupine follows one order at a time, which is the quickest if there is one. The sweep follows all at once, which ends
// sooner if there is none and many keys have been joined; so it may decide what porcupine could not.
func (p *partition) judge(options Options, steps int, scratch *follower) (Verdict, *window, int) {
	first, second := &budget{left: steps}, &budget{left: steps}
	verdict := p.check(options, first, scratch)
	if verdict == Legal {
		return Legal, nil, steps - first.left
	}
	opinion, window := p.explain(options, second)
	if verdict == Illegal && opinion == Legal {
		panic(fmt.Sprintf("linearizability: porcupine finds keys %q illegal, and yet all %d replies have an explanation", p.keys, len(p.calls)))
	}
	if verdict == Undecided {
		verdict = opinion
	}
	return verdict, window, 2*steps - first.left - second.left
}

// validate finds a caller's mistake.
func validate(history []Operation) error {
	ascending := true
	for i := range history {
		o := &history[i]
		ascending = ascending && (i == 0 || history[i-1].ID < o.ID)
		switch {
		case o.Call < 0 || o.Outcome != Unknown && o.Return < o.Call:
			return fmt.Errorf("linearizability: operation %d has the call %v and the return %v", o.ID, o.Call, o.Return)
		case o.Client < 0 || int(o.Outcome) >= len(outcomeNames):
			return fmt.Errorf("linearizability: operation %d has the client %d and the outcome %d", o.ID, o.Client, o.Outcome)
		}
	}
	if ascending {
		return nil
	}
	return validateIDs(history)
}

func validateIDs(history []Operation) error {
	ids := make([]uint64, len(history))
	for i := range history {
		ids[i] = history[i].ID
	}
	slices.Sort(ids)
	for i := 1; i < len(ids); i++ {
		if ids[i-1] == ids[i] {
			return fmt.Errorf("linearizability: two operations have the id %d", ids[i])
		}
	}
	return nil
}

// check runs porcupine on one partition, unless there is only one order to try. Each call of CheckOperations runs one
// goroutine, so partitions are judged one at a time and the steps are the same each time.
func (p *partition) check(options Options, b *budget, scratch *follower) Verdict {
	var legal bool
	if p.forced() {
		legal = scratch.follow(p, options, b)
	} else {
		legal = porcupine.CheckOperations(p.model(options, b), porcupineHistory(p.calls))
	}
	switch {
	case legal:
		return Legal
	case b.spent:
		return Undecided
	}
	return Illegal
}

// forced reports whether the times allow only one order of the calls: no two of them overlap.
func (p *partition) forced() bool {
	for i := 1; i < len(p.calls); i++ {
		if p.calls[i-1].returns >= p.calls[i].begins {
			return false
		}
	}
	return true
}

// follower is memory for the states before and after a call, and for the step from one to the other.
type follower struct {
	states [2]state
	step   step
}

// follow reports whether the calls of a partition, one after the other, explain their replies.
func (f *follower) follow(p *partition, options Options, b *budget) bool {
	before, after := &f.states[0], &f.states[1]
	before.empty(len(p.keys))
	if f.step.memory == nil {
		f.step.memory = &memory{}
	}
	for _, c := range p.calls {
		if !b.take(len(before.worlds)) || !after.follow(before, &f.step, c, options.MaxClockError) {
			return false
		}
		before, after = after, before
	}
	return true
}

// budget counts down the steps of the model: one for each world that an operation is applied to.
type budget struct {
	left int
	// spent says that steps were asked for when there were too few left: whatever was found then is not a proof.
	spent bool
}

// take reports whether there are n steps left, and takes them.
func (b *budget) take(n int) bool {
	if b.spent || b.left < n {
		b.left, b.spent = 0, true
		return false
	}
	b.left -= n
	return true
}

// model returns the partition's model for porcupine. Once the budget is spent no step is possible, so the search backs out
// of where it is without looking further.
func (p *partition) model(options Options, b *budget) porcupine.Model {
	m := &memory{}
	return porcupine.Model{
		Init: func() any { return emptyState(len(p.keys)) },
		Step: func(s, input, _ any) (bool, any) {
			before := s.(*state)
			if !b.take(len(before.worlds)) {
				return false, nil
			}
			next := before.after(input.(*call), options.MaxClockError, m)
			return next != nil, next
		},
		Equal: func(a, b any) bool { return a.(*state).equal(b.(*state)) },
		Hash:  func(s any) uint64 { return s.(*state).hash() },
	}
}

// porcupineHistory returns calls as porcupine takes them. The reply is part of the call.
func porcupineHistory(calls []*call) []porcupine.Operation {
	all := make([]porcupine.Operation, len(calls))
	for i, c := range calls {
		all[i] = porcupine.Operation{
			ClientId: c.operation.Client,
			Input:    c,
			Call:     int64(c.begins),
			Return:   int64(c.returns),
		}
	}
	return all
}
