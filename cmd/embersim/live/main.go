//go:build js && wasm

// Command live is the simulator as WebAssembly, in a worker of the page that `embersim serve` serves. See worker.js.
package main

import (
	"encoding/json"
	"fmt"
	"syscall/js"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/live"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/view"
)

// request is what the page asks to be run.
type request struct {
	Seed     uint64 `json:"seed"`
	Scenario string `json:"scenario"`
	Nodes    int    `json:"nodes"`
	Faults   bool   `json:"faults"` // with the faults that the scenario plans
}

// session is the run under way, nil before the first one.
var session *live.Session

func main() {
	for name, f := range map[string]func(args []js.Value) (any, error){
		"start":     start,
		"advance":   advance,
		"apply":     func(args []js.Value) (any, error) { return strike(args, (*live.Session).Apply) },
		"lift":      func(args []js.Value) (any, error) { return strike(args, (*live.Session).Lift) },
		"scenarios": func([]js.Value) (any, error) { return names(), nil },
	} {
		js.Global().Set("simulator_"+name, js.FuncOf(func(_ js.Value, args []js.Value) any { return answer(f(args)) }))
	}
	select {} // the functions live as long as the program
}

// answer encodes a result as JSON: {"value": …} or {"error": "…"}.
func answer(value any, err error) string {
	reply := map[string]any{"value": value}
	if err != nil {
		reply = map[string]any{"error": err.Error()}
	}
	text, err := json.Marshal(reply)
	if err != nil {
		panic(fmt.Sprintf("live: a reply that cannot be encoded: %v", err))
	}
	return string(text)
}

// start begins a run: start(request as JSON).
func start(args []js.Value) (any, error) {
	var r request
	if err := json.Unmarshal([]byte(args[0].String()), &r); err != nil {
		return nil, err
	}
	scenario, err := scenarios.Find(r.Scenario)
	if err != nil {
		return nil, err
	}
	if scenario.Draw == nil {
		return nil, fmt.Errorf("scenario %s consists of many runs, which no page can show", r.Scenario)
	}
	script, err := scenario.Draw(scenarios.Options{Seed: r.Seed, Nodes: r.Nodes})
	if err != nil {
		return nil, err
	}
	if !r.Faults {
		script.Plan.Faults = nil
	}
	if session != nil {
		session.Stop()
	}
	session = live.New(func(observe func(*sim.Record)) (view.Meta, error) {
		outcome, err := scenarios.Replay(script, cluster.Watch{Observe: observe})
		if err != nil {
			return view.Meta{}, err
		}
		return outcome.Result.ViewMeta()
	})
	return nil, nil
}

// advance lets the run go on: advance(virtual nanoseconds, events).
func advance(args []js.Value) (any, error) {
	if session == nil {
		return nil, fmt.Errorf("nothing has been started")
	}
	return session.Advance(time.Duration(args[0].Float()), uint64(args[1].Float())), nil
}

// strike begins or ends a fault: strike(a fault as a line of a plan).
func strike(args []js.Value, act func(*live.Session, sim.Fault) error) (any, error) {
	if session == nil {
		return nil, fmt.Errorf("nothing has been started")
	}
	f, err := sim.ParseFault(args[0].String())
	if err != nil {
		return nil, err
	}
	return nil, act(session, f)
}

// names lists the scenarios that a page can show.
func names() []string {
	var all []string
	for _, scenario := range scenarios.All() {
		if scenario.Draw != nil {
			all = append(all, scenario.Name)
		}
	}
	return all
}
