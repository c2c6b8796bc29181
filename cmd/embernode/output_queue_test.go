package main

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestOutputQueue compares a queue with the plain bytes, whatever is added and taken in which order.
func TestOutputQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q outputQueue
		var want []byte
		var kept [][2][]byte // what must not be written to, and how it was
		next := byte(0)
		piece := func() []byte {
			sizes := rapid.OneOf(rapid.IntRange(1, 100), rapid.IntRange(minKept-1, minKept+1), rapid.IntRange(1, 2*maxChunk))
			p := make([]byte, sizes.Draw(t, "size"))
			for i := range p {
				next++
				p[i] = next
			}
			return p
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) {
				p := piece()
				want = append(want, p...)
				q.add(p, false)
				clear(p)
			},
			"add kept": func(*rapid.T) {
				p := piece()
				want = append(want, p...)
				q.add(p, true)
				kept = append(kept, [2][]byte{p, bytes.Clone(p)})
			},
			"took": func(t *rapid.T) {
				if q.size == 0 {
					t.Skip("nothing is queued")
				}
				first := q.first()
				n := rapid.IntRange(1, len(first)).Draw(t, "taken")
				if !bytes.Equal(first[:n], want[:n]) {
					t.Fatal("the first bytes are not those that were added first")
				}
				want = want[n:]
				q.took(n)
			},
			"take": func(t *rapid.T) {
				if got := bytes.Join(q.take(), nil); !bytes.Equal(got, want) {
					t.Fatal("what is taken is not what was added")
				}
				want = nil
			},
			"clear": func(*rapid.T) {
				q.clear()
				want = nil
			},
			"": func(t *rapid.T) {
				if q.size != len(want) || (len(q.first()) == 0) != (len(want) == 0) {
					t.Fatalf("%d bytes, want %d; the first chunk has %d", q.size, len(want), len(q.first()))
				}
				if q.size == 0 && len(q.chunks) > 0 && cap(q.chunks[0]) > maxKeptQueue {
					t.Fatalf("an empty queue keeps %d bytes", cap(q.chunks[0]))
				}
				for _, k := range kept {
					if !bytes.Equal(k[0], k[1]) {
						t.Fatal("what is somebody else's was written to")
					}
				}
			},
		})
	})
}

func TestLargeChunksAreNotCopied(t *testing.T) {
	var q outputQueue
	q.add([]byte("head"), true)
	large := make([]byte, 1<<20)
	q.add(large, true)
	q.add([]byte("tail"), true)
	q.took(4)
	if &q.first()[0] != &large[0] || len(q.chunks) != 2 {
		t.Error("a large chunk was copied")
	}
}
