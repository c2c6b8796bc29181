package cluster

import (
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/shrink"
)

// forgetful is a run in which keys are lost, since a node that owns slots loses power: more than a cluster promises to bear.
func forgetful(t *testing.T) sim.Script {
	t.Helper()
	config, plan := small(2)
	config.Nodes[1].ClockOffset = time.Hour
	plan.Faults = []sim.Fault{
		{At: time.Second, Kind: sim.FaultDelay, Hosts: config.NodeNames(), Amount: int64(3 * time.Millisecond), For: time.Second},
		{At: 4321 * time.Millisecond, Kind: sim.FaultCrash, Hosts: []string{"node-2", "node-3"}, For: 123456 * time.Microsecond},
		{At: 4500 * time.Millisecond, Kind: sim.FaultReset, Hosts: []string{"client-1"}},
	}
	script, err := NewScript("test", config, plan)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func TestARunOfEmberIsShrunkToItsCause(t *testing.T) {
	script := forgetful(t)
	result, err := Shrink(script, shrink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := result.Script.Plan
	if len(plan.Faults) != 1 || plan.Faults[0].Kind != sim.FaultCrash || len(plan.Faults[0].Hosts) != 1 || len(plan.Inputs) > 2 ||
		len(result.Script.Hosts) != 2 || !result.Complete {
		t.Errorf("left are\n%v", result.Script.String())
	}
	config, plan, err := FromScript(result.Script)
	if err != nil {
		t.Fatal(err)
	}
	run, err := Run("test", config, plan)
	if err != nil || run.Signature() != result.Report.Signature() || run.Hash != result.Report.Hash {
		t.Fatalf("%v: the result fails as %q, its run as %q", err, result.Report.Signature(), run.Signature())
	}
	story := run.Story()
	for _, words := range []string{" serves slots 0-16383\n", "crash hosts=", "the world is healed", " → ", run.Signature()} {
		if !strings.Contains(story, words) {
			t.Errorf("the story lacks %q:\n%s", words, story)
		}
	}
}

// What nobody would wait for is left where it is, and tells nothing.
func TestARunWithTooManyEventsIsNotJudged(t *testing.T) {
	whole, err := runUntil(forgetful(t), 0, false)
	if err != nil || whole.Check != "linearizability" {
		t.Fatalf("%v, %q", err, whole.Signature())
	}
	if part, err := runUntil(forgetful(t), whole.Events/2, false); err != nil || part.Events != whole.Events/2 || part.Signature() != "" {
		t.Errorf("%v, %q after %d events of %d", err, part.Signature(), part.Events, whole.Events)
	}
}

// A run within the promises is not shrunk to one beyond: this one fails for want of time, and with a share of the slots for the node
// that crashes it would lose keys.
func TestShrinkingStaysWithinThePromises(t *testing.T) {
	config, plan := small(2)
	config.Nodes[2].Share = 0
	config.StepBudget = 5
	plan.Faults = []sim.Fault{{At: time.Second, Kind: sim.FaultCrash, Hosts: []string{"node-3"}, For: time.Second}}
	script, err := NewScript("test", config, plan)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Shrink(script, shrink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config, plan, err = FromScript(result.Script)
	if err != nil || !config.bearsAll(plan) || result.Report.Verdict != sim.Unknown {
		t.Errorf("%v, %s:\n%s", err, result.Report.Verdict, result.Script.String())
	}
}

func TestDefaultsAreKnownForEverySetting(t *testing.T) {
	script := forgetful(t)
	for _, setting := range append(script.Settings, script.Hosts...) {
		defaults := Defaults(setting.Name)
		if setting.Name != runGroup && (len(defaults) != len(setting.Values) || len(defaults) == 0) {
			t.Errorf("%s has values %v and defaults %v", setting.Name, setting.Values, defaults)
		}
	}
	if Defaults("nothing") != nil || Defaults("node-01") != nil || Defaults(runGroup) != nil {
		t.Error("there are defaults for settings that there are not")
	}
}
