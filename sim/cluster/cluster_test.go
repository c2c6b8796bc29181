package cluster

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
)

// small returns a short run without faults.
func small(seed uint64) (Config, sim.Plan) {
	config := DefaultConfig(seed, 3, 3)
	config.Chaos = 5 * time.Second
	workload := DefaultWorkload()
	return config, sim.Plan{Inputs: workload.Draw(random.Derive(seed, "operations"), 3, config.Chaos)}
}

func mustRun(t *testing.T, config Config, plan sim.Plan) *Result {
	t.Helper()
	result, err := Run("test", config, plan)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAQuietClusterServesEverything(t *testing.T) {
	config, plan := small(1)
	result := mustRun(t, config, plan)
	if result.Verdict != sim.OK {
		t.Fatalf("%s: %s", result.Verdict, result.Detail)
	}
	if result.Operations.OK < len(plan.Inputs) || result.Operations.Failed+result.Operations.Unknown != 0 {
		t.Errorf("of %d operations: %+v", len(plan.Inputs), result.Operations)
	}
	if result.Redirects.Moved == 0 {
		t.Error("clients with wrong and empty slot caches were never redirected")
	}
	if len(result.History.appliedTimes()) == 0 {
		t.Error("the nodes reported no effects")
	}
}
