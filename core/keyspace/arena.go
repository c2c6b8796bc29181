package keyspace

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// reference is where a block begins: the number of its chunk, then its first unit there. Units of 16 bytes let 32 bits
// reach 64 GiB.
//
//	31        16 15         0
//	┌───────────┬────────────┐
//	│ chunk     │ unit       │    0 is no block: the first unit of chunk 0 is never given out
//	└───────────┴────────────┘
type reference uint32

const (
	noReference reference = 0
	unitBytes             = 16
	unitBits              = 16
	chunkUnits            = 1 << unitBits // 1 MiB
	maxChunks             = 1 << (32 - unitBits)
	// firstChunkUnits is what chunk 0 begins with; it doubles while it is the only one, so that small data stay small.
	firstChunkUnits = 256
	// maxClass is the number of free lists: one for each size up to it, the last one for larger blocks too.
	maxClass = 256
)

func makeReference(chunk int, unit uint32) reference {
	return reference(chunk)<<unitBits | reference(unit)
}

func (r reference) chunk() int   { return int(r >> unitBits) }
func (r reference) unit() uint32 { return uint32(r) & (1<<unitBits - 1) }

// arena gives out blocks of memory in which there are no pointers, so that the garbage collector never looks into them.
//
//	chunk   │ live │ free │ live │ live │ free    │ live │ not given out yet
//	        ▲                                             ▲
//	        blocks follow each other without a gap        chunk.used
//
// A block that is needed comes from the free list of its size, else from that of the next larger size that has one,
// which is split, else from the end of the newest chunk. A block that is freed is joined with a free one right behind
// it. What then is still scattered is gathered by evacuating whole chunks: see compaction.
type arena struct {
	chunks []chunk
	// vacant are the chunks that were given back.
	vacant []uint32
	// newest is the chunk whose end blocks come from.
	newest int
	// lists[size-1] is the first free block of a size; a list's links are in the blocks.
	lists [maxClass]reference
	// listed has a bit for each list that is not empty.
	listed [maxClass / 64]uint64
	// live and used are the sums over all chunks, held the bytes of their memory.
	live, used uint64
	held       int64
	// limit is the size of a chunk in units: chunkUnits, but in tests.
	limit      uint32
	evacuation evacuation
	// allocated is told of each new chunk of full size. May be nil.
	allocated func(chunk []byte)
}

type chunk struct {
	bytes []byte
	// used is how many units are in blocks, live or free. live is how many are in live ones.
	used, live uint32
}

// A free block's size is in its header from sizeShift on; in a list, the next and the previous follow.
const (
	sizeShift      = 8
	nextOffset     = headerBytes
	previousOffset = headerBytes + 4
)

func (h header) freeUnits() uint32 { return uint32(h >> sizeShift) }

// blockUnits returns the size of a block, live or free.
func (h header) blockUnits() uint32 {
	if h.live() {
		return h.units()
	}
	return h.freeUnits()
}

// at returns the memory from a block on.
func (a *arena) at(ref reference) block {
	return a.chunks[ref.chunk()].bytes[int(ref.unit())*unitBytes:]
}

// allocate returns a block for the caller to fill. Memory seen before may have moved: it has to be asked for again.
func (a *arena) allocate(units uint32) reference {
	ref := a.reuse(units)
	if ref == noReference {
		ref = a.carve(units)
	}
	a.chunks[ref.chunk()].live += units
	a.live += uint64(units)
	return ref
}

// reuse takes the smallest free block that is large enough, and lists what is left of it.
func (a *arena) reuse(units uint32) reference {
	class, ok := a.classFrom(units)
	if !ok {
		return noReference
	}
	ref := a.lists[class]
	size := a.at(ref).header().freeUnits()
	a.unlist(ref)
	if size > units {
		a.list(makeReference(ref.chunk(), ref.unit()+units), size-units)
	}
	return ref
}

// classFrom returns the first list with blocks of at least some size.
func (a *arena) classFrom(units uint32) (class int, ok bool) {
	class = classOf(units)
	word := class / 64
	rest := a.listed[word] >> (class % 64) << (class % 64)
	for rest == 0 {
		if word++; word == len(a.listed) {
			return 0, false
		}
		rest = a.listed[word]
	}
	return word*64 + bits.TrailingZeros64(rest), true
}

func classOf(units uint32) int { return int(min(units, maxClass)) - 1 }

// carve takes a block from the end of the newest chunk.
func (a *arena) carve(units uint32) reference {
	if len(a.chunks) == 0 || a.chunks[a.newest].used+units > a.limit {
		a.addChunk()
	}
	c := &a.chunks[a.newest]
	if need := int(c.used+units) * unitBytes; need > len(c.bytes) {
		a.growChunk(c, max(need, 2*len(c.bytes)))
	}
	ref := makeReference(a.newest, c.used)
	c.used += units
	a.used += uint64(units)
	return ref
}

// addChunk begins a new chunk. What is left of the newest becomes a free block.
func (a *arena) addChunk() {
	first := len(a.chunks) == 0
	if !first {
		c := &a.chunks[a.newest]
		a.growChunk(c, int(a.limit)*unitBytes)
		if rest := a.limit - c.used; rest > 0 {
			a.used += uint64(rest)
			c.used = a.limit
			a.list(makeReference(a.newest, a.limit-rest), rest)
		}
	}
	if n := len(a.vacant); n > 0 {
		a.newest = int(a.vacant[n-1])
		a.vacant = a.vacant[:n-1]
	} else {
		if len(a.chunks) == maxChunks {
			panic(fmt.Sprintf("keyspace: %d chunks of %d bytes are full", maxChunks, chunkUnits*unitBytes))
		}
		a.newest = len(a.chunks)
		a.chunks = append(a.chunks, chunk{})
	}
	c := &a.chunks[a.newest]
	if first {
		a.growChunk(c, firstChunkUnits*unitBytes)
	} else {
		a.growChunk(c, int(a.limit)*unitBytes)
	}
	if a.newest == 0 {
		a.markVoid(noReference, 1)
		c.used = 1
		a.used++
	}
}

// growChunk gives a chunk more memory, if it has less than that and may have more.
func (a *arena) growChunk(c *chunk, size int) {
	size = min(size, int(a.limit)*unitBytes)
	if size <= len(c.bytes) {
		return
	}
	grown := make([]byte, size)
	if a.allocated != nil && size == chunkUnits*unitBytes {
		a.allocated(grown)
	}
	copy(grown, c.bytes)
	a.held += int64(size - len(c.bytes))
	c.bytes = grown
}

// free takes a block back.
func (a *arena) free(ref reference, units uint32) {
	c := &a.chunks[ref.chunk()]
	c.live -= units
	a.live -= uint64(units)
	if a.evacuation.passed(ref) {
		a.markVoid(ref, units)
		return
	}
	if behind := ref.unit() + units; behind < c.used {
		next := makeReference(ref.chunk(), behind)
		if h := a.at(next).header(); !h.live() && h.listed() {
			a.unlist(next)
			units += h.freeUnits()
		}
	}
	a.list(ref, units)
}

// shrink gives back the end of a block.
func (a *arena) shrink(ref reference, from, to uint32) {
	if from > to {
		a.free(makeReference(ref.chunk(), ref.unit()+to), from-to)
	}
}

// markVoid makes a block one that is neither live nor in a list.
func (a *arena) markVoid(ref reference, units uint32) {
	a.at(ref).setHeader(header(units) << sizeShift)
}

// list puts a free block in front of the list of its size.
func (a *arena) list(ref reference, units uint32) {
	class := classOf(units)
	head := a.lists[class]
	b := a.at(ref)
	b.setHeader(headerListed | header(units)<<sizeShift)
	b.setLink(nextOffset, head)
	b.setLink(previousOffset, noReference)
	if head != noReference {
		a.at(head).setLink(previousOffset, ref)
	}
	a.lists[class] = ref
	a.listed[class/64] |= 1 << (class % 64)
}

// unlist takes a free block out of its list.
func (a *arena) unlist(ref reference) {
	b := a.at(ref)
	next, previous := b.link(nextOffset), b.link(previousOffset)
	if next != noReference {
		a.at(next).setLink(previousOffset, previous)
	}
	if previous != noReference {
		a.at(previous).setLink(nextOffset, next)
		return
	}
	class := classOf(b.header().freeUnits())
	a.lists[class] = next
	if next == noReference {
		a.listed[class/64] &^= 1 << (class % 64)
	}
}

func (b block) link(offset int) reference {
	return reference(binary.LittleEndian.Uint32(b[offset:]))
}

func (b block) setLink(offset int, ref reference) {
	binary.LittleEndian.PutUint32(b[offset:], uint32(ref))
}
