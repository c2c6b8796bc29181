package cluster

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// An order about a slot goes to whoever owns it when its turn comes, and may name that node.
func TestOrdersGoToTheOwnerOfTheirTime(t *testing.T) {
	config := DefaultConfig(1, 3, 0)
	config.Operators = 1
	order := func(args ...string) sim.Input {
		return sim.Input{At: time.Second, Host: operatorName(1), Args: args}
	}
	c, err := New(config, sim.Plan{Inputs: []sim.Input{
		order("node-3", "CLUSTER", "SETSLOT", "866", "IMPORTING", "#owner-866"),
		order("owner-866", "CLUSTER", "SETSLOT", "866", "MIGRATING", "#node-3"),
		order("owner-866", "CLUSTER", "SETSLOT", "866", "NODE", "#node-3"),
		order("owner-866", "CLUSTER", "SETSLOT", "866", "MIGRATING", "#node-2"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	before := c.ownerOf(866)
	c.World.Run(10 * time.Second)
	mark, marked := c.nodes[0].node.State().MarkOf(slots.Slot(866))
	to, _ := c.nodes[0].node.State().Shard(mark.Target)
	if before != 0 || c.ownerOf(866) != 2 || !marked || to.Primary != c.ids[1] {
		t.Errorf("owned by node %d, then by %d; on its way to %v: %v", before+1, c.ownerOf(866)+1, to.Primary, marked)
	}
	if _, err := New(config, sim.Plan{Inputs: []sim.Input{order("owner-16384", "CLUSTER", "INFO")}}); err == nil {
		t.Error("an order about a slot that there is not is taken")
	}
}
