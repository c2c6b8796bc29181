package topology

import "github.com/ember-cluster/ember/core/wire"

// clusterCommand reads the commands about slots on their way, epochs, settings and voters; nil if it is none of them.
func (d *decoder) clusterCommand(kind CommandKind) Command {
	switch kind {
	case KindTransferSlots:
		return TransferSlots{
			Source: d.shardID(), SourceEpoch: d.Uvarint(), Target: d.shardID(), TargetEpoch: d.Uvarint(),
			Version: d.Uvarint(), Slots: d.slotSet(),
		}
	case KindCloseImports:
		return CloseImports{Target: d.shardID(), Epoch: d.Uvarint(), Boot: d.Uvarint(), Version: d.Uvarint(), Slots: d.slotSet()}
	case KindMarkMigrating:
		return MarkMigrating{Source: d.shardID(), Epoch: d.Uvarint(), Target: d.shardID(), Slots: d.slotSet()}
	case KindSetSetting:
		return SetSetting(d.setting())
	case KindSetVoters:
		c := SetVoters{Epoch: d.Uvarint()}
		for range d.Count(MaxVoters, len(NodeID{})) {
			c.Voters = append(c.Voters, d.NodeID())
		}
		return c
	case KindBumpEpoch:
		return BumpEpoch{Shard: d.shardID(), Epoch: d.Uvarint()}
	case KindSetEpoch:
		return SetEpoch{Shard: d.shardID(), Epoch: d.Uvarint(), NewEpoch: d.Uvarint()}
	}
	return nil
}

func (c TransferSlots) appendBody(dst []byte) []byte {
	dst = appendShard(dst, c.Source, c.SourceEpoch)
	return appendSlotSet(wire.AppendUvarint(appendShard(dst, c.Target, c.TargetEpoch), c.Version), c.Slots)
}

func (c CloseImports) appendBody(dst []byte) []byte {
	dst = wire.AppendUvarint(appendShard(dst, c.Target, c.Epoch), c.Boot)
	return appendSlotSet(wire.AppendUvarint(dst, c.Version), c.Slots)
}

func (c MarkMigrating) appendBody(dst []byte) []byte {
	return appendSlotSet(append(appendShard(dst, c.Source, c.Epoch), c.Target[:]...), c.Slots)
}

func (c SetSetting) appendBody(dst []byte) []byte { return appendSetting(dst, Setting(c)) }

func (c SetVoters) appendBody(dst []byte) []byte {
	dst = wire.AppendUvarint(dst, c.Epoch)
	dst = wire.AppendUvarint(dst, uint64(len(c.Voters)))
	for _, id := range c.Voters {
		dst = append(dst, id[:]...)
	}
	return dst
}

func (c BumpEpoch) appendBody(dst []byte) []byte { return appendShard(dst, c.Shard, c.Epoch) }

func (c SetEpoch) appendBody(dst []byte) []byte {
	return wire.AppendUvarint(appendShard(dst, c.Shard, c.Epoch), c.NewEpoch)
}

func appendShard(dst []byte, shard ShardID, epoch uint64) []byte {
	return wire.AppendUvarint(append(dst, shard[:]...), epoch)
}
