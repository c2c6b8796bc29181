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
	// table holds at each place 0, or slot+1 in as many low bits as its length has, and in the high bits those of the
	// id's hash: so a place that another id has is passed without a look at that member, which would most likely have
	// to come from memory.
	// Invariant: its length is a power of two, at least twice the number of slots.
	table []uint32
	seed  uint64 // so that ids can't be chosen to collide
}

// words returns an id as numbers.
func words(id *wire.NodeID) (first, second uint64, third uint32) {
	return binary.LittleEndian.Uint64(id[:]), binary.LittleEndian.Uint64(id[8:]), binary.LittleEndian.Uint32(id[16:])
}

func sameID(a, b *wire.NodeID) bool {
	a1, a2, a3 := words(a)
	b1, b2, b3 := words(b)
	return a1^b1|a2^b2|uint64(a3^b3) == 0
}

// hash folds the id into 32 bits by two multiplications, each of which mixes 128.
func (x *index) hash(id *wire.NodeID) uint32 {
	first, second, third := words(id)
	high, low := bits.Mul64(first^x.seed, second^0x9e3779b97f4a7c15)
	high, low = bits.Mul64(high^low^x.seed, uint64(third)^0xbf58476d1ce4e5b9)
	return uint32(high ^ low)
}

// glance is the first half of a lookup: what stands at the place where the id is sought first.
type glance struct{ hash, entry uint32 }

// glance begins a lookup. Who looks for many ids begins with all of them: in a large group each is in another place of
// memory, and a processor waits for many of these at once as long as no decision hangs on them.
func (x *index) glance(id *wire.NodeID) glance {
	hash := x.hash(id)
	return glance{hash, x.table[hash&uint32(len(x.table)-1)]}
}

// find ends a lookup, and returns none if no member has the id.
func (x *index) find(id *wire.NodeID, g glance, members []member) slot {
	mask := uint32(len(x.table) - 1)
	at := g.hash & mask
	for entry := g.entry; entry != 0; entry = x.table[at] {
		if (entry^g.hash)&^mask == 0 && sameID(&members[entry&mask-1].id, id) {
			return slot(entry&mask) - 1
		}
		at = (at + 1) & mask
	}
	return none
}

// insert adds a member that is not in the table, which grows first if that would fill more than half.
func (x *index) insert(s slot, members []member) {
	if 2*len(members) > len(x.table) {
		x.rebuild(members)
		return
	}
	mask := uint32(len(x.table) - 1)
	hash := x.hash(&members[s].id)
	at := hash & mask
	for x.table[at] != 0 {
		at = (at + 1) & mask
	}
	x.table[at] = hash&^mask | uint32(s+1)
}

// rebuild indexes all members in use.
func (x *index) rebuild(members []member) {
	x.table = make([]uint32, 1<<bits.Len(uint(2*len(members))))
	for s := range members {
		if members[s].health != Unknown {
			x.insert(slot(s), members)
		}
	}
}
