package cluster

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
)

// hasty runs a cluster of four, of which three vote, whose epochs are raised. Some nodes are told that their records are durable before
// these are: those that vote, or the one that does not.
func hasty(t *testing.T, voters bool) *Result {
	t.Helper()
	config, plan := small(7)
	config.Nodes = append(config.Nodes, defaultNode())
	config.Operators = 1
	for i := range 3 {
		plan.Inputs = append(plan.Inputs, sim.Input{
			At: 4*time.Second + time.Duration(i)*100*time.Millisecond, Host: operatorName(1), Args: []string{nodeName(1 + i), "CLUSTER", "BUMPEPOCH"},
		})
	}
	names, err := config.Voters()
	if err != nil || len(names) != 3 {
		t.Fatal(names, err)
	}
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	c.World.RunUntil(config.Chaos, func() bool {
		for _, d := range c.nodes {
			if d != nil && d.node.Open() && d.log.Last() > d.durable && slices.Contains(names, d.host.Name()) == voters {
				d.step(&core.Persisted{Position: d.log.Last()})
			}
		}
		return false
	})
	return c.result("test")
}

func TestAPromiseThatIsNotDurableIsFound(t *testing.T) {
	if r := hasty(t, true); r.Check != "durable promise" {
		t.Errorf("got %s: %s: %s", r.Verdict, r.Check, r.Detail)
	}
}

// A node that does not vote has its configurations from its peers.
func TestAConfigurationThatIsNotDurableIsFound(t *testing.T) {
	if r := hasty(t, false); r.Check != "durable configuration" {
		t.Errorf("got %s: %s: %s", r.Verdict, r.Check, r.Detail)
	}
}

func TestAChangeForAnotherEpochIsFound(t *testing.T) {
	config, plan := small(3)
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	before := mustBuild(t, c)
	shard := before.Shards()[0]
	bump := topology.BumpEpoch{Shard: shard.ID, Epoch: shard.Epoch}
	after, _ := before.Apply(topology.SetSetting{Name: "changed", Value: strconv.Itoa(1)})
	if check, err := checkDecision(bump, before, after, nil); err != nil {
		t.Errorf("%s: %v", check, err)
	}
	bump.Epoch++
	if check, err := checkDecision(bump, before, after, nil); check != "expected epoch" || err == nil {
		t.Errorf("%s: %v", check, err)
	}
}

func TestAMemberThatIsForgottenIsFound(t *testing.T) {
	config, plan := small(3)
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	before, last := mustBuild(t, c), wire.NodeID{byte(len(c.ids))}
	forget := topology.Forget{Node: last}
	after, result := before.Apply(forget)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if check, err := checkDecision(forget, before, after, []consensus.Member{{ID: 1, Node: wire.NodeID{1}}}); err != nil {
		t.Errorf("%s: %v", check, err)
	}
	if check, err := checkDecision(forget, before, after, []consensus.Member{{ID: 2, Node: last}}); check != "forgotten voter" || err == nil {
		t.Errorf("%s: %v", check, err)
	}
}
