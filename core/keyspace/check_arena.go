package keyspace

import "fmt"

// check verifies that the blocks fill their chunks, that the sums are right, and that the lists hold exactly the blocks
// that say so.
func (a *arena) check() error {
	var live, used uint64
	var held int64
	listed := 0
	for i := range a.chunks {
		blocks, err := a.checkChunk(i)
		if err != nil {
			return fmt.Errorf("keyspace: chunk %d: %w", i, err)
		}
		listed += blocks
		live += uint64(a.chunks[i].live)
		used += uint64(a.chunks[i].used)
		held += int64(len(a.chunks[i].bytes))
	}
	if live != a.live || used != a.used || held != a.held {
		return fmt.Errorf("keyspace: arena: %d live units of %d in %d bytes, counted as %d of %d in %d",
			live, used, held, a.live, a.used, a.held)
	}
	for class := range a.lists {
		blocks, err := a.checkList(class)
		if err != nil {
			return fmt.Errorf("keyspace: free list of %d units: %w", class+1, err)
		}
		listed -= blocks
	}
	if listed != 0 {
		return fmt.Errorf("keyspace: arena: %d free blocks are in no list", listed)
	}
	return a.checkVacant()
}

// checkChunk walks the blocks of a chunk and returns how many are listed.
func (a *arena) checkChunk(index int) (listed int, err error) {
	c := &a.chunks[index]
	if int(c.used)*unitBytes > len(c.bytes) || len(c.bytes) > int(a.limit)*unitBytes {
		return 0, fmt.Errorf("%d units in use of %d bytes", c.used, len(c.bytes))
	}
	var live uint32
	for unit := uint32(0); unit < c.used; {
		ref := makeReference(index, unit)
		h := a.at(ref).header()
		units := h.blockUnits()
		if units == 0 || unit+units > c.used {
			return 0, fmt.Errorf("a block of %d units at %d of %d", units, unit, c.used)
		}
		void := ref == noReference || a.evacuation.passed(ref)
		switch {
		case h.live():
			live += units
			if a.evacuation.phase == moving && void && unit < a.evacuation.cursor {
				return 0, fmt.Errorf("the live block at %d should have been moved", unit)
			}
		case h.listed() == void:
			return 0, fmt.Errorf("the free block at %d is listed %t", unit, h.listed())
		case h.listed():
			listed++
		}
		unit += units
	}
	if live != c.live {
		return 0, fmt.Errorf("%d live units, counted as %d", live, c.live)
	}
	return listed, nil
}

// checkList walks a free list and returns its length.
func (a *arena) checkList(class int) (length int, err error) {
	if marked := a.listed[class/64]>>(class%64)&1 != 0; marked != (a.lists[class] != noReference) {
		return 0, fmt.Errorf("marked as filled %t", marked)
	}
	previous := noReference
	for ref := a.lists[class]; ref != noReference; ref = a.at(ref).link(nextOffset) {
		b := a.at(ref)
		if h := b.header(); h.live() || !h.listed() || classOf(h.freeUnits()) != class || b.link(previousOffset) != previous {
			return 0, fmt.Errorf("the block at %#x has the header %#x and comes after %#x", ref, uint64(h), b.link(previousOffset))
		}
		previous = ref
		length++
	}
	return length, nil
}

// checkVacant verifies that the chunks given back are those without memory.
func (a *arena) checkVacant() error {
	vacant := 0
	for i := range a.chunks {
		if a.chunks[i].bytes == nil {
			vacant++
		}
	}
	for _, index := range a.vacant {
		if a.chunks[index].bytes != nil {
			return fmt.Errorf("keyspace: chunk %d is vacant and has memory", index)
		}
	}
	if vacant != len(a.vacant) {
		return fmt.Errorf("keyspace: %d chunks without memory, %d known as vacant", vacant, len(a.vacant))
	}
	return nil
}
