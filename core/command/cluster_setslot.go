package command

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// clusterSetSlot executes SETSLOT, which resharding tools send in this order for each slot:
//
//	target: IMPORTING source    the target's intent
//	source: MIGRATING target    the source agrees: from now on its absent keys are the target's
//	source: GETKEYSINSLOT and MIGRATE, until it holds no key of the slot
//	target, source, all others: NODE target    the first one makes the target the owner, the others find it so
//
// STABLE ends it without a change of owner.
func clusterSetSlot(c *Context) {
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	if own.Primary != view.Self {
		c.fail(errSetSlotHere)
		return
	}
	slot, ok := parseSlot(c.Args[2])
	if !ok {
		c.fail(errBadSlot)
		return
	}
	switch action := c.Args[3]; {
	case isWord(action, "migrating") && len(c.Args) == 5:
		c.markMigrating(own, slot)
	case isWord(action, "importing") && len(c.Args) == 5:
		c.markImporting(own, slot)
	case isWord(action, "stable") && len(c.Args) == 4:
		c.Server.Stabilize(c, slot)
	case isWord(action, "node") && len(c.Args) == 5:
		c.assign(own, slot)
	default:
		c.fail(errSetSlotAction)
	}
}

// otherShard returns the shard of the node that SETSLOT names. A node that is unknown gets an error that begins with unknown.
func (c *Context) otherShard(unknown string) (topology.Shard, bool) {
	node, shard, ok := c.findNode(c.Args[4])
	switch {
	case !ok:
		c.fail(Error(unknown + cString(c.Args[4])))
	case shard.Primary != node.ID:
		c.fail(errSetSlotTarget)
		return topology.Shard{}, false
	}
	return shard, ok
}

const unknownPeer = "ERR I don't know about node "

func (c *Context) markMigrating(own topology.Shard, slot slots.Slot) {
	if owner, _ := c.Server.View().State.Owner(slot); owner.ID != own.ID {
		c.fail(&topology.Refusal{Reason: topology.SlotNotOwned, Slot: slot})
		return
	}
	if target, ok := c.otherShard(unknownPeer); ok {
		c.Propose(topology.MarkMigrating{Source: own.ID, Epoch: own.Epoch, Target: target.ID, Slots: oneSlotSet(slot)})
	}
}

func (c *Context) markImporting(own topology.Shard, slot slots.Slot) {
	if owner, _ := c.Server.View().State.Owner(slot); owner.ID == own.ID {
		c.fail(&topology.Refusal{Reason: topology.SlotOwned, Slot: slot})
		return
	}
	if source, ok := c.otherShard(unknownPeer); ok {
		c.Server.Import(slot, source.ID)
		c.ok()
	}
}

// assign gives the slot to the shard of the node that is named. To find it there already is no error.
func (c *Context) assign(own topology.Shard, slot slots.Slot) {
	target, ok := c.otherShard("ERR Unknown node ")
	if !ok {
		return
	}
	switch owner, assigned := c.Server.View().State.Owner(slot); {
	case !assigned:
		c.Propose(topology.AddSlots{Shard: target.ID, Epoch: target.Epoch, Slots: oneSlotSet(slot)})
	case owner.ID == target.ID:
		c.ok()
	case owner.ID == own.ID && c.Space.Count(slot) > 0:
		c.fail(Error(fmt.Sprintf("ERR Can't assign hashslot %d to a different node while I still hold keys for this hash slot.", slot)))
	default:
		c.Server.Assign(c, slot, target.ID)
	}
}

func oneSlotSet(slot slots.Slot) (set slots.Set) {
	set.Add(slot)
	return set
}
