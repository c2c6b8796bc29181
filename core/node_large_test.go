package core

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A large argument that comes in pieces is given its room at once. Where that would promise clients too much it is moved a few
// times, and its buffer is not larger than what has come warrants, whatever length they have announced.
func TestALargeArgumentIsGatheredWithFewCopies(t *testing.T) {
	const size, piece = 32 << 20, 64 << 10
	for most, bound := range map[int]int{1: 3 * size, 12: 2*size - 1} {
		options := testOptions()
		options.Limits.QueryBuffer, options.Limits.QueryBuffers = size+piece, bound
		h := openHarness(t, options)
		for client := range ClientID(2) { // only one of the two can be promised all that it announces
			if client > 0 {
				h.open(client)
			}
			h.send(client, fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n", size))
			h.send(client, strings.Repeat("v", 100))
		}
		c := h.node.client(1)
		moves, before := 0, &c.pending[0]
		value := strings.Repeat("v", piece)
		for sent := 100; sent < size; sent += piece {
			h.send(1, value[:min(piece, size-sent)])
			if &c.pending[0] != before {
				moves, before = moves+1, &c.pending[0]
			}
			if most > 1 && cap(c.pending) > 2*len(c.pending)+piece {
				t.Fatalf("%d bytes are reserved for %d", cap(c.pending), len(c.pending))
			}
		}
		if moves > most || h.node.promised == 0 {
			t.Errorf("the argument was moved %d times, %d bytes are promised", moves, h.node.promised)
		}
		h.send(1, "\r\n")
		if got := h.take(1); got != "+OK\r\n" || c.pending != nil {
			t.Errorf("got %q, and %d bytes are kept", got, cap(c.pending))
		}
		h.expect(1, "STRLEN k", fmt.Sprintf(":%d\r\n", size))
		h.step(&ClientClosed{Client: 0})
		if h.node.promised != 0 {
			t.Errorf("%d bytes are promised to nobody", h.node.promised)
		}
	}
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
