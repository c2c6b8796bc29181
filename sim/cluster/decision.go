package cluster

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/topology"
)

// checkDecision checks a change of the configuration that a node has just applied and that has made another one of it, and names the
// check that fails. Members are those of the group at that point of its log.
func checkDecision(change topology.Command, before, after *topology.State, members []consensus.Member) (check string, err error) {
	for _, e := range expectedEpochs(change, before) {
		if shard, ok := before.Shard(e.shard); ok && shard.Epoch != e.epoch {
			return "expected epoch", fmt.Errorf("%v was made for epoch %d of shard %v, and has changed it at epoch %d",
				change, e.epoch, e.shard, shard.Epoch)
		}
	}
	for _, member := range members {
		_, was := before.Node(member.Node)
		if _, is := after.Node(member.Node); was && !is {
			return "forgotten voter", fmt.Errorf("%v forgets a node that the group still counts on, as %d", change, member.ID)
		}
	}
	return "", nil
}

// checkJoin checks that a node which has just become a member has no key in a slot that it claimed and did not get: such a key was
// acknowledged, and would be lost.
func (c *Cluster) checkJoin(join topology.Join, after *topology.State) error {
	i := slices.Index(c.ids, join.Node.ID)
	if i < 0 || c.nodes[i] == nil || c.nodes[i].node == nil || !c.nodes[i].node.Joining() {
		return nil
	}
	dropped := join.Claims.Subtract(after.SlotsOf(join.Shard))
	for slot, ok := dropped.Next(0); ok; slot, ok = dropped.Next(slot + 1) {
		if keys := c.nodes[i].node.Space().Count(slot); keys > 0 {
			return fmt.Errorf("%s has %d keys in slot %d, which it had and does not bring along", c.hosts[i].Name(), keys, slot)
		}
	}
	return nil
}

type expectedEpoch struct {
	shard topology.ShardID
	epoch uint64
}

// expectedEpochs returns what a command says of the epochs of shards: of two that race, made for one epoch, only one may come true.
// What each command of a batch finds is not known here.
func expectedEpochs(change topology.Command, state *topology.State) []expectedEpoch {
	of := func(id topology.NodeID, epoch uint64) expectedEpoch {
		node, _ := state.Node(id)
		return expectedEpoch{node.Shard, epoch}
	}
	switch c := change.(type) {
	case topology.AddSlots:
		return []expectedEpoch{{c.Shard, c.Epoch}}
	case topology.DeleteSlots:
		return []expectedEpoch{{c.Shard, c.Epoch}}
	case topology.TransferSlots:
		return []expectedEpoch{{c.Source, c.SourceEpoch}, {c.Target, c.TargetEpoch}}
	case topology.MarkMigrating:
		return []expectedEpoch{{c.Source, c.Epoch}}
	case topology.CloseImports:
		return []expectedEpoch{{c.Target, c.Epoch}}
	case topology.BumpEpoch:
		return []expectedEpoch{{c.Shard, c.Epoch}}
	case topology.SetEpoch:
		return []expectedEpoch{{c.Shard, c.Epoch}}
	case topology.SetAddress:
		return []expectedEpoch{of(c.Node, c.Epoch)}
	case topology.SetBoot:
		return []expectedEpoch{of(c.Node, c.Epoch)}
	}
	return nil
}
