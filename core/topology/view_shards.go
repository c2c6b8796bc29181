package topology

import (
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
)

// WriteShards writes the reply of CLUSTER SHARDS: for each shard, in the order of their ids, its slots as a flat list of
// first and last slots, and its nodes, the primary first.
func (v *View) WriteShards(w *resp.Writer) {
	ranges := v.State.rangesByShard()
	w.Array(len(v.State.shards))
	for i := range v.State.shards {
		shard := &v.State.shards[i]
		w.Map(2)
		w.BulkString("slots")
		writeRanges(w, ranges[i])
		w.BulkString("nodes")
		w.Array(len(shard.Members))
		for _, id := range primaryFirst(shard) {
			v.writeShardNode(w, shard, &v.State.nodes[v.State.nodePosition(id)])
		}
	}
}

func writeRanges(w *resp.Writer, ranges []slots.Range) {
	w.Array(2 * len(ranges))
	for _, r := range ranges {
		w.Int(int64(r.First))
		w.Int(int64(r.Last))
	}
}

// writeShardNode writes a node with the fields of Redis 7.2, in its order.
func (v *View) writeShardNode(w *resp.Writer, shard *Shard, node *Node) {
	fields := 7
	if node.Hostname != "" {
		fields++
	}
	if node.TLSPort != 0 {
		fields++
	}
	w.Map(fields)
	w.BulkString("id")
	w.Bulk(node.ID.AppendHex(nil))
	w.BulkString("port")
	w.Int(int64(node.ClientPort))
	if node.TLSPort != 0 {
		w.BulkString("tls-port")
		w.Int(int64(node.TLSPort))
	}
	w.BulkString("ip")
	w.BulkString(node.Host)
	w.BulkString("endpoint")
	w.BulkString(v.EndpointOf(node))
	if node.Hostname != "" {
		w.BulkString("hostname")
		w.BulkString(node.Hostname)
	}
	w.BulkString("role")
	if node.ID == shard.Primary {
		w.BulkString("master")
	} else {
		w.BulkString("replica")
	}
	w.BulkString("replication-offset")
	w.Int(v.offset(node.ID))
	w.BulkString("health")
	w.BulkString(v.healthWord(shard, node.ID))
}

func (v *View) healthWord(shard *Shard, id NodeID) string {
	switch {
	case v.health(id) == Failed:
		return "fail"
	case v.loading(shard, id):
		return "loading"
	}
	return "online"
}
