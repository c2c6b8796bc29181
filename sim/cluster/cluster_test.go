package cluster

import (
	"slices"
	"strings"
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
	applied := func(op *Operation) bool { _, ok := result.History.Applied(op); return ok }
	if !slices.ContainsFunc(result.History.Operations, applied) {
		t.Error("the nodes reported no effects")
	}
}

// A node whose log fails as it starts gives up, and comes back once the disk works.
func TestAFailingLogStopsAStart(t *testing.T) {
	config, plan := small(3)
	config.Nodes[2].Share = 0
	host := config.NodeNames()[2:]
	config.Chaos = 30 * time.Second
	for at := time.Second; at < 25*time.Second; at += 4 * time.Second { // some of the syncs fail, as they are at their end
		plan.Faults = append(plan.Faults,
			sim.Fault{At: at, For: time.Second, Kind: sim.FaultKill, Hosts: host},
			sim.Fault{At: at + time.Second + time.Microsecond, For: time.Second, Kind: sim.FaultDiskSyncError, Amount: 1_000_000, Hosts: host},
			sim.Fault{At: at + 3*time.Second, Kind: sim.FaultRestart, Hosts: host})
	}
	var trace strings.Builder
	config.Trace = &trace
	result := mustRun(t, config, plan)
	if result.Verdict != sim.OK {
		t.Fatalf("%s: %s", result.Verdict, result.Detail)
	}
	if !strings.Contains(trace.String(), "stopped") {
		t.Error("the node did not give up")
	}
}
