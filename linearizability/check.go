package linearizability

import (
	"context"
	"fmt"
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
	// StepBudget is how many steps of the model one partition may take; 0 stands for DefaultStepBudget.
	StepBudget int
	// MaxClockError is how far a server's wall clock may be from the clock that timed the history, counted from the same
	// origin. Replies that depend on expiry are judged within it.
	MaxClockError time.Duration
}

// DefaultStepBudget is some seconds and some hundred megabytes on a history of a thousand operations per partition.
const DefaultStepBudget = 1_000_000

// Check judges a history: for each partition of its keys, in the order of the keys, whether an order of the operations
// explains the replies. It ends at the first partition for which none does. The operations may be in any order.
func Check(history []Operation, options Options) Report {
	if options.StepBudget == 0 {
		options.StepBudget = DefaultStepBudget
	}
	if err := validate(history); err != nil {
		return Report{Verdict: Undecided, Err: err}
	}
	partitions, err := split(history)
	if err != nil {
		return Report{Verdict: Undecided, Err: err}
	}
	report := Report{Partitions: len(partitions)}
	for _, p := range partitions {
		verdict, steps := p.check(options)
		report.Steps += steps
		if verdict == Legal || verdict == Undecided && report.Verdict == Undecided {
			continue
		}
		report.Verdict = verdict
		report.Keys = p.keys
		report.Operations = operationsOf(p.calls)
		if verdict == Illegal {
			report.window = p.explain(options)
			break
		}
	}
	return report
}

// validate finds a caller's mistake.
func validate(history []Operation) error {
	seen := make(map[uint64]bool, len(history))
	for i := range history {
		o := &history[i]
		switch {
		case seen[o.ID]:
			return fmt.Errorf("linearizability: two operations have the id %d", o.ID)
		case o.Call < 0 || o.Outcome != Unknown && o.Return < o.Call:
			return fmt.Errorf("linearizability: operation %d has the call %v and the return %v", o.ID, o.Call, o.Return)
		case o.Client < 0 || int(o.Outcome) >= len(outcomeNames):
			return fmt.Errorf("linearizability: operation %d has the client %d and the outcome %d", o.ID, o.Client, o.Outcome)
		}
		seen[o.ID] = true
	}
	return nil
}

// check runs porcupine on one partition. Each call of CheckOperations runs one goroutine, so partitions are judged one at
// a time and the steps are the same each time.
func (p *partition) check(options Options) (Verdict, int) {
	b := &budget{left: options.StepBudget}
	legal := porcupine.CheckOperations(p.model(emptyState(len(p.keys)), options, b), porcupineHistory(p.calls))
	steps := options.StepBudget - b.left
	switch {
	case legal:
		return Legal, steps
	case b.spent:
		return Undecided, steps
	}
	return Illegal, steps
}

// budget counts down the steps of the model.
type budget struct {
	left int
	// spent says that a step was asked for when there was none left: whatever was found then is not a proof.
	spent bool
}

// take reports whether there is a step left, and takes it.
func (b *budget) take() bool {
	if b.left == 0 {
		b.spent = true
		return false
	}
	b.left--
	return true
}

// model returns the partition's model for porcupine. Once the budget is spent no step is possible, so the search backs out
// of where it is without looking further.
func (p *partition) model(start *state, options Options, b *budget) porcupine.Model {
	after := func(s, input any) (bool, any) {
		if next := s.(*state).after(input.(*call), options.MaxClockError); next != nil {
			return true, next
		}
		return false, nil
	}
	return porcupine.Model{
		Init: func() any { return start },
		// Step is for the visualization, which replays what the search has found.
		Step: func(s, input, _ any) (bool, any) { return after(s, input) },
		StepContext: func(_ context.Context, s, input, _ any) (bool, any) {
			if !b.take() {
				return false, nil
			}
			return after(s, input)
		},
		Equal:             func(a, b any) bool { return a.(*state).equal(b.(*state)) },
		Hash:              func(s any) uint64 { return s.(*state).hash },
		DescribeOperation: func(input, _ any) string { return describeOperation(input.(*call).operation) },
		DescribeState:     func(s any) string { return s.(*state).describe(p.keys) },
	}
}

// porcupineHistory returns calls as porcupine takes them. The reply is part of the call.
func porcupineHistory(calls []*call) []porcupine.Operation {
	all := make([]porcupine.Operation, len(calls))
	for i, c := range calls {
		all[i] = porcupine.Operation{
			ClientId: c.operation.Client,
			Input:    c,
			Call:     int64(c.operation.Call),
			Return:   int64(c.returns),
		}
	}
	return all
}
