package register

import (
	"testing"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/shrink"
)

const seeds = 60

func TestTheProtocolKeepsItsPromise(t *testing.T) {
	for seed := uint64(1); seed <= seeds; seed++ {
		if report, err := Run(Draw(seed), false); err != nil || report.Verdict != sim.OK {
			t.Fatalf("seed %d: %v, %s: %s", seed, err, report.Verdict, report.Detail)
		}
	}
}

func careless(script sim.Script) (sim.Report, error) { return Run(script, true) }

func TestTheBugIsFoundAndShrunk(t *testing.T) {
	for seed := uint64(1); seed <= seeds; seed++ {
		script := Draw(seed)
		report, err := careless(script)
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict == sim.OK {
			continue
		}
		result, err := shrink.Shrink(script, shrink.Options{Run: careless})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("seed %d: of %d faults and %d inputs %d runs left\n%s%s", seed, len(script.Plan.Faults), len(script.Plan.Inputs),
			result.Runs, result.Script.String(), result.Report.Detail)
		// It takes a write that has reached one replica, a read that meets it, and a read that does not.
		if plan := result.Script.Plan; len(plan.Inputs) < 3 || len(plan.Inputs) > 6 || len(plan.Faults) > 4 {
			t.Errorf("left are %d faults and %d inputs", len(plan.Faults), len(plan.Inputs))
		}
		if again, err := Run(result.Script, false); err != nil || again.Verdict != sim.OK {
			t.Errorf("without the bug: %v, %s: %s", err, again.Verdict, again.Detail)
		}
		return
	}
	t.Fatalf("the bug was not found in %d seeds", seeds)
}
