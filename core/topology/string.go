package topology

import (
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/slots"
)

// shortDigits is how much of an id traces show.
const shortDigits = 8

func shortNode(id NodeID) string   { return id.String()[:shortDigits] }
func shortShard(id ShardID) string { return id.String()[:shortDigits] }

// String returns the state on one page, for traces. Ids are cut short.
func (s *State) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %s generation %d version %d epoch %d\n", s.Cluster.String()[:shortDigits], s.Generation, s.Version, s.epoch)
	ranges := s.rangesByShard()
	for i := range s.shards {
		shard := &s.shards[i]
		fmt.Fprintf(&b, "shard %s epoch %d primary %s members %s in-sync %s slots %s\n", shortShard(shard.ID), shard.Epoch,
			shortNode(shard.Primary), joinNodes(shard.Members), joinNodes(shard.InSync), joinRanges(ranges[i]))
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		fmt.Fprintf(&b, "node %s shard %s boot %d address %s\n", shortNode(n.ID), shortShard(n.Shard), n.Boot,
			addressString(n))
	}
	s.writeCluster(&b)
	return b.String()
}

// writeCluster writes what there is beside nodes and shards, if there is any.
func (s *State) writeCluster(b *strings.Builder) {
	for _, m := range s.marks {
		fmt.Fprintf(b, "slot %d migrating from %s to %s\n", m.Slot, shortShard(m.Source), shortShard(m.Target))
	}
	if s.votersEpoch > 0 {
		fmt.Fprintf(b, "voters %s epoch %d\n", joinNodes(s.voters), s.votersEpoch)
	}
	for _, set := range s.settings {
		fmt.Fprintf(b, "setting %s %q\n", set.Name, set.Value)
	}
	for i := range s.joins {
		fmt.Fprintf(b, "join %x of %s aborted %t in version %d\n", s.joins[i].Token[:4], shortNode(s.joins[i].Node), s.joins[i].Aborted, s.joins[i].Version)
	}
	for _, t := range s.tombstones {
		fmt.Fprintf(b, "forgotten %s in version %d\n", shortNode(t.Node), t.Version)
	}
}

func joinNodes(ids []NodeID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = shortNode(id)
	}
	return strings.Join(words, ",")
}

func joinRanges(ranges []slots.Range) string {
	if len(ranges) == 0 {
		return "-"
	}
	words := make([]string, len(ranges))
	for i, r := range ranges {
		words[i] = r.String()
	}
	return strings.Join(words, ",")
}

// addressString writes an address as CLUSTER NODES does, and the zone behind it.
func addressString(n *Node) string {
	text := fmt.Sprintf("%s:%d@%d", n.Host, n.ClientPort, n.BusPort)
	if n.Hostname != "" {
		text += "," + n.Hostname
	}
	if n.TLSPort != 0 {
		text += fmt.Sprintf(" tls %d", n.TLSPort)
	}
	if n.Zone != "" {
		text += " zone " + n.Zone
	}
	return text
}

// String returns the command on one line, for traces.
func (c AddSlots) String() string {
	return fmt.Sprintf("add slots %s to shard %s at epoch %d", joinRanges(c.Slots.Ranges()), shortShard(c.Shard), c.Epoch)
}

// String returns the command on one line, for traces.
func (c DeleteSlots) String() string {
	return fmt.Sprintf("delete slots %s from shard %s at epoch %d", joinRanges(c.Slots.Ranges()), shortShard(c.Shard), c.Epoch)
}

// String returns the command on one line, for traces.
func (c SetAddress) String() string {
	node := c.Describe(Node{})
	return fmt.Sprintf("set address of node %s at epoch %d to %s", shortNode(c.Node), c.Epoch, addressString(&node))
}

// String returns the command on one line, for traces.
func (c SetBoot) String() string {
	return fmt.Sprintf("set boot of node %s at epoch %d to %d", shortNode(c.Node), c.Epoch, c.Boot)
}
