package core

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A change of the configuration within a transaction is judged as if those before it were in force, and the reply is
// whole once all are decided. This is how redis-cli --cluster fix moves a slot from a node that is gone.
func TestTransactionsOfProposalsAreAnsweredAsAWhole(t *testing.T) {
	h := newHarness(t, testOptions())
	h.persist()
	h.open(0)
	h.send(0, request("CLUSTER", "ADDSLOTS", "1", "2"))
	h.persist()
	h.take(0)
	h.send(0, request("MULTI")+request("CLUSTER", "DELSLOTS", "1")+request("CLUSTER", "ADDSLOTS", "1")+request("PING")+
		request("CLUSTER", "ADDSLOTS", "2")+request("CLUSTER", "DELSLOTS", "1")+request("EXEC")+request("PING"))
	if got, want := h.take(0), "+OK\r\n"+strings.Repeat("+QUEUED\r\n", 5)+"*5\r\n"; got != want {
		t.Fatalf("before the decision: %q, want %q", got, want)
	}
	h.persist()
	if got, want := h.take(0), "+OK\r\n+OK\r\n+PONG\r\n-ERR Slot 2 is already busy\r\n+OK\r\n+PONG\r\n"; got != want {
		t.Fatalf("after the decision: %q, want %q", got, want)
	}
	if owned := h.node.Owned(); owned.String() != "2" {
		t.Errorf("owned slots %v", owned.String())
	}
}

func TestAMutedProposalIsNotAnswered(t *testing.T) {
	h := newHarness(t, testOptions())
	h.persist()
	h.open(0)
	h.send(0, request("CLIENT", "REPLY", "OFF")+request("CLUSTER", "ADDSLOTS", "1")+request("CLIENT", "REPLY", "ON"))
	h.persist()
	if got := h.take(0); got != "+OK\r\n" {
		t.Fatalf("got %q", got)
	}
}

// A transaction goes where all of its keys go, also if they went elsewhere since they were queued.
func TestTransactionsAreRoutedAtExec(t *testing.T) {
	options := testOptions()
	options.RequireFullCoverage = false
	h := bootTwoNodes(t, options)
	for _, c := range []struct{ words, want string }{
		{"MULTI", "+OK\r\n"},
		{"GET foo", "-MOVED 12182 127.0.0.1:7002\r\n"},
		{"GET bar", "+QUEUED\r\n"},
		{"EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n"},
		{"WATCH foo", "-MOVED 12182 127.0.0.1:7002\r\n"},
		{"WATCH bar", "+OK\r\n"},
		{"MULTI", "+OK\r\n"},
		{"GET bar", "+QUEUED\r\n"},
	} {
		h.expect(0, c.words, c.want)
	}
	h.node.owned.RemoveRange(h.node.owned.Ranges()[0]) // as if the slots had been moved to node 2
	moved := h.node.state
	other := twoNodes(t)
	h.node.state = other.State
	defer func() { h.node.state = moved }()
	h.node.serving = false
	h.expect(0, "EXEC", "-CLUSTERDOWN The cluster is down\r\n")
	h.expect(0, "EXEC", "-ERR EXEC without MULTI\r\n")
}

func TestAskingLastsForATransaction(t *testing.T) {
	h := openHarness(t, testOptions())
	for _, words := range []string{"ASKING", "MULTI", "GET k"} {
		h.do(0, words)
		if !h.node.byID[0].session.Asking {
			t.Fatalf("%s took the mark away", words)
		}
	}
	h.do(0, "EXEC")
	if h.node.byID[0].session.Asking {
		t.Fatal("the mark outlived the transaction")
	}
	for _, words := range []string{"MULTI", "ASKING", "EXEC"} {
		h.do(0, words)
	}
	if h.node.byID[0].session.Asking {
		t.Fatal("ASKING within a transaction marks what comes behind it")
	}
}

func TestAQueueBeyondTheBoundCloses(t *testing.T) {
	options := testOptions()
	options.Limits.QueryBuffer, options.Limits.QueryBuffers = 4000, 8000
	for _, c := range []struct{ begin, repeat string }{
		{"MULTI", "SET k value"},
		{"PING", "WATCH key-%d"},
		{"HELLO 3", "SUBSCRIBE channel-%d"},
		{"HELLO 3", "PSUBSCRIBE channel-%d"},
		{"HELLO 3", "SSUBSCRIBE channel-%d"},
		{"HELLO 3", "CLIENT TRACKING ON BCAST PREFIX %d:"},
	} {
		h := openHarness(t, options)
		options.Random = testOptions().Random
		h.open(1)
		h.do(1, c.begin)
		for i := 0; i < 1000 && !h.closed[1]; i++ {
			h.do(1, strings.ReplaceAll(c.repeat, "%d", fmt.Sprint(i)))
		}
		if !h.closed[1] || h.node.Counters().QueryBufferOverruns != 1 {
			t.Errorf("%s without end: nobody was closed", c.repeat)
		}
		if h.node.queued != 0 || h.node.sessions.Retained() != 0 {
			t.Errorf("%s: the closed client left something behind", c.repeat)
		}
	}
}

// model is what clients with optimistic transactions may expect: a transaction takes place in one moment, at its EXEC, if no
// key that it watched has been written since.
type model struct {
	values   map[string]int
	versions map[string]int
}

type modelClient struct {
	open    bool
	queue   []string // keys to be incremented
	watched map[string]int
}

func (m *model) increment(key string) int {
	m.values[key]++
	m.versions[key]++
	return m.values[key]
}

// do executes one command of a client and returns its reply.
func (m *model) do(c *modelClient, verb, key string) string {
	switch verb {
	case "INCR":
		if c.open {
			c.queue = append(c.queue, key)
			return "+QUEUED\r\n"
		}
		return fmt.Sprintf(":%d\r\n", m.increment(key))
	case "WATCH":
		if c.open {
			return "-ERR WATCH inside MULTI is not allowed\r\n"
		}
		if _, watched := c.watched[key]; !watched {
			c.watched[key] = m.versions[key]
		}
		return "+OK\r\n"
	case "MULTI":
		if c.open {
			return "-ERR MULTI calls can not be nested\r\n"
		}
		c.open = true
		return "+OK\r\n"
	case "DISCARD":
		if !c.open {
			return "-ERR DISCARD without MULTI\r\n"
		}
		*c = modelClient{watched: map[string]int{}}
		return "+OK\r\n"
	}
	return m.exec(c)
}

func (m *model) exec(c *modelClient) string {
	if !c.open {
		return "-ERR EXEC without MULTI\r\n"
	}
	done := *c
	*c = modelClient{watched: map[string]int{}}
	for key, version := range done.watched {
		if m.versions[key] != version {
			return "*-1\r\n"
		}
	}
	reply := fmt.Sprintf("*%d\r\n", len(done.queue))
	for _, key := range done.queue {
		reply += fmt.Sprintf(":%d\r\n", m.increment(key))
	}
	return reply
}

func TestTransactionsAreOptimisticAndAtomic(t *testing.T) {
	verbs := []string{"INCR", "INCR", "INCR", "WATCH", "MULTI", "EXEC", "DISCARD"}
	rapid.Check(t, func(rt *rapid.T) {
		h := openHarness(t, testOptions())
		m := &model{values: map[string]int{}, versions: map[string]int{}}
		clients := make([]modelClient, 3)
		for i := range clients {
			clients[i].watched = map[string]int{}
			h.open(ClientID(i + 1))
		}
		for range rapid.IntRange(1, 60).Draw(rt, "batches") {
			batch := &ClientBatch{}
			want := make([]string, len(clients))
			for range rapid.IntRange(1, 5).Draw(rt, "commands") {
				client := rapid.IntRange(0, len(clients)-1).Draw(rt, "client")
				verb, key := rapid.SampledFrom(verbs).Draw(rt, "verb"), rapid.SampledFrom([]string{"{t}a", "{t}b"}).Draw(rt, "key")
				words := []string{verb}
				if slices.Contains([]string{"INCR", "WATCH"}, verb) {
					words = append(words, key)
				}
				batch.Inputs = append(batch.Inputs, ClientInput{Client: ClientID(client + 1), Bytes: []byte(request(words...))})
				want[client] += m.do(&clients[client], verb, key)
			}
			h.step(batch)
			for client := range clients {
				if got := h.take(ClientID(client + 1)); got != want[client] {
					rt.Fatalf("client %d: got %q, want %q", client, got, want[client])
				}
			}
		}
	})
}
