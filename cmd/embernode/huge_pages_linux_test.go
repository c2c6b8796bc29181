package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// The system knows of the wish for large pages wherever data lies, also where the heap grew after the first of it.
func TestHugePagesAreAskedFor(t *testing.T) {
	pages := newHugePages()
	var chunks [][]byte
	for range 96 {
		chunk := make([]byte, 1<<20)
		pages.advise(chunk)
		chunks = append(chunks, chunk)
	}
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		return // a system without them: it was enough that nothing happened
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	for i, chunk := range chunks {
		if flags := mappingFlags(string(maps), uint64(uintptr(unsafe.Pointer(&chunk[0])))); !strings.Contains(flags+" ", " hg ") {
			t.Errorf("chunk %d was not asked for: %q", i, flags)
		}
	}
}

// What has been in use for a while is gathered once: all of the heap from where the arena begins to the region that is being filled.
func TestHugePagesAreGatheredOnce(t *testing.T) {
	pages := newHugePages()
	pages.scheduled = true // by the test
	var chunks [][]byte
	allocate := func() {
		for range 20 {
			chunk := make([]byte, 1<<20)
			pages.advise(chunk)
			chunks = append(chunks, chunk)
		}
	}
	allocate()
	if piece, ok := pages.nextPiece(); ok {
		t.Errorf("%#x has settled at once", piece)
	}
	times := map[uintptr]int{}
	gather := func() {
		for piece, ok := pages.nextPiece(); ok; piece, ok = pages.nextPiece() {
			times[piece]++
		}
	}
	gather()
	allocate()
	gather()
	gather()
	for i, chunk := range chunks {
		begin := uintptr(unsafe.Pointer(&chunk[0]))
		for piece := begin &^ (heapArenaBytes - 1); piece < begin&^(hugeRegion-1); piece += hugePiece {
			if times[piece] != 1 {
				t.Fatalf("before chunk %d at %#x the piece at %#x was gathered %d times", i, begin, piece, times[piece])
			}
		}
	}
	if pages.gather(); pages.scheduled {
		t.Error("waits for more, and there is none")
	}
}

// mappingFlags returns the line of flags of the mapping that an address is in.
func mappingFlags(maps string, address uint64) string {
	inside := false
	for line := range strings.Lines(maps) {
		var from, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			inside = from <= address && address < to
		}
		if inside && strings.HasPrefix(line, "VmFlags:") {
			return strings.TrimSpace(line)
		}
	}
	return "in no mapping"
}
