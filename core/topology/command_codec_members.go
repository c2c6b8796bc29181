package topology

import "github.com/ember-cluster/ember/core/wire"

// memberCommand reads the commands about batches, nodes and the members of shards; nil if it is none of them.
func (d *decoder) memberCommand(kind CommandKind) Command {
	switch kind {
	case KindBatch:
		return d.batch()
	case KindJoin:
		c := Join{Token: d.joinToken(), Shard: d.shardID(), Epoch: d.Uvarint()}
		c.Node = d.node()
		c.Claims, c.WithKeys = d.slotSet(), d.slotSet()
		return c
	case KindAbortJoin:
		return AbortJoin{Token: d.joinToken(), Node: d.NodeID()}
	case KindForget:
		return Forget{Node: d.NodeID()}
	case KindPromote:
		return Promote{Shard: d.shardID(), Epoch: d.Uvarint(), Node: d.NodeID(), Boot: d.Uvarint()}
	case KindAddInSync:
		return AddInSync{Shard: d.shardID(), Epoch: d.Uvarint(), Node: d.NodeID(), Boot: d.Uvarint()}
	case KindRemoveInSync:
		return RemoveInSync{Shard: d.shardID(), Epoch: d.Uvarint(), Node: d.NodeID()}
	case KindAddMember:
		return AddMember{Shard: d.shardID(), Epoch: d.Uvarint(), Node: d.NodeID(), NodeEpoch: d.Uvarint()}
	case KindDetach:
		return Detach{Node: d.NodeID(), Epoch: d.Uvarint(), NewShard: d.shardID()}
	}
	return nil
}

// batch reads the commands of a batch, each with its length before it. A batch inside of it is malformed.
func (d *decoder) batch() Command {
	var b Batch
	for range d.Count(MaxBatch, 2) {
		inner := decoder{wire.NewReader(d.Prefixed(MaxCommandBytes))}
		kind := CommandKind(inner.Uint8())
		if kind == KindBatch {
			inner.Fail(wire.Malformed)
		}
		c := inner.command(kind)
		if inner.Finish() != nil {
			d.Fail(wire.Malformed)
		}
		if d.Err() != nil {
			return b
		}
		b.Commands = append(b.Commands, c)
	}
	return b
}

func (b Batch) appendBody(dst []byte) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(b.Commands)))
	for _, c := range b.Commands {
		dst = wire.AppendPrefixed(dst, AppendCommand(nil, c))
	}
	return dst
}

func (c Join) appendBody(dst []byte) []byte {
	dst = append(dst, c.Token[:]...)
	dst = wire.AppendUvarint(append(dst, c.Shard[:]...), c.Epoch)
	dst = appendNode(dst, &c.Node)
	return appendSlotSet(appendSlotSet(dst, c.Claims), c.WithKeys)
}

func (c AbortJoin) appendBody(dst []byte) []byte {
	return append(append(dst, c.Token[:]...), c.Node[:]...)
}

func (c Forget) appendBody(dst []byte) []byte { return append(dst, c.Node[:]...) }

func (c Promote) appendBody(dst []byte) []byte {
	return wire.AppendUvarint(appendMember(dst, c.Shard, c.Epoch, c.Node), c.Boot)
}

func (c AddInSync) appendBody(dst []byte) []byte {
	return wire.AppendUvarint(appendMember(dst, c.Shard, c.Epoch, c.Node), c.Boot)
}

func (c RemoveInSync) appendBody(dst []byte) []byte {
	return appendMember(dst, c.Shard, c.Epoch, c.Node)
}

func (c AddMember) appendBody(dst []byte) []byte {
	return wire.AppendUvarint(appendMember(dst, c.Shard, c.Epoch, c.Node), c.NodeEpoch)
}

func (c Detach) appendBody(dst []byte) []byte {
	dst = wire.AppendUvarint(append(dst, c.Node[:]...), c.Epoch)
	return append(dst, c.NewShard[:]...)
}

func appendMember(dst []byte, shard ShardID, epoch uint64, node NodeID) []byte {
	dst = wire.AppendUvarint(append(dst, shard[:]...), epoch)
	return append(dst, node[:]...)
}
