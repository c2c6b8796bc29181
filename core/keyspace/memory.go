package keyspace

import "github.com/ember-cluster/ember/core/slots"

// Memory says where the memory of a Space is, in bytes.
type Memory struct {
	// Live is what the blocks of all entries take, Arena what is held for blocks.
	Live, Arena int64
	// Outside is what long keys and values take, with the room that they have to grow.
	Outside int64
	// Tables is what the slots' tables take.
	Tables int64
	// Expiry is what the expiry index takes.
	Expiry int64
}

// Used returns what is needed for the content as it is: all that is held, but free room between the blocks.
func (m Memory) Used() int64 { return m.Live + m.Outside + m.Tables + m.Expiry }

// Total returns the sum of all that is held.
func (m Memory) Total() int64 { return m.Arena + m.Outside + m.Tables + m.Expiry }

// Memory measures the Space.
func (s *Space) Memory() Memory {
	m := Memory{
		Live:    int64(s.store.arena.live) * unitBytes,
		Arena:   s.store.arena.held,
		Outside: s.store.outside.memory(),
		Tables:  s.tableBytes,
		Expiry:  int64(s.expiry.items.room) * expiryItemBytes,
	}
	return m
}

// outsidePartsBytes is the size of outsideParts on a 64-bit machine.
const outsidePartsBytes = 48

// Usage returns the bytes that a key takes with all that belongs to it: its block, what lies outside of that, its place in the
// expiry index, and its share of its slot's table. It is 0 for a key that is not there.
func (s *Space) Usage(slot slots.Slot, key []byte) int64 {
	t := s.tables[slot]
	_, p, found := s.find(slot, key)
	if !found {
		return 0
	}
	count := int64(t.count)
	return s.store.footprint(*p.reference()) + (t.memory()+count-1)/count
}
