package core

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A large argument that comes in pieces is moved a few times at most, and its buffer is not larger than what has come
// warrants, whatever length the client has announced.
func TestALargeArgumentIsGatheredWithFewCopies(t *testing.T) {
	h := openHarness(t, testOptions())
	const size, piece = 32 << 20, 64 << 10
	h.send(0, fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n", size))
	c := h.node.client(0)
	moves, before := 0, &c.pending[0]
	value := strings.Repeat("v", piece)
	for sent := 0; sent < size; sent += piece {
		h.send(0, value)
		if &c.pending[0] != before {
			moves, before = moves+1, &c.pending[0]
		}
		if cap(c.pending) > 2*len(c.pending)+piece {
			t.Fatalf("%d bytes are reserved for %d", cap(c.pending), len(c.pending))
		}
	}
	if moves > 12 {
		t.Errorf("the argument was moved %d times", moves)
	}
	h.send(0, "\r\n")
	if got := h.take(0); got != "+OK\r\n" || c.pending != nil {
		t.Errorf("got %q, and %d bytes are kept", got, cap(c.pending))
	}
	h.expect(0, "STRLEN k", fmt.Sprintf(":%d\r\n", size))
}

// What an effect says is kept stays as it is for ever; that is so of large replies, and not of small ones.
func TestLargeRepliesAreKept(t *testing.T) {
	h := openHarness(t, testOptions())
	h.open(1)
	h.do(1, "SUBSCRIBE news")
	large := strings.Repeat("x", 2*maxKeptArena)
	var kept [][2][]byte
	step := func(words ...string) {
		t.Helper()
		event := &ClientBatch{Inputs: []ClientInput{{Client: 0, Bytes: []byte(request(words...))}}}
		for _, effect := range h.node.Step(h.clock, event) {
			if len(effect.Bytes) > maxKeptArena != effect.Kept {
				t.Errorf("%s: %d bytes, kept: %v", words[0], len(effect.Bytes), effect.Kept)
			}
			if effect.Kept {
				kept = append(kept, [2][]byte{effect.Bytes, bytes.Clone(effect.Bytes)})
			}
		}
		h.node.Step(h.clock, &ClientDrained{Client: 0})
		h.node.Step(h.clock, &ClientDrained{Client: 1})
	}
	for range 3 {
		step("ECHO", large)
		step("PUBLISH", "news", large)
		step("ECHO", "small")
	}
	if len(kept) != 6 {
		t.Errorf("%d effects are kept", len(kept))
	}
	for _, k := range kept {
		if !bytes.Equal(k[0], k[1]) {
			t.Error("bytes that are kept were written to")
		}
	}
}
