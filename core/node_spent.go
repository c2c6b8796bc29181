package core

import (
	"slices"

	"github.com/ember-cluster/ember/core/wire"
)

// spentID is the highest raft id that the node has had in a generation of a cluster which it has left. If it joins that cluster again it
// must not answer to it: what it had promised under it is gone.
type spentID struct {
	cluster    wire.ClusterID
	generation uint64
	id         uint64
}

// maxSpent bounds what is remembered. The oldest goes first.
const maxSpent = 16

// spend remembers a raft id.
func (n *Node) spend(s spentID) {
	n.spent = slices.DeleteFunc(slices.Clone(n.spent), func(other spentID) bool { return other.cluster == s.cluster })
	n.spent = append(n.spent, s)
	n.spent = n.spent[max(0, len(n.spent)-maxSpent):]
}

// spentIn returns the highest raft id that the node has had in a generation of a cluster.
func (n *Node) spentIn(cluster wire.ClusterID, generation uint64) uint64 {
	for _, s := range n.spent {
		if s.cluster == cluster && s.generation == generation {
			return s.id
		}
	}
	return 0
}

// appendSpent appends a count, and for each: cluster (16), generation (8), id (8).
func appendSpent(dst []byte, all []spentID) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(all)))
	for _, s := range all {
		dst = append(dst, s.cluster[:]...)
		dst = wire.AppendUint64(wire.AppendUint64(dst, s.generation), s.id)
	}
	return dst
}

func readSpent(r *wire.Reader) []spentID {
	var all []spentID
	for range r.Count(maxSpent, 32) {
		all = append(all, spentID{cluster: r.ClusterID(), generation: r.Uint64(), id: r.Uint64()})
	}
	return all
}
