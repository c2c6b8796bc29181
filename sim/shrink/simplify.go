package shrink

import (
	"slices"
	"strconv"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// narrower takes hosts and peers from faults that have several.
func narrower(script *sim.Script, _ *sim.Report) []Edit {
	var edits []Edit
	remove := func(index int, name string, side func(f *sim.Fault) *[]string) Edit {
		return func(script *sim.Script) {
			names := side(&script.Plan.Faults[index])
			if left := slices.DeleteFunc(slices.Clone(*names), func(other string) bool { return other == name }); len(left) > 0 {
				*names = left
			}
		}
	}
	for i, f := range script.Plan.Faults {
		for _, side := range []func(f *sim.Fault) *[]string{
			func(f *sim.Fault) *[]string { return &f.Hosts }, func(f *sim.Fault) *[]string { return &f.Peers },
		} {
			names := *side(&f)
			if len(names) < 2 {
				continue
			}
			for _, name := range names {
				edits = append(edits, remove(i, name, side))
			}
		}
	}
	return edits
}

// leastSpan is the shortest duration that is worth giving to a fault.
const leastSpan = time.Millisecond

// durations makes faults shorter, at either end.
func durations(script *sim.Script, _ *sim.Report) []Edit {
	var edits []Edit
	for i, f := range script.Plan.Faults {
		for part := f.For / 2; part >= leastSpan; part /= 2 {
			edits = append(edits, func(script *sim.Script) {
				if f := &script.Plan.Faults[i]; f.For > part {
					f.At, f.For = f.At+f.For-part, part
				}
			})
		}
		for _, shorter := range smaller(int64(f.For)) {
			if time.Duration(shorter) < leastSpan {
				continue
			}
			edits = append(edits, func(script *sim.Script) { lower(&script.Plan.Faults[i].For, time.Duration(shorter)) })
		}
	}
	return edits
}

// certain is a chance, in parts per million, that leaves nothing to chance.
const certain = 1_000_000

// amounts makes faults weaker, but for those that strike by chance: they are simplest if they always do.
func amounts(script *sim.Script, _ *sim.Report) []Edit {
	var edits []Edit
	for i, f := range script.Plan.Faults {
		if f.Kind.Chance() {
			edits = append(edits, func(script *sim.Script) { script.Plan.Faults[i].Amount = certain })
			continue
		}
		for _, less := range smaller(f.Amount) {
			edits = append(edits, func(script *sim.Script) { lower(&script.Plan.Faults[i].Amount, less) })
		}
	}
	return edits
}

// lower gives a number a value that is nearer to 0, unless another edit has brought it nearer still.
func lower[T ~int64](number *T, to T) {
	if to >= 0 && to < *number || to < 0 && to > *number {
		*number = to
	}
}

// smaller returns simpler numbers than a number, the simplest last: with fewer digits, of half the size, and of a tenth, a hundredth
// and so on.
func smaller(number int64) []int64 {
	candidates := []int64{roundDown(number, 2), roundDown(number, 1), roundDown(number/2, 1)}
	for rest := number / 10; rest != 0; rest /= 10 {
		candidates = append(candidates, roundDown(rest, 1))
	}
	var all []int64
	for _, candidate := range candidates {
		if candidate != 0 && candidate != number && !slices.Contains(all, candidate) {
			all = append(all, candidate)
		}
	}
	return all
}

// roundDown returns a number with at most so many digits that are not 0, toward 0.
func roundDown(number int64, digits int) int64 {
	unit := int64(1)
	for rest := number; rest >= 10 || rest <= -10; rest /= 10 {
		unit *= 10
	}
	for ; digits > 1 && unit > 1; digits-- {
		unit /= 10
	}
	return number / unit * unit
}

// timeUnits are what times are rounded to, the coarsest last.
var timeUnits = []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second}

// times makes the times of faults and inputs round.
func times(script *sim.Script, _ *sim.Report) []Edit {
	var edits []Edit
	for i, f := range script.Plan.Faults {
		for _, unit := range timeUnits {
			if rounded := f.At.Truncate(unit); rounded != f.At {
				edits = append(edits, func(script *sim.Script) { lower(&script.Plan.Faults[i].At, rounded) })
			}
		}
	}
	for i, in := range script.Plan.Inputs {
		for _, unit := range timeUnits {
			if rounded := in.At.Truncate(unit); rounded != in.At {
				edits = append(edits, func(script *sim.Script) { lower(&script.Plan.Inputs[i].At, rounded) })
			}
		}
	}
	return edits
}

const (
	// mostPauses is how long a plan may be of which pauses are made shorter: each edit moves all that comes after.
	mostPauses = 100
	// leastPause is the shortest pause that is worth making shorter.
	leastPause = 10 * time.Millisecond
)

// pauses makes the pauses shorter in which nothing begins: all that follows comes earlier.
func pauses(script *sim.Script, _ *sim.Report) []Edit {
	plan := &script.Plan
	if len(plan.Faults)+len(plan.Inputs) > mostPauses {
		return nil
	}
	instants := []time.Duration{0}
	for _, f := range plan.Faults {
		instants = append(instants, f.At)
	}
	for _, in := range plan.Inputs {
		instants = append(instants, in.At)
	}
	slices.Sort(instants)
	var edits []Edit
	for i := 1; i < len(instants); i++ {
		// Halves, quarters and so on: those that can be taken away add up to nearly all that can.
		for part := (instants[i] - instants[i-1]) / 2; part > leastPause; part /= 2 {
			edits = append(edits, earlier(plan, instants[i], part))
		}
	}
	return edits
}

// earlier moves all that begins at or after an instant of this plan.
func earlier(plan *sim.Plan, from, by time.Duration) Edit {
	faults, inputs := beginning(plan, func(at time.Duration) bool { return at >= from })
	return func(script *sim.Script) {
		for _, i := range faults {
			script.Plan.Faults[i].At -= by
		}
		for _, i := range inputs {
			script.Plan.Inputs[i].At -= by
		}
	}
}

// numbers makes the numbers and durations round that settings and hosts have, but for those that are the default: settings would
// make them that again.
func (s *search) numbers(script *sim.Script, _ *sim.Report) []Edit {
	var edits []Edit
	eachValue(script, func(list func(*sim.Script) []sim.Setting, at, number int, name string, value sim.Value) {
		normal, _ := s.normal(name, value.Key)
		if text := rounded(value.Text); text != value.Text && value.Text != normal {
			edits = append(edits, setValue(list, at, number, text))
		}
	})
	return edits
}

// rounded returns a number or a duration with one digit that is not 0, and any other text as it is.
func rounded(text string) string {
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(roundDown(whole, 1), 10)
	}
	span, err := time.ParseDuration(text)
	if err != nil || span == 0 {
		return text
	}
	for _, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if span.Abs() >= unit {
			return (time.Duration(roundDown(int64(span/unit), 1)) * unit).String()
		}
	}
	return time.Duration(roundDown(int64(span), 1)).String()
}
