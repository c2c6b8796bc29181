package core

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The keyspace knows the keys of a window by where they lie in memory, and a driver reuses its buffers: what was known of
// one batch must not be taken for the next.
func TestBuffersMayBeReusedBetweenBatches(t *testing.T) {
	h := openHarness(t, testOptions())
	for _, key := range []string{"a", "b", "c"} {
		h.do(0, "SET "+key+" "+key+key)
	}
	buffer := []byte(request("GET", "a") + request("GET", "c"))
	place := strings.LastIndexByte(string(buffer[:len(buffer)/2]), 'a')
	for _, key := range []byte("abcba") {
		buffer[place] = key
		h.step(&ClientBatch{Inputs: []ClientInput{{Client: 0, Bytes: buffer}}})
		if got, want := h.take(0), fmt.Sprintf("$2\r\n%c%c\r\n$2\r\ncc\r\n", key, key); got != want {
			t.Errorf("GET %c: got %q, want %q", key, got, want)
		}
	}
}

// An error in the framing ends a client's input wherever it comes in a window, and the next client's input goes on.
func TestErrorsInFramingAtEveryPlaceOfAWindow(t *testing.T) {
	for before := range 2*windowSize + 1 {
		h := openHarness(t, testOptions())
		h.open(1)
		broken := strings.Repeat(request("PING"), before) + "*x\r\n"
		h.step(&ClientBatch{Inputs: []ClientInput{
			{Client: 0, Bytes: []byte(broken)}, {Client: 1, Bytes: []byte(request("PING"))},
		}})
		want := strings.Repeat("+PONG\r\n", before) + "-ERR Protocol error: invalid multibulk length\r\n"
		if got := h.take(0); got != want {
			t.Errorf("%d commands before the error: %q", before, got)
		}
		if got := h.take(1); got != "+PONG\r\n" {
			t.Errorf("%d commands before the error, another client: %q", before, got)
		}
	}
}

// BenchmarkPipeline sends batches of 32 commands to a node that holds keys of 16 bytes with values of 64: a million, which
// are far from the processor, or a thousand, which are near.
func BenchmarkPipeline(b *testing.B) {
	for _, keys := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) { benchmarkPipeline(b, keys) })
	}
}

func benchmarkPipeline(b *testing.B, keys int) {
	const batch = 32
	node := benchmarkNode(b)
	at := Clock{Now: time.Second, Wall: wallStart}
	number := 0
	step := func(input []byte) {
		size := len(input) / batch
		for i := range batch {
			number = (number + 611953) % keys // no two neighbours are near in memory
			command := input[i*size : (i+1)*size]
			key := command[bytes.Index(command, []byte("key:")):]
			rest := number
			for place := 15; place > 9; place-- {
				key[place] = byte('0' + rest%10)
				rest /= 10
			}
		}
		replies := 0
		for _, effect := range node.Step(at, &ClientBatch{Inputs: []ClientInput{{Client: 0, Bytes: input}}}) {
			if effect.Kind == Reply {
				replies += len(effect.Bytes)
			}
		}
		if replies != len("+OK\r\n")*batch && replies != len("$64\r\n\r\n")*batch+64*batch {
			b.Fatalf("%d bytes of replies to %d commands", replies, batch)
		}
	}
	const key = "key:000000000000"
	set := bytes.Repeat([]byte(request("SET", key, strings.Repeat("v", 64))), batch)
	get := bytes.Repeat([]byte(request("GET", key)), batch)
	for range (keys + batch - 1) / batch {
		step(set)
	}
	for name, input := range map[string][]byte{"GET": get, "SET": set} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i += batch {
				step(input)
			}
		})
	}
}

// benchmarkNode returns a node that owns all slots and has one client, 0.
func benchmarkNode(b *testing.B) *Node { return openHarness(b, testOptions()).node }
