package topology

import "github.com/ember-cluster/ember/core/slots"

// TransferSlots gives slots from one shard to another, and takes their marks away (CLUSTER SETSLOT NODE). It names the epochs of
// both. Each slot is migrating from the former to the latter, or belongs to the latter already. The source proposes it once
// it holds no key of them. While a slot migrates it stays so.
type TransferSlots struct {
	Source      ShardID
	SourceEpoch uint64
	Target      ShardID
	TargetEpoch uint64
	// Version is that of the configuration under which the source looked: a mark that is younger is another migration's.
	Version uint64
	Slots   slots.Set
}

// MarkMigrating records that a shard gives its slots to another, key by key, from now on (CLUSTER SETSLOT MIGRATING). The target
// imports them from then on; what it wanted before (SETSLOT IMPORTING) is nobody else's concern. Epoch is the source's.
type MarkMigrating struct {
	Source, Target ShardID
	Epoch          uint64
	Slots          slots.Set
}

// CloseImports ends migrations without a change of owner (CLUSTER SETSLOT STABLE), at the word of the target's primary, which
// holds no key of the slots and takes none any more. Slots that are not migrating to it are passed over. Boot is the start in
// which it said so: in a later one it may take keys again.
type CloseImports struct {
	Target ShardID
	Epoch  uint64
	Boot   uint64
	// Version is that of the configuration under which the target looked: a mark that is younger is another migration's.
	Version uint64
	Slots   slots.Set
}

// SetSetting sets a cluster-wide setting. An empty value gives it its default again.
type SetSetting struct{ Name, Value string }

// SetVoters says who decides on changes of the configuration. Epoch is the VotersEpoch that the choice was made for.
type SetVoters struct {
	Epoch  uint64
	Voters []NodeID // sorted, unique, 1 to MaxVoters
}

// BumpEpoch gives a shard an epoch above all others, unless it has that already (CLUSTER BUMPEPOCH).
type BumpEpoch struct {
	Shard ShardID
	Epoch uint64
}

// SetEpoch gives the shard of a lone node its first epoch (CLUSTER SET-CONFIG-EPOCH).
type SetEpoch struct {
	Shard    ShardID
	Epoch    uint64
	NewEpoch uint64
}

// Kind implements Command.
func (TransferSlots) Kind() CommandKind { return KindTransferSlots }
func (MarkMigrating) Kind() CommandKind { return KindMarkMigrating }
func (CloseImports) Kind() CommandKind  { return KindCloseImports }
func (SetSetting) Kind() CommandKind    { return KindSetSetting }
func (SetVoters) Kind() CommandKind     { return KindSetVoters }
func (BumpEpoch) Kind() CommandKind     { return KindBumpEpoch }
func (SetEpoch) Kind() CommandKind      { return KindSetEpoch }
