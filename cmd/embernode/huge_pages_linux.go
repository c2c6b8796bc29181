package main

import (
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks the system for large pages where data lies. Finding a key takes a few loads from all over the memory; with
// pages of 4 KiB each of them also misses the processor's table of pages.
//
// It is asked twice: for memory that is new, so that it gets large pages as it is touched, and once more a little later. By then
// the heap has put other things into the gaps, among them the tables that lead to the data, and what was touched in pieces at
// first has small pages for good.
type hugePages struct {
	mutex sync.Mutex
	// regions are those that the system has been asked for as they were new.
	regions map[uintptr]bool
	// arenas are the parts of the heap that regions lie in, by their first address.
	arenas map[uintptr]*heapArena
	// pieces are the large pages that gather makes next.
	pieces []uintptr
	// scheduled says that gather will be called.
	scheduled bool
}

// heapArena is a part of Go's heap, which fills it from its beginning: up to reached by now, up to settled when settle was last
// called. What is before gathered is among the pieces, or has been.
type heapArena struct{ gathered, settled, reached uintptr }

const (
	// hugeRegion is what Go's heap grows by at least, and the alignment of its growth, in bytes (pallocChunkPages in package
	// runtime). Advice covers only what is mapped by then, and Go maps what it grows by anew, which drops advice given before; so
	// each growth is asked for when it is first met. Were it another size, some would keep small pages, and nothing else happen.
	hugeRegion = 4 << 20
	// heapArenaBytes is the alignment of what Go reserves for its heap (of the same name in package runtime).
	heapArenaBytes = 64 << 20
	// gatherPause is how long memory has to be in use before it is gathered, and pieceDelay what lies between two pieces, since
	// the system stops the process's other changes to its memory for each, some tenths of a millisecond.
	gatherPause = time.Second
	pieceDelay  = time.Millisecond
	// hugePiece is the size of a large page.
	hugePiece = 2 << 20
)

func newHugePages() *hugePages {
	return &hugePages{regions: map[uintptr]bool{}, arenas: map[uintptr]*heapArena{}}
}

// advise asks for large pages in the region that a piece of memory begins in. That is advice: the system need not take it.
func (h *hugePages) advise(memory []byte) {
	region := uintptr(unsafe.Pointer(unsafe.SliceData(memory))) &^ (hugeRegion - 1)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.regions[region] {
		return
	}
	h.regions[region] = true
	// An error means that the pages stay as they are: no large ones are to be had, or a part of the region is not mapped.
	_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, region, hugeRegion, unix.MADV_HUGEPAGE)
	h.note(region)
	if !h.scheduled {
		h.scheduled = true
		time.AfterFunc(gatherPause, h.gather)
	}
}

// note keeps in mind how far an arena is filled. The region that comes last is left out: its other half may never be touched, and would
// take memory for nothing.
func (h *hugePages) note(region uintptr) {
	base := region &^ (heapArenaBytes - 1)
	a := h.arenas[base]
	if a == nil {
		a = &heapArena{gathered: base, settled: base}
		h.arenas[base] = a
	}
	a.reached = max(a.reached, region)
}

// gather has one large page of what has settled made anew, and sees to it that the others follow.
func (h *hugePages) gather() {
	if piece, ok := h.nextPiece(); ok {
		// An error means that it stays as it is: the system is older than this (Linux 6.1), or nothing is mapped there.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, piece, hugePiece, unix.MADV_COLLAPSE)
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	switch {
	case len(h.pieces) > 0:
		time.AfterFunc(pieceDelay, h.gather)
	case h.unsettled():
		time.AfterFunc(gatherPause, h.gather)
	default:
		h.scheduled = false
	}
}

// nextPiece returns the next large page to be made, each once.
func (h *hugePages) nextPiece() (piece uintptr, ok bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.pieces) == 0 {
		h.settle()
	}
	if len(h.pieces) == 0 {
		return 0, false
	}
	piece, h.pieces = h.pieces[0], h.pieces[1:]
	return piece, true
}

// settle adds what the heap had filled when it was last called.
func (h *hugePages) settle() {
	for _, a := range h.arenas {
		for ; a.gathered < a.settled; a.gathered += hugePiece {
			h.pieces = append(h.pieces, a.gathered)
		}
		a.settled = a.reached
	}
}

// unsettled reports whether there is something that settle will add.
func (h *hugePages) unsettled() bool {
	for _, a := range h.arenas {
		if a.gathered < a.reached {
			return true
		}
	}
	return false
}
