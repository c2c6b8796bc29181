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
	// SlotNotOwned: a slot to delete belongs to another shard than the one that the command names.
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
	// Reasons is their number.
	Reasons
)

// Refusal is the error of a command that was not applied. The configuration is what it was.
type Refusal struct {
	Reason Reason
	Slot   slots.Slot // SlotBusy, SlotUnassigned, SlotNotOwned
	Shard  ShardID    // StaleEpoch, UnknownShard
	Node   NodeID     // StaleBoot, UnknownNode, InvalidAddress
	// Expected and Actual are epochs (StaleEpoch) or boot numbers (StaleBoot): what the command named, what there is.
	Expected, Actual uint64
	Detail           string // InvalidAddress
}

// Error returns the error line for the client: Redis's own where it has one.
func (r *Refusal) Error() string {
	switch r.Reason {
	case SlotBusy:
		return fmt.Sprintf("ERR Slot %d is already busy", r.Slot)
	case SlotUnassigned:
		return fmt.Sprintf("ERR Slot %d is already unassigned", r.Slot)
	case SlotNotOwned:
		return fmt.Sprintf("ERR I'm not the owner of hash slot %d", r.Slot)
	case StaleEpoch:
		return fmt.Sprintf("ERR Shard %v is at epoch %d, the command was made for epoch %d", r.Shard, r.Actual, r.Expected)
	case StaleBoot:
		return fmt.Sprintf("ERR Node %v is at boot %d, the command was made for boot %d", r.Node, r.Actual, r.Expected)
	case UnknownShard:
		return fmt.Sprintf("ERR Unknown shard %v", r.Shard)
	case UnknownNode:
		return fmt.Sprintf("ERR Unknown node %v", r.Node)
	case InvalidAddress:
		return fmt.Sprintf("ERR Invalid node address specified: %s", r.Detail)
	}
	panic(fmt.Sprintf("topology: refusal with reason %d", r.Reason))
}
