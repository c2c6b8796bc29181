package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core"
)

// TestHeavyPipelineStarvesNobody has one client send without a pause, and others a little now and then: what they have sent is in
// one of the next rounds, and no round is full of the heavy one's. With the net loop it is the Go scheduler that decides when a
// reader learns of its input, so that a turn comes before the end is all that can be asked.
func TestHeavyPipelineStarvesNobody(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		const (
			roundShare = maxChunks * largeBuffer // what one client has of a round at most
		)
		total := 256 << 20
		patience := total // how much is taken of the heavy one before a light one's turn
		if loop == loopEpoll {
			total, patience = 32<<20, 4*roundShare
		}
		h := newDriverHarness(t, loop)
		heavy, heavyID := h.connect()
		light, lightID := h.connect()
		go func() {
			_, _ = heavy.socket.Write(make([]byte, total)) // what is missing shows
		}()
		word := []byte("word")
		received, since, waiting, words := 0, 0, false, 0
		for received < total {
			if !waiting {
				light.send(string(word))
				waiting, since = true, 0
			}
			share := 0
			for _, input := range h.wait(core.Never).batch.Inputs {
				switch input.Client {
				case heavyID:
					share += len(input.Bytes)
				case lightID:
					if !bytes.Equal(input.Bytes, word) {
						t.Fatalf("the light client's input is %q", input.Bytes)
					}
					waiting = false
					words++
				}
			}
			received += share
			since += share
			if share > roundShare {
				t.Fatalf("a round has %d bytes of one client", share)
			}
			if waiting && since > patience {
				t.Fatalf("a light client waits while %d bytes of the heavy one are taken", since)
			}
		}
		if words < total/patience {
			t.Errorf("the light client had %d turns", words)
		}
	})
}

// manyConnections may be set to the number of connections that TestManyHalfSentCommands opens.
const manyConnections = "EMBER_MANY_CONNECTIONS"

// TestManyHalfSentCommands keeps thousands of clients in the middle of a command. They take little memory, keep nobody from being
// served, and are served themselves once they go on.
func TestManyHalfSentCommands(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		const memoryEach = 32 << 10
		clients := min(2000, int(mostClients()))
		if text := os.Getenv(manyConnections); text != "" {
			var err error
			if clients, err = strconv.Atoi(text); err != nil {
				t.Fatalf("%s: %v", manyConnections, err)
			}
		}
		p := serving(t, "--loop", loop, "--maxclients", fmt.Sprint(clients+10), "--tcp-backlog", "4096")
		busy := dial(t, p.address())
		before := usedMemory(busy)
		command := encode("SET", "key", strings.Repeat("v", 100))
		all := make([]*client, clients)
		for i := range all {
			all[i] = dial(t, p.address())
			all[i].send(command[:len(command)/2])
			if i%100 == 0 {
				busy.expect("PONG", "PING")
			}
		}
		await(t, "all are connected", func() bool {
			return strings.Contains(busy.call("INFO", "clients"), fmt.Sprintf("connected_clients:%d\r", clients+1))
		})
		used := usedMemory(busy) - before
		t.Logf("%d clients take %d bytes each", clients, used/clients)
		if used > clients*memoryEach {
			t.Errorf("%d clients take %d bytes each", clients, used/clients)
		}
		for i, c := range all {
			if i%2 == 0 {
				c.send(command[len(command)/2:])
			} else {
				c.close()
			}
		}
		for i, c := range all {
			if i%2 != 0 {
				continue
			}
			if got := c.text(); got != "OK" {
				t.Fatalf("a completed command is answered by %q", got)
			}
		}
		await(t, "the others are gone", func() bool {
			return strings.Contains(busy.call("INFO", "clients"), fmt.Sprintf("connected_clients:%d\r", clients-clients/2+1))
		})
	})
}

// usedMemory is what the process has of the system's memory.
func usedMemory(c *client) int {
	c.t.Helper()
	for line := range strings.SplitSeq(c.call("INFO", "memory"), "\r\n") {
		if text, ok := strings.CutPrefix(line, "used_memory_rss:"); ok {
			if used, err := strconv.Atoi(text); err == nil {
				return used
			}
		}
	}
	c.t.Fatal("INFO has no memory")
	return 0
}

// TestInputBound closes a client that sends more than it may without completing a command, and nobody else.
func TestInputBound(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop, "--client-query-buffer-limit", "1mb")
		greedy, other := dial(t, p.address()), dial(t, p.address())
		other.expect("OK", "SET", "key", strings.Repeat("v", 1<<20-100))
		_, _ = greedy.socket.Write([]byte("*2\r\n$4\r\nECHO\r\n$8000000\r\n" + strings.Repeat("x", 4<<20))) // it is cut off
		await(t, "the client is closed", func() bool {
			return strings.Contains(other.call("INFO", "stats"), "client_query_buffer_limit_disconnections:1\r")
		})
		if got := len(other.call("GET", "key")); got != 1<<20-100 {
			t.Errorf("the value has %d bytes", got)
		}
	})
}
