package cluster

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
)

// tampered runs a cluster, lets a test do harm before the last reads, and returns what the checkers made of it.
func tampered(t *testing.T, harm func(*Cluster)) *Result {
	t.Helper()
	config, plan := small(3)
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	c.chaos()
	harm(c)
	c.World.Heal()
	c.settle()
	return c.result("test")
}

func expectVerdict(t *testing.T, r *Result, verdict sim.Verdict, words string) {
	t.Helper()
	if r.Verdict != verdict || !strings.Contains(r.Detail, words) {
		t.Errorf("got %s: %s\nwant %s: ...%s...", r.Verdict, r.Detail, verdict, words)
	}
}

// dropEverything makes a node forget its data without saying so: acknowledged writes are lost.
func dropEverything(c *Cluster) {
	for _, d := range c.nodes {
		d.node.Space().Apply(keyspace.Effect{Kind: keyspace.FlushAll})
	}
}

func TestLostWritesAreNotLinearizable(t *testing.T) {
	r := tampered(t, dropEverything)
	if report := r.Cluster.judge(r.Cluster.evidence()); report.Verdict != linearizability.Illegal {
		t.Errorf("the checker says %v", report.Verdict)
	}
}

// goBack makes a key hold what it was first set to, though it has been set again since.
func goBack(t *testing.T, c *Cluster) {
	first := map[string]string{}
	for _, op := range c.history.Operations {
		if op.Outcome != Answered || op.Args[0] != "SET" || len(op.Args) != 3 {
			continue
		}
		value, again := first[op.Args[1]]
		if !again {
			first[op.Args[1]] = op.Args[2]
			continue
		}
		key := []byte(op.Args[1])
		owner, _ := c.state.PrimaryOf(slots.Of(key))
		for i, id := range c.ids {
			if id == owner.ID {
				c.nodes[i].node.Space().Apply(keyspace.Effect{Kind: keyspace.Set, Slot: slots.Of(key), Key: key, Value: []byte(value)})
			}
		}
		return
	}
	t.Fatal("no key has been set twice")
}

func TestStaleReadsAreNotLinearizable(t *testing.T) {
	r := tampered(t, func(c *Cluster) { goBack(t, c) })
	if report := r.Cluster.judge(r.Cluster.evidence()); report.Verdict != linearizability.Illegal {
		t.Errorf("the checker says %v", report.Verdict)
	}
}

func TestChangesThatBypassTheEffectsAreFound(t *testing.T) {
	expectVerdict(t, tampered(t, dropEverything), sim.Violation, "replaying the effects gives")
}

func TestAnIncompleteLogOfEffectsIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		for _, op := range c.history.Operations {
			if op.Outcome == Answered && op.Args[0] == "SET" && len(op.Args) == 3 {
				last := op.Attempts[len(op.Attempts)-1]
				last.log.command(last.Ordinal).effective = false
				return
			}
		}
	})
	expectVerdict(t, r, sim.Violation, "acknowledged, and yet no node reports an effect")
}

func TestARedirectWithAnEffectIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		for _, op := range c.history.Operations {
			if op.Outcome == Answered && op.Args[0] == "SET" {
				op.Attempts[len(op.Attempts)-1].Harmless = true
				return
			}
		}
	})
	expectVerdict(t, r, sim.Violation, "was redirected or refused on")
}

func TestAnOperationWithTwoEffectsIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		for _, op := range c.history.Operations {
			if _, applied := c.history.Applied(op); applied && op.Args[0] == "SET" {
				op.Attempts = append(op.Attempts, op.Attempts...)
				return
			}
		}
	})
	expectVerdict(t, r, sim.Violation, "had an effect 2 times")
}

func TestTwoServersOfASlotAreFound(t *testing.T) {
	config, plan := small(4)
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	// The disk of the second node gets a configuration in which it has all the slots.
	specs := make([]topology.ShardSpec, len(c.ids))
	for i, node := range c.state.Nodes() {
		specs[i] = topology.ShardSpec{ID: node.Shard, Epoch: 9, Nodes: []topology.Node{node}}
		if node.ID == c.ids[1] {
			specs[i].Slots.AddRange(slots.Range{First: 0, Last: slots.Count - 1})
		}
	}
	rival, err := topology.Build(c.state.Cluster, specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 { // it is newer than that of the others
		rival, _ = rival.Apply(topology.SetSetting{Name: "newer", Value: strconv.Itoa(i)})
	}
	c.state = rival
	if err := c.format(1, c.hosts[1]); err != nil {
		t.Fatal(err)
	}
	c.chaos()
	expectVerdict(t, c.result("test"), sim.Violation, "both serve the slots")
}

func TestDivergedConfigurationsAreFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		d := c.nodes[2]
		shard, _ := c.state.ShardOf(c.ids[2])
		record := core.Record{Node: c.ids[2], Boot: d.node.Boot(), State: c.state}
		// The version that all have by now, and another content.
		for boot := uint64(77); record.State.Version < d.node.State().Version; boot++ {
			record.State, _ = record.State.Apply(topology.SetBoot{Node: c.ids[2], Epoch: shard.Epoch, Boot: boot})
		}
		if _, err := d.log.Append(record.Append(nil)); err != nil {
			t.Fatal(err)
		}
		if _, err := d.log.Sync(); err != nil {
			t.Fatal(err)
		}
		if err := c.World.Apply(sim.Fault{Kind: sim.FaultKill, Hosts: []string{nodeName(3)}, For: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	})
	expectVerdict(t, r, sim.Violation, "has two contents")
}

func TestAStallIsFoundAndExplained(t *testing.T) {
	config, plan := small(5)
	config.Settle = 20 * time.Second
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	c.chaos()
	c.World.Heal()
	if err := c.World.Apply(sim.Fault{Kind: sim.FaultPause, Hosts: []string{nodeName(2)}}); err != nil {
		t.Fatal(err)
	}
	c.settle()
	expectVerdict(t, c.result("test"), sim.Stalled, "node-2")
}

func TestAPanicOfANodeIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) { c.nodes[0].conns.streams = nil })
	expectVerdict(t, r, sim.Crashed, "index out of range")
	if r.Check != "cluster.(*connectionNames).stream" && r.Check != "cluster.(*connectionNames).open" {
		t.Errorf("the panic is said to be in %s", r.Check)
	}
}

func TestASpentBudgetIsUnknown(t *testing.T) {
	config, plan := small(6)
	config.StepBudget = 5
	expectVerdict(t, mustRun(t, config, plan), sim.Unknown, "undecided")
}

func TestOneSeedOneHistory(t *testing.T) {
	hashes := map[string]uint64{}
	for _, seed := range []uint64{7, 8, 7, 8} {
		config, plan := small(seed)
		r := mustRun(t, config, plan)
		if other, ok := hashes[r.Hash]; ok && other != seed {
			t.Errorf("seeds %d and %d have the hash %s", seed, other, r.Hash)
		}
		hashes[r.Hash] = seed
	}
	if len(hashes) != 2 {
		t.Errorf("two seeds gave %d histories", len(hashes))
	}
}

// loseHalf makes a node forget the last write of a transaction whose other writes it keeps.
func loseHalf(t *testing.T, c *Cluster) {
	args := strings.Fields("MULTI ; SET {t0}a whole ; SET {t0}b whole ; EXEC")
	c.perform(t, args)
	slot := slots.Of([]byte("{t0}b"))
	owner, _ := c.state.PrimaryOf(slot)
	for i, id := range c.ids {
		if id == owner.ID {
			c.nodes[i].node.Space().Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: slot, Key: []byte("{t0}b")})
		}
	}
}

// perform lets a client do one more operation, and waits for its end.
func (c *Cluster) perform(t *testing.T, args []string) {
	t.Helper()
	if err := c.World.Load(sim.Plan{Inputs: []sim.Input{{At: c.World.Now() + time.Second, Host: clientName(1), Args: args}}}); err != nil {
		t.Fatal(err)
	}
	count := len(c.history.Operations)
	if !c.World.RunUntil(c.World.Now()+time.Minute, func() bool { return len(c.history.Operations) > count && c.idle() }) {
		t.Fatalf("%q is never answered", args)
	}
}

func TestHalfATransactionIsNotLinearizable(t *testing.T) {
	r := tampered(t, func(c *Cluster) { loseHalf(t, c) })
	if report := r.Cluster.judge(r.Cluster.evidence()); report.Verdict != linearizability.Illegal {
		t.Errorf("the checker says %v", report.Verdict)
	}
}

func TestATransactionThatDidNotRunAndHadAnEffectIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		c.perform(t, strings.Fields("MULTI ; SET {t0}a 1 ; EXEC"))
		op := c.history.Operations[len(c.history.Operations)-1]
		op.Attempts[len(op.Attempts)-1].Idle = true
	})
	expectVerdict(t, r, sim.Violation, "did not run on")
}

func TestSpeakingBeforeTheBootIsDurableIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) { c.nodes[1].opening = c.nodes[1].durable + 1 })
	expectVerdict(t, r, sim.Violation, "node-2 speaks (reply) before the record of its boot is durable")
}

func TestIncarnationsOutOfNowhereAreFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		c.nodes[1].believed[2]++
		c.nodes[1].heard = heard{}
		c.World.Run(c.World.Now() + 5*time.Second)
	})
	expectVerdict(t, r, sim.Violation, "the incarnation of node-3 that node-2 believes in falls")
	r = tampered(t, func(c *Cluster) {
		c.incarnations[2], c.nodes[2].node = 0, nil
		c.nodes[1].heard = heard{}
		c.World.Run(c.World.Now() + 5*time.Second)
	})
	expectVerdict(t, r, sim.Violation, "which has not been beyond 0")
}

func TestMessagesThatNobodyUnderstandsAreFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) { c.nodes[0].node.Counters().Bus.Unreadable++ })
	expectVerdict(t, r, sim.Violation, "node-1 did not understand 1 messages of its peers")
	r = tampered(t, func(c *Cluster) { c.nodes[0].node.Counters().ProtocolErrors++ })
	expectVerdict(t, r, sim.Violation, "node-1 did not understand 1 commands of clients")
}

func TestAHeldClientThatGoesOnIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) { c.nodes[0].drained = []core.ClientID{0, 1, 2, 3} })
	expectVerdict(t, r, sim.Violation, "node-1 executes commands of a client that has not been rid of its replies")
}

func TestACrossSlotCommandWithAnEffectIsFound(t *testing.T) {
	r := tampered(t, func(c *Cluster) {
		for _, op := range c.history.Operations {
			if op.Outcome == Answered && op.Args[0] == "SET" {
				op.crossSlot = true
				return
			}
		}
	})
	expectVerdict(t, r, sim.Violation, "has keys in several slots, and was executed")
}
