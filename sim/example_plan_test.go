package sim_test

import (
	"fmt"
	"os"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// A mix says which faults may come. Each seed draws its own from it: some kinds never come, and the others more or less often.
func ExampleFaultMix() {
	mix := sim.FaultMix{
		{Kind: sim.FaultLoss, On: 500_000, Every: 10 * time.Second, Shortest: time.Second, Longest: 5 * time.Second, Least: 10_000, Most: 300_000},
		{Kind: sim.FaultCrash, On: 500_000, Every: 20 * time.Second, Shortest: time.Second, Longest: 5 * time.Second},
	}
	targets := sim.FaultTargets{
		Hosts: []string{"n1", "n2", "n3"}, From: time.Second, Until: time.Minute,
		Allow: sim.AtMostStopped(1), Recovery: time.Second, // a majority stays up
	}
	for seed := range uint64(6) {
		kinds := map[string]int{}
		for _, f := range mix.Draw(seed, targets) {
			kinds[f.Kind.String()]++
		}
		fmt.Fprintln(os.Stdout, "seed", seed, kinds)
	}
	always, err := mix.Switched(sim.FaultSwitch{Kind: sim.FaultLoss}, sim.FaultSwitch{Kind: sim.FaultCrash, Off: true})
	fmt.Fprintln(os.Stdout, len(always), "kind is left, and comes for every seed:", always[0].Kind, err)
	// Output:
	// seed 0 map[crash:5]
	// seed 1 map[loss:6]
	// seed 2 map[]
	// seed 3 map[crash:1 loss:7]
	// seed 4 map[crash:3]
	// seed 5 map[loss:5]
	// 1 kind is left, and comes for every seed: loss <nil>
}

// Faults are lines of text, with their times in virtual time.
func ExampleParseFault() {
	f, err := sim.ParseFault("2s partition hosts=n1,n2 peers=n3 for=1500ms")
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stdout, f.Kind, "between", f.Hosts, "and", f.Peers, "until", f.At+f.For)
	fmt.Fprintln(os.Stdout, f)
	_, err = sim.ParseFault("2s loss hosts=n1 amount=30%")
	fmt.Fprintln(os.Stdout, err)
	// Output:
	// partition between [n1 n2] and [n3] until 3.5s
	// 2s partition hosts=n1,n2 peers=n3 for=1.5s
	// sim: fault "2s loss hosts=n1 amount=30%": amount: the unit must be ppm
}

// A script is a whole run as a file: it can be edited by hand and made smaller by package shrink.
func ExampleScript() {
	script := sim.Script{
		Program: "echo", Version: "1.0", Scenario: "by-hand", Seed: 7,
		Settings: []sim.Setting{{Name: "run", Values: []sim.Value{{Key: "length", Text: "10s"}}}},
		Hosts:    []sim.Setting{{Name: "server"}, {Name: "client"}},
		Plan:     sim.Plan{Faults: []sim.Fault{{At: time.Second, Kind: sim.FaultPause, Hosts: []string{"server"}, For: 3 * time.Second}}},
	}
	fmt.Fprint(os.Stdout, script.String())
	parsed, err := sim.ParseScript(script.String())
	fmt.Fprintln(os.Stdout, "parsed:", parsed.Seed, len(parsed.Plan.Faults), err)
	// Output:
	// format 1
	// program echo
	// version 1.0
	// scenario by-hand
	// seed 7
	//
	// set run length=10s
	// host server
	// host client
	//
	// 1s pause hosts=server for=3s
	// parsed: 7 1 <nil>
}
