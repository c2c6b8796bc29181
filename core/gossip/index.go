package gossip

import (
	"encoding/binary"
	"math/bits"

	"github.com/ember-cluster/ember/core/wire"
)

// index finds the slot of an id: a hash table with linear probing that holds slots only, since the ids are in the
// members themselves. Each machine of a simulated group has one, and each claim of each message is looked up in it,
// so it is kept small enough to stay in a cache where a map with its own copy of the ids would not.
type index struct {
	// table holds slot+1, or 0 where it is empty. Invariant: its length is a power of two, at most half of it is
	// used.
	table []slot
	seed  uint64 // so that ids can't be chosen to collide
}

// place returns where in the table an id stands, or where it would.
func (x *index) place(id *wire.NodeID, members []member) int {
	mask := len(x.table) - 1
	i := int(x.hash(id)) & mask
	for x.table[i] != 0 && members[x.table[i]-1].id != *id {
		i = (i + 1) & mask
	}
	return i
}

// hash folds the id into 64 bits by two multiplications, each of which mixes 128.
func (x *index) hash(id *wire.NodeID) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(id[:])^x.seed, binary.LittleEndian.Uint64(id[8:])^0x9e3779b97f4a7c15)
	high, low = bits.Mul64(high^low^x.seed, uint64(binary.LittleEndian.Uint32(id[16:]))^0xbf58476d1ce4e5b9)
	return high ^ low
}

func (x *index) lookup(id *wire.NodeID, members []member) (slot, bool) {
	s := x.table[x.place(id, members)] - 1
	return s, s != none
}

// insert adds a member that is not in the table, doubling it first if that would fill more than half.
func (x *index) insert(s slot, count int, members []member) {
	if 2*count > len(x.table) {
		x.rebuild(count, members)
		return
	}
	x.table[x.place(&members[s].id, members)] = s + 1
}

// rebuild indexes all members in use, whose number is count.
func (x *index) rebuild(count int, members []member) {
	size := 1 << bits.Len(uint(2*count))
	x.table = make([]slot, size)
	for s := range members {
		if members[s].health != Unknown {
			x.table[x.place(&members[s].id, members)] = slot(s) + 1
		}
	}
}
