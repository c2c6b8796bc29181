package topology

import (
	"slices"

	"github.com/ember-cluster/ember/core/resp"
)

// WriteSlots writes the reply of CLUSTER SLOTS: for each run of slots with the same owner, in ascending order,
//
//	[first, last, primary, replica...]    where each node is [endpoint, port, id, {further names}]
//
// Replicas that have failed or have no copy yet are left out, so that no client reads from them.
func (v *View) WriteSlots(w *resp.Writer) {
	s := v.State
	assigned := slices.DeleteFunc(slices.Clone(s.runs), func(r run) bool { return r.shard < 0 })
	w.Array(len(assigned))
	for _, run := range assigned {
		nodes := v.availableNodes(&s.shards[run.shard])
		w.Array(2 + len(nodes))
		w.Int(int64(run.First))
		w.Int(int64(run.Last))
		for _, node := range nodes {
			v.writeEndpoint(w, node)
		}
	}
}

// availableNodes returns the primary of a shard, in whatever health, and the replicas that a client can read from.
func (v *View) availableNodes(shard *Shard) []*Node {
	var nodes []*Node
	for _, id := range primaryFirst(shard) {
		if id == shard.Primary || v.health(id) != Failed && !v.loading(shard, id) {
			nodes = append(nodes, &v.State.nodes[v.State.nodePosition(id)])
		}
	}
	return nodes
}

// writeEndpoint writes a node as CLUSTER SLOTS shows it. The map of further names holds those which the preferred endpoint
// is not, and it is there even if it is empty.
func (v *View) writeEndpoint(w *resp.Writer, node *Node) {
	w.Array(4)
	if v.Endpoint == EndpointUnknown {
		w.Null()
	} else {
		w.BulkString(v.EndpointOf(node))
	}
	w.Int(int64(v.PortOf(node)))
	w.Bulk(node.ID.AppendHex(nil))

	showIP := v.Endpoint != EndpointIP
	showHostname := v.Endpoint != EndpointHostname && node.Hostname != ""
	names := 0
	if showIP {
		names++
	}
	if showHostname {
		names++
	}
	w.Map(names)
	if showIP {
		w.BulkString("ip")
		w.BulkString(node.Host)
	}
	if showHostname {
		w.BulkString("hostname")
		w.BulkString(node.Hostname)
	}
}

// PortOf returns the port that clients are given for a node.
func (v *View) PortOf(node *Node) uint16 {
	if v.TLS {
		return node.TLSPort
	}
	return node.ClientPort
}

// EndpointOf returns the address that clients are given for a node; "" if they are to stay on the host that they
// have asked.
func (v *View) EndpointOf(node *Node) string {
	switch v.Endpoint {
	case EndpointHostname:
		if node.Hostname == "" {
			return "?"
		}
		return node.Hostname
	case EndpointUnknown:
		return ""
	}
	return node.Host
}
