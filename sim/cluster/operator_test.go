package cluster

import (
	"strings"
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

// A slot that was given to a node is still its own in the end, unless the plan has somebody take it away, or gives it to another too.
func TestALostSlotIsFound(t *testing.T) {
	for words, lost := range map[string]bool{
		"CLUSTER INFO": true, "CLUSTER ADDSLOTS 867": true, "CLUSTER ADDSLOTS 866": false, "CLUSTER ADDSLOTSRANGE 800 900": false,
		"CLUSTER DELSLOTS 866": false,
	} {
		config := DefaultConfig(1, 3, 0)
		config.Operators = 1
		args := append([]string{"node-1"}, strings.Fields(words)...) // who owns slot 866
		c, err := New(config, sim.Plan{Inputs: []sim.Input{{At: time.Hour, Host: operatorName(1), Args: args}}})
		if err != nil {
			t.Fatal(err)
		}
		c.World.Run(5 * time.Second)
		if err := c.checkGranted(); err != nil {
			t.Errorf("%s: nothing was given to anybody: %v", words, err)
		}
		c.granted[1].Add(866) // as if node-2 had been given it
		if err := c.checkGranted(); (err != nil) != lost {
			t.Errorf("%s: %v", words, err)
		}
	}
}
