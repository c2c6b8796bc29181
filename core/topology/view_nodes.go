package topology

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/ember-cluster/ember/core/slots"
)

// AppendNodes appends the reply of CLUSTER NODES: a line for each node, in the order of their ids.
func (v *View) AppendNodes(dst []byte) []byte {
	ranges := v.State.rangesByShard()
	for i := range v.State.nodes {
		node := &v.State.nodes[i]
		shard, _ := v.State.shardIndex(node.Shard)
		dst = v.appendNodeLine(dst, node, &v.State.shards[shard], ranges[shard])
	}
	return dst
}

// AppendNodeLine appends the line of one node, as CLUSTER REPLICAS shows it too. It panics if there is no such node.
func (v *View) AppendNodeLine(dst []byte, id NodeID) []byte {
	i := v.State.nodePosition(id)
	node := &v.State.nodes[i]
	shard, _ := v.State.Shard(node.Shard)
	var ranges []slots.Range
	if shard.Primary == id {
		ranges = v.State.SlotsOf(shard.ID).Ranges()
	}
	return v.appendNodeLine(dst, node, &shard, ranges)
}

// appendNodeLine appends
//
//	id host:port@busport[,hostname] flags primary|- ping-sent pong-received epoch link-state[ slots...][ marks...]\n
//
// where only a primary shows the slots of its shard, and only this node those that are on their way. There is no blank before the line end.
func (v *View) appendNodeLine(dst []byte, node *Node, shard *Shard, ranges []slots.Range) []byte {
	dst = node.ID.AppendHex(dst)
	dst = append(dst, ' ')
	dst = append(dst, node.Host...)
	dst = append(dst, ':')
	dst = strconv.AppendUint(dst, uint64(v.PortOf(node)), 10)
	dst = append(dst, '@')
	dst = strconv.AppendUint(dst, uint64(node.BusPort), 10)
	if node.Hostname != "" {
		dst = append(dst, ',')
		dst = append(dst, node.Hostname...)
	}
	dst = append(dst, ' ')
	dst = v.appendFlags(dst, node.ID, shard)
	dst = append(dst, ' ')
	if node.ID == shard.Primary {
		dst = append(dst, '-')
	} else {
		dst = shard.Primary.AppendHex(dst)
	}
	dst = fmt.Appendf(dst, " %d %d %d", valueOf(v.PingSent, node.ID), valueOf(v.PongReceived, node.ID), shard.Epoch)
	if v.connected(node.ID) {
		dst = append(dst, " connected"...)
	} else {
		dst = append(dst, " disconnected"...)
	}
	if node.ID == shard.Primary {
		for _, r := range ranges {
			dst = r.Append(append(dst, ' '))
		}
		if node.ID == v.Self {
			dst = v.appendMarks(dst, shard.ID)
		}
	}
	return append(dst, '\n')
}

// appendMarks appends the slots that a shard gives away, as [slot->-node], and that it takes or means to take, as [slot-<-node],
// in the order of the slots. The node is the primary of the other shard.
func (v *View) appendMarks(dst []byte, id ShardID) []byte {
	marks := slices.Concat(v.State.marks, v.Intents)
	slices.SortStableFunc(marks, func(a, b Mark) int { return int(a.Slot) - int(b.Slot) })
	for _, m := range marks {
		other, arrow := m.Target, "->-"
		if m.Target == id {
			other, arrow = m.Source, "-<-"
		}
		shard, ok := v.State.Shard(other)
		if !ok || m.Source != id && m.Target != id {
			continue
		}
		dst = fmt.Appendf(dst, " [%d%s", m.Slot, arrow)
		dst = append(shard.Primary.AppendHex(dst), ']')
	}
	return dst
}

// appendFlags appends the flags in Redis's order. Its "handshake", "noaddr" and "noflags" cannot occur: a node joins with
// a role and with an address.
func (v *View) appendFlags(dst []byte, id NodeID, shard *Shard) []byte {
	if id == v.Self {
		dst = append(dst, "myself,"...)
	}
	if id == shard.Primary {
		dst = append(dst, "master"...)
	} else {
		dst = append(dst, "slave"...)
	}
	switch v.health(id) {
	case Suspected:
		dst = append(dst, ",fail?"...)
	case Failed:
		dst = append(dst, ",fail"...)
	}
	return dst
}
