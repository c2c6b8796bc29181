package keyspace

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// evacuation is the state of compaction. When too much of the arena is free memory between live blocks, the chunk with the
// most of it is emptied, in steps of a few blocks, and given back:
//
//	idle ──too much is free──► sealing ──end of the chunk──► moving ──end of the chunk──► chunk given back, idle
//
// Sealing takes the chunk's free blocks out of their lists, so that nothing new comes into it; moving then gives each live
// block another place. Blocks that are freed where the walk has been are not listed any more.
type evacuation struct {
	phase  evacuationPhase
	victim int
	// cursor is the unit of the first block that the walk has not seen.
	cursor uint32
}

type evacuationPhase uint8

const (
	idle evacuationPhase = iota
	sealing
	moving
)

const (
	// compactionStep is how many blocks an effect's share of the work visits, and urgentStep how many if compaction falls
	// behind. A victim has at most seven live units for each free one and an effect frees one block, so the first keeps
	// up with blocks of about the same size, the second with any mixture. Either takes some microseconds.
	compactionStep = 24
	urgentStep     = 192
	// Compaction begins when more than 1/fragmentDenominator of the arena and a chunk are free, and becomes urgent at
	// more than 1/urgentDenominator and a chunk.
	fragmentDenominator = 8
	urgentDenominator   = 4
)

// passed reports whether a block lies where nothing may be given out any more.
func (e *evacuation) passed(ref reference) bool {
	return e.phase != idle && ref.chunk() == e.victim && (e.phase == moving || ref.unit() < e.cursor)
}

// fragmented reports whether more than one part in denominator of the arena, and a chunk, are free.
func (a *arena) fragmented(denominator uint64) bool {
	return a.used-a.live > a.used/denominator+uint64(a.limit)
}

// chooseVictim returns the chunk with the most free memory, other than the newest.
func (a *arena) chooseVictim() int {
	victim, most := -1, uint32(0)
	for i := range a.chunks {
		if free := a.chunks[i].used - a.chunks[i].live; i != a.newest && free > most {
			victim, most = i, free
		}
	}
	return victim
}

// compact does a step's share of compaction. The blocks are in tables, since nothing is left to be freed.
func (s *Space) compact() {
	a := &s.store.arena
	if a.evacuation.phase == idle {
		if !a.fragmented(fragmentDenominator) {
			return
		}
		a.evacuation = evacuation{phase: sealing, victim: a.chooseVictim()}
	}
	step := compactionStep
	if a.fragmented(urgentDenominator) {
		step = urgentStep
	}
	for range step {
		if a.evacuation.phase == idle {
			return
		}
		s.visitBlock()
	}
}

// visitBlock seals or moves one block of the victim.
func (s *Space) visitBlock() {
	a := &s.store.arena
	e := &a.evacuation
	if e.cursor == a.chunks[e.victim].used {
		if e.phase == sealing {
			e.phase, e.cursor = moving, 0
			return
		}
		a.giveBack(e.victim)
		*e = evacuation{}
		return
	}
	ref := makeReference(e.victim, e.cursor)
	h := a.at(ref).header()
	units := h.blockUnits()
	e.cursor += units
	switch {
	case e.phase == moving && h.live():
		s.move(ref, units)
	case h.listed():
		a.unlist(ref)
		a.markVoid(ref, units)
	}
}

// move gives an entry another block of the same size.
func (s *Space) move(from reference, units uint32) {
	a := &s.store.arena
	to := a.allocate(units)
	source, destination := a.at(from), a.at(to)
	copy(destination[:units*unitBytes], source[:units*unitBytes])
	key := s.store.key(to)
	p, found := s.tables[slots.Of(key)].locate(s.store.hash(key), from)
	if !found {
		panic(fmt.Sprintf("keyspace: key %q at %#x is in no table", key, from))
	}
	*p.reference() = to
	if h := destination.header(); h.ends() {
		s.expiry.items.at(destination.due()).ref = to
	}
	a.free(from, units)
	s.store.moves++
}

// giveBack lets go of a chunk without live blocks.
func (a *arena) giveBack(index int) {
	c := &a.chunks[index]
	if c.live != 0 {
		panic(fmt.Sprintf("keyspace: chunk %d is given back with %d live units", index, c.live))
	}
	a.used -= uint64(c.used)
	a.held -= int64(len(c.bytes))
	*c = chunk{}
	a.vacant = append(a.vacant, uint32(index))
}
