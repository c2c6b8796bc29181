package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// cut is a run at whose end the last node, which owns a third of the slots, is neither reached nor healed.
func cut(seed uint64) (Config, sim.Plan) {
	config, plan := small(seed)
	config.FullCoverage = false
	config.Nodes[2].Unhealed = true
	plan.Faults = []sim.Fault{{At: 4 * time.Second, Kind: sim.FaultPartition, Hosts: []string{"node-3"}}}
	return config, plan
}

func TestACoreGoesOnWithoutTheRest(t *testing.T) {
	for _, full := range []bool{false, true} {
		config, plan := cut(1)
		config.FullCoverage = full
		r := mustRun(t, config, plan)
		if r.Verdict != sim.OK {
			t.Fatalf("full coverage %v: %s: %s", full, r.Verdict, r.Detail)
		}
		read := slices.ContainsFunc(r.History.Operations, func(op *Operation) bool { return op.Call > config.Chaos && op.Outcome == Answered })
		if read == full {
			t.Errorf("full coverage %v, and the core was read in the end: %v", full, read)
		}
	}
}

// Whichever node has something left to do in the end, that is seen: here a key that its node does not know to end.
func TestEveryNodeHasToComeToRest(t *testing.T) {
	for restless := range 3 {
		config, plan := small(4)
		c, err := New(config, plan)
		if err != nil {
			t.Fatal(err)
		}
		c.chaos()
		c.heal()
		c.settle()
		if failure := c.World.Failure(); failure != nil {
			t.Fatal(failure)
		}
		d := c.nodes[restless]
		d.node.Space().Apply(keyspace.Effect{
			Kind: keyspace.Set, Slot: slots.Of([]byte("k")), Key: []byte("k"), Value: []byte("v"), ExpireAt: d.host.Wall() + 1000,
		})
		c.rest()
		if failure := c.World.Failure(); failure == nil || failure.Check != "rest" || !strings.Contains(failure.Detail, d.host.Name()) {
			t.Errorf("%s has a key that stays: %v", d.host.Name(), failure)
		}
	}
}

// A new node becomes a member only if somebody has it meet one.
func TestANewNodeThatNobodyInvitesIsLeftOut(t *testing.T) {
	for _, invited := range []bool{false, true} {
		config, plan := small(1)
		config.Operators = 1
		config.Nodes = append(config.Nodes, NodeConfig{Number: 4, Empty: true})
		if invited {
			plan.Inputs = append(plan.Inputs, sim.Input{
				At: time.Second, Host: operatorName(1), Args: []string{"node-4", "CLUSTER", "MEET", "@node-1", "7000"},
			})
		}
		r := mustRun(t, config, plan)
		if r.Verdict != sim.OK {
			t.Errorf("invited %v: %s: %s", invited, r.Verdict, r.Detail)
		}
		if r.Cluster.abandoned[3] == invited {
			t.Errorf("invited %v, and that it stays out is excused: %v", invited, r.Cluster.abandoned[3])
		}
		if _, member := r.Cluster.nodes[0].node.State().Node(r.Cluster.ids[3]); member != invited {
			t.Errorf("invited %v, and it is a member: %v", invited, member)
		}
	}
}

// A node that should be in the core and is not healed is missed.
func TestACoreIsNotExcused(t *testing.T) {
	config, plan := cut(2)
	plan.Faults = append(plan.Faults, sim.Fault{At: 4 * time.Second, Kind: sim.FaultPartition, Hosts: []string{"node-2"}})
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	c.chaos()
	c.Config.Nodes[1].Unhealed = true
	c.heal()
	c.Config.Nodes[1].Unhealed = false
	c.settle()
	expectVerdict(t, c.result("test"), sim.Stalled, "node-1 believes node-2")
}

// rotten is a run in which the disk of a node without slots loses bits, and the node starts anew.
func rotten(t *testing.T, fault sim.Fault) *Cluster {
	t.Helper()
	config, plan := small(3)
	config.Nodes[2].Share = 0
	config.Settle = 20 * time.Second
	fault.At, fault.Hosts = time.Second, []string{"node-3"}
	plan.Faults = []sim.Fault{fault, {At: 2 * time.Second, Kind: sim.FaultKill, Hosts: []string{"node-3"}, For: time.Second}}
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func finish(c *Cluster) *Result {
	c.chaos()
	c.heal()
	c.settle()
	return c.result("test")
}

func TestANodeWithADamagedLogIsGone(t *testing.T) {
	c := rotten(t, sim.Fault{Kind: sim.FaultDiskBitRot, Amount: 200})
	r := finish(c)
	if r.Verdict != sim.OK || !c.lost(2) || c.hosts[2].Up() {
		t.Errorf("%s: %s; lost %v, up %v", r.Verdict, r.Detail, c.lost(2), c.hosts[2].Up())
	}
}

func TestAWipedNodeIsAnotherOne(t *testing.T) {
	c := rotten(t, sim.Fault{Kind: sim.FaultWipe, For: time.Millisecond})
	if r := finish(c); r.Verdict != sim.OK || !c.lost(2) || !c.hosts[2].Up() {
		t.Errorf("%s: %s; lost %v, up %v", r.Verdict, r.Detail, c.lost(2), c.hosts[2].Up())
	}
}

// Damage that no fault of the plan explains excuses nobody.
func TestUnexplainedDamageIsFound(t *testing.T) {
	c := rotten(t, sim.Fault{Kind: sim.FaultDiskSlow, Amount: 2})
	for range 200 {
		c.hosts[2].SimulatedDisk().Rot()
	}
	expectVerdict(t, finish(c), sim.Stalled, "node-3 is down")
}

// A voter whose log a fault has ended cannot decide, and with most of them nobody can. A log that has ended without a fault excuses
// nothing.
func TestAQuorumThatCannotWriteDecidesNothing(t *testing.T) {
	for _, explained := range []bool{true, false} {
		config, plan := small(3)
		plan.Inputs = nil
		if explained {
			plan.Faults = []sim.Fault{{Kind: sim.FaultDiskFull, Hosts: []string{"node-1", "node-2"}, At: 4900 * time.Millisecond}}
		}
		c, err := New(config, plan)
		if err != nil {
			t.Fatal(err)
		}
		c.chaos()
		e := c.expect()
		if !c.decisive(e) {
			t.Fatal("three nodes that are well decide nothing")
		}
		for _, d := range c.nodes[:2] {
			d.endLog(errors.New("no space left on device"))
		}
		if c.decisive(e) == explained {
			t.Errorf("a fault explains it: %v, and what is left decides: %v", explained, c.decisive(e))
		}
	}
}

// A core of as few voters as can decide does so.
func TestABareQuorumDecides(t *testing.T) {
	config, plan := small(4)
	config.Nodes = append(config.Nodes, defaultNode(), defaultNode())
	config.FullCoverage = false
	voters, err := config.Voters()
	if err != nil || len(voters) != 5 {
		t.Fatal(voters, err)
	}
	for i := range config.Nodes[3:] {
		config.Nodes[3+i].Unhealed = true
		plan.Faults = append(plan.Faults, sim.Fault{At: 4 * time.Second, Kind: sim.FaultPartition, Hosts: []string{nodeName(4 + i)}})
	}
	r := mustRun(t, config, plan)
	if c := r.Cluster; r.Verdict != sim.OK || !c.decisive(c.expect()) || !c.nodes[0].node.Settled() {
		t.Errorf("%s: %s", r.Verdict, r.Detail)
	}
}

func TestAReusedBootNumberIsFound(t *testing.T) {
	c := rotten(t, sim.Fault{Kind: sim.FaultDiskSlow, Amount: 2})
	c.spoken[2] = 2 // as if the node had spoken before under the number that it takes next
	expectVerdict(t, finish(c), sim.Violation, "node-3 speaks as boot 1, and has spoken as 2")
}
