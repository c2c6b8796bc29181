package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// On a healthy cluster of five voters a change that the leader is asked for takes one round trip and one sync, and as many changes as
// come at once take no longer: they share the sync of every voter.
func TestAChangeTakesOneRoundTripAndOneSync(t *testing.T) {
	const (
		flight, disk = 20 * time.Millisecond, 10 * time.Millisecond
		// spread is more than the disks' times vary by, and less than another sync or another way would take.
		spread = 5 * time.Millisecond
	)
	for _, changes := range []int{1, 20} {
		config := DefaultConfig(1, 5, 0)
		config.Operators, config.Described = changes, true
		config.Network.Latency, config.Network.Jitter = flight, 0
		for i := range config.Nodes {
			config.Nodes[i].DiskLatency = disk
		}
		c, err := New(config, sim.Plan{})
		if err != nil {
			t.Fatal(err)
		}
		c.World.Run(5 * time.Second)
		leader := c.leader(t)
		if err := c.World.Load(deletions(c, leader, changes)); err != nil {
			t.Fatal(err)
		}
		version, last := leader.node.State().Version, leader.node.Consensus().Progress().Last
		written := func() bool { return leader.node.Consensus().Progress().Last > last }
		if !c.World.RunUntil(10*time.Second, written) {
			t.Fatal("no change was proposed", c.World.Report("").Detail)
		}
		begin := c.World.Now()
		if got := leader.node.Consensus().Progress().Last - last; got != uint64(changes) {
			t.Errorf("%d of %d changes are proposed at once", got, changes)
		}
		c.World.RunUntil(10*time.Second, func() bool { return leader.node.State().Version >= version+uint64(changes) })
		if took := c.World.Now() - begin; took < 2*flight+disk || took > 2*flight+disk+spread {
			t.Errorf("%d changes took %v, not %v", changes, took, 2*flight+disk)
		}
	}
}

// leader returns the node that leads five voters.
func (c *Cluster) leader(t *testing.T) *driver {
	t.Helper()
	for _, d := range c.nodes {
		if d.node.Consensus().Leader() == d.node.ID() && len(d.node.State().Voters()) == 5 {
			return d
		}
	}
	t.Fatal("nobody leads five voters")
	return nil
}

// deletions has operators take a slot from a node each, all at once.
func deletions(c *Cluster, from *driver, count int) (plan sim.Plan) {
	slot, owned := slots.Slot(0), from.node.Owned()
	for i := range count {
		slot, _ = owned.Next(slot)
		plan.Inputs = append(plan.Inputs, sim.Input{
			At: c.World.Now() + time.Second, Host: operatorName(i + 1), Args: []string{from.host.Name(), "CLUSTER", "DELSLOTS", fmt.Sprint(slot)},
		})
		slot++
	}
	return plan
}
