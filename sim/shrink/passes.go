package shrink

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// passes are all passes, the coarsest first: what takes much away makes all later runs faster.
func (s *search) passes() []Reduction {
	passes := []Reduction{
		{"what comes after the failure", later},
		{"hosts", hosts},
		{"faults", faults},
		{"inputs by kind", func(script *sim.Script, _ *sim.Report) []Edit {
			return Groups(script, func(in sim.Input) []string { return in.Args[:min(1, len(in.Args))] })
		}},
	}
	passes = append(passes, s.options.Reductions...)
	return append(
		passes,
		Reduction{"inputs", inputs},
		Reduction{"settings", s.settings},
		Reduction{"hosts of faults", narrower},
		Reduction{"durations of faults", durations},
		Reduction{"amounts of faults", amounts},
		Reduction{"pauses", pauses},
		Reduction{"times", times},
		Reduction{"numbers of settings", s.numbers},
	)
}

// later is what comes after the failure, all of it at once.
func later(script *sim.Script, report *sim.Report) []Edit {
	faults, inputs := beginning(&script.Plan, func(at time.Duration) bool { return at > report.VirtualTime })
	if len(faults)+len(inputs) == 0 {
		return nil
	}
	return []Edit{func(script *sim.Script) {
		for _, i := range faults {
			RemoveFault(script, i)
		}
		for _, i := range inputs {
			RemoveInput(script, i)
		}
	}}
}

// beginning returns the numbers of the faults and inputs of a plan that begin at some instants.
func beginning(plan *sim.Plan, when func(at time.Duration) bool) (faults, inputs []int) {
	for i, f := range plan.Faults {
		if when(f.At) {
			faults = append(faults, i)
		}
	}
	for i, in := range plan.Inputs {
		if when(in.At) {
			inputs = append(inputs, i)
		}
	}
	return faults, inputs
}

func hosts(script *sim.Script, _ *sim.Report) []Edit {
	return each(len(script.Hosts), RemoveHost)
}

func faults(script *sim.Script, _ *sim.Report) []Edit {
	return each(len(script.Plan.Faults), RemoveFault)
}

func inputs(script *sim.Script, _ *sim.Report) []Edit {
	return each(len(script.Plan.Inputs), RemoveInput)
}

// each is an edit for each of n items. The last ones come first: what happens late is least often the cause.
func each(n int, remove func(script *sim.Script, index int)) []Edit {
	edits := make([]Edit, n)
	for i := range edits {
		index := n - 1 - i
		edits[i] = func(script *sim.Script) { remove(script, index) }
	}
	return edits
}

// Groups returns an edit for each feature that inputs have, which removes all inputs that have it. Features says what they
// are: the kind of an operation, or what it is about.
func Groups(script *sim.Script, features func(in sim.Input) []string) []Edit {
	members := map[string][]int{}
	var order []string
	for i, in := range script.Plan.Inputs {
		for _, feature := range features(in) {
			if members[feature] == nil {
				order = append(order, feature)
			}
			members[feature] = append(members[feature], i)
		}
	}
	edits := make([]Edit, len(order))
	for i, feature := range order {
		edits[i] = func(script *sim.Script) {
			for _, index := range members[feature] {
				RemoveInput(script, index)
			}
		}
	}
	return edits
}

// settings gives each value its default.
func (s *search) settings(script *sim.Script, _ *sim.Report) []Edit {
	var edits []Edit
	eachValue(script, func(list func(*sim.Script) []sim.Setting, at, number int, name string, value sim.Value) {
		if normal, ok := s.normal(name, value.Key); ok && normal != value.Text {
			edits = append(edits, setValue(list, at, number, normal))
		}
	})
	return edits
}

// normal returns the default of a value of a setting or a host; false if none is known.
func (s *search) normal(name, key string) (text string, ok bool) {
	if s.options.Defaults == nil {
		return "", false
	}
	values := s.options.Defaults(name)
	at := slices.IndexFunc(values, func(value sim.Value) bool { return value.Key == key })
	if at < 0 {
		return "", false
	}
	return values[at].Text, true
}

// eachValue visits the values of all settings and hosts.
func eachValue(script *sim.Script, visit func(list func(*sim.Script) []sim.Setting, at, number int, name string, value sim.Value)) {
	for _, list := range []func(*sim.Script) []sim.Setting{
		func(script *sim.Script) []sim.Setting { return script.Settings },
		func(script *sim.Script) []sim.Setting { return script.Hosts },
	} {
		for at, setting := range list(script) {
			for number, value := range setting.Values {
				visit(list, at, number, setting.Name, value)
			}
		}
	}
}

func setValue(list func(*sim.Script) []sim.Setting, at, number int, text string) Edit {
	return func(script *sim.Script) { list(script)[at].Values[number].Text = text }
}
