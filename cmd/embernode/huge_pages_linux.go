package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks the system for large pages where data lies. Finding a key takes a few loads from all over the memory; with
// pages of 4 KiB each of them also misses the processor's table of pages.
type hugePages struct {
	// regions are those that the system has been asked for.
	regions map[uintptr]bool
}

// hugeRegion is what Go's heap grows by at least, and the alignment of its growth, in bytes (pallocChunkPages in package
// runtime). Advice covers only what is mapped by then, and Go maps what it grows by anew, which drops advice given before; so
// each growth is asked for when it is first met. Were it another size, some would keep small pages, and nothing else happen.
const hugeRegion = 4 << 20

func newHugePages() *hugePages { return &hugePages{regions: map[uintptr]bool{}} }

// advise asks for large pages in the region that a piece of memory begins in. That is advice: the system need not take it.
func (h *hugePages) advise(memory []byte) {
	region := uintptr(unsafe.Pointer(unsafe.SliceData(memory))) &^ (hugeRegion - 1)
	if h.regions[region] {
		return
	}
	h.regions[region] = true
	// An error means that the pages stay as they are: no large ones are to be had, or a part of the region is not mapped.
	_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, region, hugeRegion, unix.MADV_HUGEPAGE)
}
