package shrink

import (
	"math"
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// passes are all passes, the coarsest first: what takes much away makes all later runs faster.
func (s *search) passes() []Reduction {
	passes := []Reduction{
		{Name: "what comes after the failure", Edits: later},
		{Name: "spans of time", Edits: spans},
	}
	passes = append(passes, s.reductions(true)...)
	passes = append(
		passes,
		Reduction{Name: "hosts", Edits: hosts},
		Reduction{Name: "faults", Edits: faults},
		Reduction{Name: "inputs by kind", Edits: func(script *sim.Script, _ *sim.Report) []Edit {
			return Groups(script, func(in sim.Input) []string { return in.Args[:min(1, len(in.Args))] })
		}},
	)
	passes = append(passes, s.reductions(false)...)
	return append(
		passes,
		Reduction{Name: "inputs", Edits: inputs},
		Reduction{Name: "settings", Edits: s.settings},
		Reduction{Name: "hosts of faults", Edits: narrower},
		Reduction{Name: "durations of faults", Edits: durations},
		Reduction{Name: "amounts of faults", Edits: amounts},
		Reduction{Name: "pauses", Edits: pauses},
		Reduction{Name: "times", Edits: times},
		Reduction{Name: "numbers of settings", Edits: s.numbers},
	)
}

// reductions are those of the protocol that are coarse, or those that are not.
func (s *search) reductions(coarse bool) []Reduction {
	var chosen []Reduction
	for _, r := range s.options.Reductions {
		if r.Coarse == coarse {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

// later is what comes after the failure: the faults, and the inputs of each host. All of it can go, but for inputs that the rest of
// the script counts on.
func later(script *sim.Script, report *sim.Report) []Edit {
	end := report.VirtualTime
	if report.Evident > 0 {
		end = report.Evident
	}
	faults, inputs := beginning(&script.Plan, func(at time.Duration) bool { return at > end })
	var edits []Edit
	if len(faults) > 0 {
		edits = append(edits, remove(faults, nil))
	}
	hosts := map[string]int{}
	var byHost [][]int
	for _, i := range inputs {
		host := script.Plan.Inputs[i].Host
		at, ok := hosts[host]
		if !ok {
			at = len(byHost)
			hosts[host] = at
			byHost = append(byHost, nil)
		}
		byHost[at] = append(byHost[at], i)
	}
	for _, inputs := range byHost {
		edits = append(edits, remove(nil, inputs))
	}
	return edits
}

// remove removes some faults and inputs.
func remove(faults, inputs []int) Edit {
	return func(script *sim.Script) {
		for _, i := range faults {
			RemoveFault(script, i)
		}
		for _, i := range inputs {
			RemoveInput(script, i)
		}
	}
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

const (
	// spanCount is how many spans a plan is cut into, each with as much in it.
	spanCount = 16
	// leastToCut is how long a plan is worth cutting.
	leastToCut = 10 * spanCount
)

// spans are the spans of a long plan, the last ones first. A run fails while most of its plan is still to come, or long after it has
// begun.
func spans(script *sim.Script, _ *sim.Report) []Edit {
	instants := beginnings(&script.Plan)
	if len(instants) < leastToCut {
		return nil
	}
	slices.Sort(instants)
	var edits []Edit
	end := time.Duration(math.MaxInt64)
	for i := spanCount - 1; i >= 0; i-- {
		if begin := instants[i*len(instants)/spanCount]; begin < end {
			edits = append(edits, remove(beginning(&script.Plan, func(at time.Duration) bool { return begin <= at && at < end })))
			end = begin
		}
	}
	return edits
}

// beginnings returns the instants at which faults and inputs begin.
func beginnings(plan *sim.Plan) []time.Duration {
	instants := make([]time.Duration, 0, len(plan.Faults)+len(plan.Inputs))
	for _, f := range plan.Faults {
		instants = append(instants, f.At)
	}
	for _, in := range plan.Inputs {
		instants = append(instants, in.At)
	}
	return instants
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
