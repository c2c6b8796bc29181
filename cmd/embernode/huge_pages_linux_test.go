package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// The system knows of the wish for large pages where data lies.
func TestHugePagesAreAskedFor(t *testing.T) {
	memory := make([]byte, 1<<20)
	newHugePages().advise(memory)
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		return // a system without them: it was enough that nothing happened
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	address := uint64(uintptr(unsafe.Pointer(&memory[0])))
	inside := false
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			inside = from <= address && address < to
		}
		if inside && strings.HasPrefix(line, "VmFlags:") {
			if !strings.Contains(line, " hg") {
				t.Errorf("not asked for: %s", line)
			}
			return
		}
	}
	t.Error("the memory is in no mapping")
}
