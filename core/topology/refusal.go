package topology

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// Reason says why a command was refused.
type Reason uint8

const (
	// SlotBusy: a slot to add has an owner.
	SlotBusy Reason = iota
	// SlotUnassigned: a slot to delete has no owner.
	SlotUnassigned
	// SlotNotOwned: a slot belongs to another shard than the one that the command names.
	SlotNotOwned
	// StaleEpoch: the shard has another epoch than the one that the command was made for.
	StaleEpoch
	// StaleBoot: the node has started again since the boot number was sent.
	StaleBoot
	// UnknownShard: there is no shard with that id.
	UnknownShard
	// UnknownNode: there is no node with that id.
	UnknownNode
	// InvalidAddress: the address cannot be announced.
	InvalidAddress
	// SlotOwned: a slot to import is the importer's already.
	SlotOwned
	// SlotMigrating: a slot is on its way to another shard already.
	SlotMigrating
	// SlotClaimed: a slot that a joining node has keys in belongs to another node.
	SlotClaimed
	// JoinDecided: the attempt to join was decided otherwise before.
	JoinDecided
	// AlreadyMember: the node or the shard is in the cluster already.
	AlreadyMember
	// ClusterFull: there are as many nodes, settings or the like as there can be.
	ClusterFull
	// NodeOwnsSlots: the node must not own slots for this.
	NodeOwnsSlots
	// NodeServes: the node owns slots, so it cannot be forgotten.
	NodeServes
	// NodeHasReplicas: the node must not have replicas for this.
	NodeHasReplicas
	// NodeVotes: the node votes on changes of the configuration.
	NodeVotes
	// LastNode: a cluster has at least one node.
	LastNode
	// NotMember: the node is not a member of the shard.
	NotMember
	// NotInSync: the node lacks acknowledged writes, or may.
	NotInSync
	// IsPrimary: the primary of a shard cannot be what the command asks for.
	IsPrimary
	// StaleVoters: the voters have changed since the choice was made.
	StaleVoters
	// InvalidVoters: these nodes cannot be the voters.
	InvalidVoters
	// InvalidSetting: the name or the value of a setting is too long, or has bytes that it may not have.
	InvalidSetting
	// NotAlone: an epoch can be set while the node knows no other.
	NotAlone
	// EpochSet: an epoch can be set once.
	EpochSet
	// NestedBatch: a batch cannot be part of a batch.
	NestedBatch
	// SlotNotMigrating: a slot to hand over is not migrating to its new owner, or not yet when its source looked.
	SlotNotMigrating
	// NodeImports: slots are migrating to the node's shard.
	NodeImports
	// Reasons is their number.
	Reasons
)

// Refusal is the error of a command that was not applied. The configuration is what it was.
type Refusal struct {
	Reason Reason
	Slot   slots.Slot // of the reasons that begin with Slot
	Shard  ShardID    // StaleEpoch, UnknownShard, AlreadyMember, NotMember
	Node   NodeID     // of the reasons about a node; SlotClaimed: the slot's owner
	// Expected and Actual are epochs (StaleEpoch, StaleVoters) or boot numbers (StaleBoot): what the command named, what
	// there is.
	Expected, Actual uint64
	Detail           string // InvalidAddress, InvalidVoters, InvalidSetting, ClusterFull
}

// Error returns the error line for the client: Redis's own where it has one.
func (r *Refusal) Error() string {
	if text, ok := r.slotText(); ok {
		return text
	}
	if text, ok := r.nodeText(); ok {
		return text
	}
	switch r.Reason {
	case StaleEpoch:
		return fmt.Sprintf("ERR Shard %v is at epoch %d, the command was made for epoch %d", r.Shard, r.Actual, r.Expected)
	case UnknownShard:
		return fmt.Sprintf("ERR Unknown shard %v", r.Shard)
	case ClusterFull:
		return "ERR The cluster has as many " + r.Detail + " as it can have"
	case LastNode:
		return "ERR I tried hard but I can't forget myself..."
	case StaleVoters:
		return fmt.Sprintf("ERR The voters have changed %d times, the choice was made for %d", r.Actual, r.Expected)
	case InvalidVoters:
		return "ERR Invalid voters: " + r.Detail
	case InvalidSetting:
		return "ERR Invalid cluster-wide setting: " + r.Detail
	case NotAlone:
		return "ERR The user can assign a config epoch only when the node does not know any other node."
	case EpochSet:
		return "ERR Node config epoch is already non-zero"
	case NestedBatch:
		return "ERR A batch of changes cannot contain another one"
	}
	panic(fmt.Sprintf("topology: refusal with reason %d", r.Reason))
}

func (r *Refusal) slotText() (string, bool) {
	switch r.Reason {
	case SlotBusy:
		return fmt.Sprintf("ERR Slot %d is already busy", r.Slot), true
	case SlotUnassigned:
		return fmt.Sprintf("ERR Slot %d is already unassigned", r.Slot), true
	case SlotNotOwned:
		return fmt.Sprintf("ERR I'm not the owner of hash slot %d", r.Slot), true
	case SlotOwned:
		return fmt.Sprintf("ERR I'm already the owner of hash slot %d", r.Slot), true
	case SlotMigrating:
		return fmt.Sprintf("ERR Slot %d is already migrating to another node", r.Slot), true
	case SlotNotMigrating:
		return fmt.Sprintf("ERR Slot %d is not migrating to that node", r.Slot), true
	case SlotClaimed:
		return fmt.Sprintf("ERR Slot %d holds keys here and belongs to node %v there", r.Slot, r.Node), true
	}
	return "", false
}

func (r *Refusal) nodeText() (string, bool) {
	switch r.Reason {
	case StaleBoot:
		return fmt.Sprintf("ERR Node %v is at boot %d, the command was made for boot %d", r.Node, r.Actual, r.Expected), true
	case UnknownNode:
		return fmt.Sprintf("ERR Unknown node %v", r.Node), true
	case InvalidAddress:
		return fmt.Sprintf("ERR Invalid node address specified: %s", r.Detail), true
	case JoinDecided:
		return fmt.Sprintf("ERR The attempt of node %v to join was decided otherwise", r.Node), true
	case AlreadyMember:
		return fmt.Sprintf("ERR Node %v or its shard is already in this cluster", r.Node), true
	case NodeOwnsSlots:
		return "ERR To set a master the node must be empty and without assigned slots.", true
	case NodeServes:
		return fmt.Sprintf("ERR Node %v still owns slots", r.Node), true
	case NodeImports:
		return fmt.Sprintf("ERR Slots are migrating to node %v", r.Node), true
	case NodeHasReplicas:
		return fmt.Sprintf("ERR Node %v has replicas", r.Node), true
	case NodeVotes:
		return fmt.Sprintf("ERR Node %v votes on changes of the configuration and must be replaced first", r.Node), true
	case NotMember:
		return fmt.Sprintf("ERR Node %v is not a member of shard %v", r.Node, r.Shard), true
	case NotInSync:
		return fmt.Sprintf("ERR Node %v is not in sync", r.Node), true
	case IsPrimary:
		return fmt.Sprintf("ERR Node %v is a primary", r.Node), true
	}
	return "", false
}
