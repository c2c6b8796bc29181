package core

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRepliesWaitForTheOpeningRecord(t *testing.T) {
	h := newHarness(t, testOptions())
	h.open(3)
	h.send(3, request("PING")+request("ECHO", "one"))
	h.send(3, request("ECHO", "two"))
	if got := h.take(3); got != "" {
		t.Fatalf("the node said %q before its identity was durable", got)
	}
	if len(h.datagrams)+len(h.streams) != 0 {
		t.Fatal("the node spoke to its peers before its identity was durable")
	}
	h.persist()
	if got, want := h.take(3), "+PONG\r\n$3\r\none\r\n$3\r\ntwo\r\n"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestQuitWaitsBehindParkedReplies(t *testing.T) {
	h := newHarness(t, testOptions())
	h.open(0)
	h.send(0, request("PING")+request("QUIT")+request("PING"))
	if h.closed[0] {
		t.Fatal("closed before the replies could leave")
	}
	h.persist()
	if got, want := h.take(0), "+PONG\r\n+OK\r\n"; got != want || !h.closed[0] {
		t.Fatalf("got %q, closed %v", got, h.closed[0])
	}
}

func TestAConfigurationChangeHoldsItsClientOnly(t *testing.T) {
	h := newHarness(t, testOptions())
	h.persist()
	h.open(0)
	h.open(1)
	h.step(&ClientBatch{Inputs: []ClientInput{
		{Client: 0, Bytes: []byte(request("CLUSTER", "ADDSLOTSRANGE", "0", "16383") + request("SET", "k", "v"))},
		{Client: 1, Bytes: []byte(request("GET", "k") + request("PING"))},
	}})
	if got := h.take(0); got != "" {
		t.Fatalf("client 0 was told %q before the change was durable", got)
	}
	if got, want := h.take(1), "-CLUSTERDOWN Hash slot not served\r\n+PONG\r\n"; got != want {
		t.Fatalf("client 1: got %q, want %q", got, want)
	}
	h.persist()
	if got, want := h.take(0), "+OK\r\n+OK\r\n"; got != want {
		t.Fatalf("client 0: got %q, want %q", got, want)
	}
	h.expect(1, "GET k", "$1\r\nv\r\n")
}

func TestRivalProposalsAreDecidedInOrder(t *testing.T) {
	h := newHarness(t, testOptions())
	h.persist()
	for client := range ClientID(3) {
		h.open(client)
	}
	h.send(0, request("CLUSTER", "ADDSLOTS", "1", "2"))
	h.send(1, request("CLUSTER", "ADDSLOTS", "2", "3"))
	h.send(2, request("CLUSTER", "ADDSLOTS", "3"))
	if h.take(1) != "" {
		t.Fatal("a refusal that rests on an undecided change was told")
	}
	h.step(&ClientClosed{Client: 0}) // its change goes on without it
	h.persist()
	if got := h.take(1); got != "-ERR Slot 2 is already busy\r\n" {
		t.Errorf("client 1: %q", got)
	}
	if got := h.take(2); got != "+OK\r\n" {
		t.Errorf("client 2: %q", got)
	}
	owned := h.node.Owned()
	if got := owned.String(); got != "1-3" {
		t.Errorf("owned slots %q", got)
	}
}

func TestProtocolErrorIsAnsweredAndCloses(t *testing.T) {
	h := openHarness(t, testOptions())
	h.send(0, request("PING")+"*1\r\n+bad\r\n"+request("PING"))
	if got, want := h.take(0), "+PONG\r\n-ERR Protocol error: expected '$', got '+'\r\n"; got != want || !h.closed[0] {
		t.Fatalf("got %q, closed %v", got, h.closed[0])
	}
	if h.node.Counters().ProtocolErrors != 1 {
		t.Error("not counted")
	}
	h.send(0, request("PING")) // a driver may have read it before it closed the connection
	if got := h.take(0); got != "" {
		t.Errorf("answered a closed client %q", got)
	}
}

func TestInputBeyondTheBoundsCloses(t *testing.T) {
	options := testOptions()
	options.Limits.QueryBuffer, options.Limits.QueryBuffers = 1000, 1500
	h := openHarness(t, options)
	half := "*2\r\n$4\r\nECHO\r\n$2000\r\n"
	h.open(1)
	h.open(2)
	h.send(1, half+strings.Repeat("x", 900))
	if h.closed[1] {
		t.Fatal("closed within its bound")
	}
	h.send(2, half+strings.Repeat("x", 500))
	h.send(2, strings.Repeat("x", 300))
	if !h.closed[2] {
		t.Fatal("all clients together passed the bound, and nobody was closed")
	}
	h.send(1, strings.Repeat("x", 200))
	if !h.closed[1] {
		t.Fatal("a client passed its own bound and stays")
	}
	if got := h.node.Counters().QueryBufferOverruns; got != 2 {
		t.Errorf("counted %d", got)
	}
	h.expect(0, "PING", "+PONG\r\n")
}

func TestAClientThatDoesNotReadIsHeld(t *testing.T) {
	options := testOptions()
	options.Limits.ReplyBurst = 100
	h := openHarness(t, options)
	h.send(0, strings.Repeat(request("ECHO", strings.Repeat("x", 40)), 5))
	if got := strings.Count(h.take(0), "xxxx\r\n"); got != 3 {
		t.Fatalf("%d replies in a burst of 100 bytes, want 3", got)
	}
	h.send(0, request("PING"))
	if got := h.take(0); got != "" {
		t.Fatalf("sent %q to a client that does not read", got)
	}
	h.step(&ClientDrained{Client: 0})
	if got := h.take(0); strings.Count(got, "xxxx\r\n") != 2 || !strings.HasSuffix(got, "+PONG\r\n") {
		t.Fatalf("after draining: %q", got)
	}
}

func TestAskingCountsForOneCommand(t *testing.T) {
	h := openHarness(t, testOptions())
	h.expect(0, "ASKING", "+OK\r\n")
	if !h.node.byID[0].session.Asking {
		t.Fatal("ASKING left no mark")
	}
	h.expect(0, "GET k", "$-1\r\n")
	if h.node.byID[0].session.Asking {
		t.Fatal("the mark outlived the next command")
	}
}

// However a stream of commands is cut into batches, and however several clients' batches are joined, each client gets the
// same replies.
func TestBatchBoundariesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const clients = 3
		var streams [clients]string
		for client := range streams {
			for range rapid.IntRange(0, 60).Draw(rt, "commands") {
				streams[client] += drawCommand(rt, client)
			}
		}
		options := testOptions()
		options.Limits.ReplyBurst = rapid.SampledFrom([]int{1, 60, 1 << 20}).Draw(rt, "burst")
		whole := openHarness(t, options)
		options.Random = testOptions().Random
		cut := openHarness(t, options)
		for client := range ClientID(clients) {
			whole.open(client + 1)
			whole.send(client+1, streams[client])
			whole.drainAll()
			cut.open(client + 1)
		}
		cut.sendInPieces(rt, streams[:])
		for client := range ClientID(clients) {
			if a, b := whole.take(client+1), cut.take(client+1); a != b {
				rt.Fatalf("client %d: whole %q, in pieces %q", client, a, b)
			}
		}
	})
}

// drawCommand draws a command that concerns keys of this client only, so that clients can be interleaved at will.
func drawCommand(rt *rapid.T, client int) string {
	key := fmt.Sprintf("c%d-%d", client, rapid.IntRange(0, 2).Draw(rt, "key"))
	switch rapid.IntRange(0, 9).Draw(rt, "kind") {
	case 0:
		return request("SET", key, rapid.StringN(0, 100, -1).Draw(rt, "value"))
	case 1:
		return request("APPEND", key, "x")
	case 2:
		return "PING hello\r\n" // inline
	case 3:
		return request("HELLO", rapid.SampledFrom([]string{"2", "3", "4"}).Draw(rt, "protocol"), "SETNAME", "x")
	case 4:
		return "\r\n"
	case 5:
		return request("MGET", key, "other")
	case 6:
		return drawTransactional(rt, key)
	case 7:
		return drawListening(rt, key)
	case 8:
		mode := rapid.SampledFrom([]string{"ON", "OFF", "SKIP"}).Draw(rt, "mode")
		return request("CLIENT", rapid.SampledFrom([]string{"REPLY", "TRACKING", "CACHING"}).Draw(rt, "subcommand"), mode)
	}
	return request("GET", key)
}

func drawTransactional(rt *rapid.T, key string) string {
	verb := rapid.SampledFrom([]string{"MULTI", "EXEC", "EXEC", "DISCARD", "WATCH", "UNWATCH", "NOSUCH", "RESET", "ASKING"}).Draw(rt, "verb")
	if verb == "WATCH" {
		return request(verb, key)
	}
	return request(verb)
}

// drawListening draws a command about a channel of this client only.
func drawListening(rt *rapid.T, channel string) string {
	switch verb := rapid.SampledFrom([]string{"SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "PUBLISH", "SPUBLISH"}).Draw(rt, "verb"); verb {
	case "PUBLISH", "SPUBLISH":
		return request(verb, channel, "message")
	default:
		return request(verb, channel)
	}
}

func (h *harness) sendInPieces(rt *rapid.T, streams []string) {
	for left := true; left; {
		left = false
		batch := &ClientBatch{}
		for client := range streams {
			for range rapid.IntRange(0, 2).Draw(rt, "inputs") {
				size := min(len(streams[client]), rapid.IntRange(0, 80).Draw(rt, "size"))
				batch.Inputs = append(batch.Inputs, ClientInput{Client: ClientID(client + 1), Bytes: []byte(streams[client][:size])})
				streams[client] = streams[client][size:]
			}
			left = left || streams[client] != ""
		}
		h.step(batch)
		if rapid.Bool().Draw(rt, "drain") || !left {
			h.drainAll()
		}
	}
}

// drainAll lets every held client go on until none is held.
func (h *harness) drainAll() {
	for len(h.drains) > 0 {
		client := h.drains[0]
		h.drains = h.drains[1:]
		h.step(&ClientDrained{Client: client})
	}
}

// A large value that comes in pieces costs the same per byte however large it is.
func BenchmarkLargeValueInPieces(b *testing.B) {
	for _, megabytes := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("%dMiB", megabytes), func(b *testing.B) {
			value := strings.Repeat("x", megabytes<<20)
			input := []byte(request("SET", "key", value))
			h := openHarness(b, testOptions())
			b.SetBytes(int64(len(input)))
			for range b.N {
				for rest := input; len(rest) > 0; {
					size := min(len(rest), 64<<10)
					h.node.Step(h.clock, &ClientBatch{Inputs: []ClientInput{{Client: 0, Bytes: rest[:size]}}})
					rest = rest[size:]
				}
			}
		})
	}
}
