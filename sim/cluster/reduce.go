package cluster

import (
	"cmp"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/shrink"
)

// Reductions are what can be done to a script of Ember beside what can be done to any.
func Reductions() []shrink.Reduction {
	return []shrink.Reduction{
		{Name: "length of the run", Edits: shorterRun},
		{Name: "operations by key", Edits: func(script *sim.Script, _ *sim.Report) []shrink.Edit {
			return shrink.Groups(script, func(in sim.Input) []string { return keysOf(in.Args) })
		}},
		{Name: "simpler operations", Edits: simplerOperations},
	}
}

// Defaults returns the values that a setting or a host of a script has where nothing is set. The length of a run is not among
// them: it is made shorter, whatever its default is.
func Defaults(name string) []sim.Value {
	config := DefaultConfig(0, 1, 1)
	config.number()
	switch kind, _ := cutNumber(name); kind {
	case "node":
		return config.Nodes[0].group().setting().Values
	case "client":
		return config.Clients[0].group().setting().Values
	}
	for _, g := range config.groups() {
		if g.name == name && name != runGroup {
			return g.setting().Values
		}
	}
	return nil
}

// keysOf returns the keys of a command.
func keysOf(args []string) []string {
	words := make([][]byte, len(args))
	for i, arg := range args {
		words[i] = []byte(arg)
	}
	row := command.Resolve(words)
	if row == nil {
		return nil
	}
	positions, ok := row.KeyPositions(words)
	if !ok {
		return nil
	}
	keys := make([]string, positions.Count)
	for i := range keys {
		keys[i] = args[positions.First+i*positions.Step]
	}
	return keys
}

// leastSettle is how much time to settle a cluster keeps that has stalled: with too little of it a sound one would seem to
// stall too.
const leastSettle = time.Minute

// shorterRun lets the phases of a run end earlier.
func shorterRun(script *sim.Script, report *sim.Report) []shrink.Edit {
	var edits []shrink.Edit
	last := time.Duration(0)
	for _, f := range script.Plan.Faults {
		last = max(last, f.At)
	}
	for _, in := range script.Plan.Inputs {
		last = max(last, in.At)
	}
	for at := range script.Settings {
		if script.Settings[at].Name != runGroup {
			continue
		}
		for number, value := range script.Settings[at].Values {
			span, err := time.ParseDuration(value.Text)
			if err != nil {
				continue // another kind of value
			}
			least := time.Millisecond
			if value.Key == "settle" && report.Verdict == sim.Stalled {
				least = leastSettle
			}
			shorter := []time.Duration{20 * time.Second, 10 * time.Second, 5 * time.Second, 2 * time.Second, time.Second}
			for part := span / 2; part >= time.Second; part /= 2 {
				shorter = append(shorter, part)
			}
			if value.Key == "chaos" {
				shorter = append(shorter, last+time.Second, last+time.Millisecond)
			} else {
				shorter = append(shorter, 100*time.Millisecond, 10*time.Millisecond, time.Millisecond)
			}
			slices.SortFunc(shorter, func(a, b time.Duration) int { return cmp.Compare(b, a) })
			for _, to := range shorter {
				edits = append(edits, func(script *sim.Script) {
					text := &script.Settings[at].Values[number].Text
					if current, err := time.ParseDuration(*text); err == nil && max(to, least) < current {
						*text = max(to, least).String()
					}
				})
			}
		}
	}
	return edits
}

// leastArguments is how many arguments the shortest form of a command has whose other arguments are options or further
// keys.
var leastArguments = map[string]int{"SET": 3, "MSET": 3, "MGET": 2, "DEL": 2, "EXISTS": 2}

// simplerOperations takes options and further keys away.
func simplerOperations(script *sim.Script, _ *sim.Report) []shrink.Edit {
	var edits []shrink.Edit
	for i, in := range script.Plan.Inputs {
		if least, ok := leastArguments[in.Args[0]]; ok && len(in.Args) > least {
			edits = append(edits, func(script *sim.Script) {
				input := &script.Plan.Inputs[i]
				input.Args = slices.Clone(input.Args[:least])
			})
		}
	}
	return edits
}
