package core

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// A slot's way from one shard to another ends at the word of whoever could lose keys by the end:
//
//	SETSLOT NODE      the source proposes it once it holds no key of the slot, and gets none any more since the slot is migrating
//	SETSLOT STABLE    the target proposes it once it holds no key of the slot, and takes none any more
//
// Any other node that is told to end it asks them (node_reshard_ask.go).

// ended is told how it ended: under which version of the configuration, or why not.
type ended func(version uint64, err error)

const (
	errNotAlone command.Error = "ERR The end of a slot's way concerns another node and cannot be part of a transaction"
)

func errHoldsKeys(slot slots.Slot) error {
	return command.Error(fmt.Sprintf("ERR Can't assign hashslot %d to a different node while I still hold keys for this hash slot.", slot))
}

func errImportedKeys(slot slots.Slot) error {
	return command.Error(fmt.Sprintf("ERR Slot %d holds keys that were imported, and this version of Ember cannot move them back", slot))
}

// Import implements command.Server: it is no more than an intent until the source agrees, so nobody else needs to know.
func (n *Node) Import(slot slots.Slot, source topology.ShardID) {
	own, _ := n.state.ShardOf(n.self)
	n.dropIntent(slot)
	at, _ := slices.BinarySearchFunc(n.intents, slot, func(m topology.Mark, slot slots.Slot) int { return int(m.Slot) - int(slot) })
	n.intents = slices.Insert(n.intents, at, topology.Mark{Slot: slot, Source: source, Target: own.ID})
	n.view.Intents = n.intents
}

func (n *Node) dropIntent(slot slots.Slot) {
	n.intents = slices.DeleteFunc(n.intents, func(m topology.Mark) bool { return m.Slot == slot })
	n.view.Intents = n.intents
}

// Assign implements command.Server.
func (n *Node) Assign(ctx *command.Context, slot slots.Slot, target topology.ShardID) {
	owner, _ := n.seenBy(n.current).Owner(slot)
	switch err := n.fenced(); {
	case err != nil:
		ctx.Reply.Error(err.Error())
	case ctx.InTransaction:
		ctx.Reply.Error(errNotAlone.Error())
	case owner.Primary == n.self:
		n.assign(slot, target, false, n.promiseReply())
	default:
		n.request(owner.Primary, slotRequest{assignment, slot, target}, n.promiseReply())
	}
}

// Stabilize implements command.Server. A node that has no part in the slot's way has nothing to end.
func (n *Node) Stabilize(ctx *command.Context, slot slots.Slot) {
	n.dropIntent(slot)
	own, _ := n.state.ShardOf(n.self)
	mark, marked := n.seenBy(n.current).MarkOf(slot)
	target, _ := n.state.Shard(mark.Target)
	switch err := n.fenced(); {
	case err != nil:
		ctx.Reply.Error(err.Error())
	case !marked || mark.Source != own.ID && mark.Target != own.ID:
		ctx.Reply.Simple("OK")
	case ctx.InTransaction:
		ctx.Reply.Error(errNotAlone.Error())
	case target.Primary == n.self:
		n.stabilize(slot, n.promiseReply())
	default:
		n.request(target.Primary, slotRequest{stabilization, slot, target.ID}, n.promiseReply())
	}
}

// promiseReply parks the reply of the current client, whose next commands wait for it, and returns what gives it.
func (n *Node) promiseReply() ended {
	c, reply := n.current, n.park(n.current)
	c.owed++
	return func(_ uint64, err error) {
		reply.ready = true
		if !reply.muted {
			reply.bytes = command.OutcomeReply(err)
		}
		c.owed--
		n.letGo(c)
		n.answered = true
	}
}

// assign ends a slot's way at its source: the target is the owner from then on. A slot that is not on its way there yet is marked
// first, so that no key can come meanwhile.
func (n *Node) assign(slot slots.Slot, target topology.ShardID, marked bool, done ended) {
	own, _ := n.state.ShardOf(n.self)
	owner, _ := n.state.Owner(slot)
	to, known := n.state.Shard(target)
	mark, onItsWay := n.state.MarkOf(slot)
	var change topology.Command
	switch {
	case owner.ID == target:
		done(n.state.Version, nil)
		return
	case owner.ID != own.ID || own.Primary != n.self:
		done(0, &topology.Refusal{Reason: topology.SlotNotOwned, Slot: slot})
		return
	case !known:
		done(0, &topology.Refusal{Reason: topology.UnknownShard, Shard: target})
		return
	case n.space.Count(slot) > 0:
		done(0, errHoldsKeys(slot))
		return
	case onItsWay && mark.Target == target:
		change = topology.TransferSlots{
			Source: own.ID, SourceEpoch: own.Epoch, Target: target, TargetEpoch: to.Epoch, Version: n.state.Version, Slots: onlySlot(slot),
		}
		n.proposeEnd(change, done)
		return
	case marked:
		done(0, &topology.Refusal{Reason: topology.SlotNotMigrating, Slot: slot})
		return
	}
	change = topology.MarkMigrating{Source: own.ID, Epoch: own.Epoch, Target: target, Slots: onlySlot(slot)}
	n.proposeEnd(change, func(_ uint64, err error) {
		if err != nil {
			done(0, err)
			return
		}
		n.assign(slot, target, true, done)
	})
}

// stabilize ends a slot's way at its target: the source keeps it.
func (n *Node) stabilize(slot slots.Slot, done ended) {
	own, _ := n.state.ShardOf(n.self)
	self, _ := n.state.Node(n.self)
	mark, marked := n.state.MarkOf(slot)
	switch {
	case !marked || mark.Target != own.ID:
		done(n.state.Version, nil)
		return
	case own.Primary != n.self:
		done(0, &topology.Refusal{Reason: topology.NotMember, Node: n.self, Shard: own.ID})
		return
	case n.space.Count(slot) > 0:
		done(0, errImportedKeys(slot))
		return
	case self.Boot != n.boot: // it takes no keys anyway, until that is known
		done(0, &topology.Refusal{Reason: topology.StaleBoot, Node: n.self, Expected: n.boot, Actual: self.Boot})
		return
	}
	n.closeImport(mark, done)
}

// proposeEnd proposes a change for somebody who wants one outcome.
func (n *Node) proposeEnd(change topology.Command, done ended) {
	err := n.propose(change, func(result topology.Result, err error) {
		if err == nil {
			err = result.Err
		}
		done(n.state.Version, err)
	})
	if err != nil {
		done(0, err)
	}
}

func onlySlot(slot slots.Slot) (set slots.Set) {
	set.Add(slot)
	return set
}
