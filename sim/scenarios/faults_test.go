package scenarios

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// mixes are those that scenarios draw from, and where each is drawn.
var mixes = map[string]sim.FaultMix{"swarm": swarmFaults, "disks": diskFaults}

// tooMuchForSwarm are the kinds that destroy what was durable, with what a cluster must do then: they come in disks only.
var tooMuchForSwarm = []sim.FaultKind{sim.FaultWipe, sim.FaultDiskLyingSync, sim.FaultDiskBitRot}

// Every kind of fault is in the swarm's mix once, or, if it is beyond what a cluster bears, in that of disks. Its switch turns it
// on for every seed, or off, or sets how often it comes, and moves none of the other kinds.
func TestEveryKindOfFaultHasItsOwnSwitch(t *testing.T) {
	targets := sim.FaultTargets{Hosts: []string{"node-1", "node-2", "node-3", "client-1"}, From: time.Second, Until: 20 * time.Minute}
	for _, kind := range sim.FaultKinds() {
		name := "swarm"
		if slices.Contains(tooMuchForSwarm, kind) {
			name = "disks"
		}
		mix := mixes[name]
		of := func(c sim.FaultClass) bool { return c.Kind == kind }
		if at := slices.IndexFunc(mix, of); at < 0 || slices.ContainsFunc(mix[at+1:], of) {
			t.Errorf("%v is not once in the mix of %s", kind, name)
			continue
		}
		drawn := func(seed uint64, choice sim.FaultSwitch) (own, others []sim.Fault) {
			switched, err := mix.Switched(choice)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range switched.Draw(seed, targets) {
				if f.Kind == kind {
					own = append(own, f)
				} else {
					others = append(others, f)
				}
			}
			return own, others
		}
		for seed := range uint64(5) {
			none, without := drawn(seed, sim.FaultSwitch{Kind: kind, Off: true})
			some, with := drawn(seed, sim.FaultSwitch{Kind: kind})
			many, _ := drawn(seed, sim.FaultSwitch{Kind: kind, Every: time.Second})
			switch {
			case len(none) > 0 || len(some) == 0:
				t.Errorf("%v, seed %d: %d faults if it is off, %d if it is on", kind, seed, len(none), len(some))
			case len(many) < 200:
				t.Errorf("%v, seed %d: %d faults in 20 minutes, at one a second", kind, seed, len(many))
			case !reflect.DeepEqual(with, without):
				t.Errorf("%v, seed %d: its switch moves other faults", kind, seed)
			}
			for _, f := range some {
				if err := f.Check(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// A swarm's seeds draw all that it has, and its clusters bear it.
func TestTheSwarmDrawsEveryKind(t *testing.T) {
	missing := slices.DeleteFunc(sim.FaultKinds(), func(kind sim.FaultKind) bool { return slices.Contains(tooMuchForSwarm, kind) })
	for seed := uint64(1); seed <= 60 && len(missing) > 0; seed++ {
		script, err := swarm.Draw(Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range script.Plan.Faults {
			missing = slices.DeleteFunc(missing, func(kind sim.FaultKind) bool { return kind == f.Kind })
		}
	}
	if len(missing) > 0 {
		t.Errorf("60 seeds have not drawn %v", missing)
	}
}

// An upgrade changes settings for the releases that have them, and the first release has none.
func TestUpgradesChangeSettings(t *testing.T) {
	outcome, err := upgrade.Run(Options{Seed: 3, Duration: time.Minute})
	if err != nil || outcome.Verdict != sim.OK {
		t.Fatal(outcome, err)
	}
	releases := map[int]int{}
	for _, h := range outcome.Result.Cluster.World.Hosts() {
		releases[h.Release()]++
	}
	if len(releases) < 2 || outcome.Faults["upgrade"] < 4 {
		t.Errorf("hosts by release: %v after %v", releases, outcome.Faults)
	}
}
