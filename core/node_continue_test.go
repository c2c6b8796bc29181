package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/resp"
)

// manyKeys returns a node with more keys than one Step looks at.
func manyKeys(t *testing.T) (*harness, int) {
	t.Helper()
	h := openHarness(t, testOptions())
	const keys = 6000
	var commands strings.Builder
	for i := range keys {
		commands.WriteString(request("SET", fmt.Sprintf("key%d", i), "v"))
	}
	h.send(0, commands.String())
	h.take(0)
	h.open(1)
	h.open(2)
	return h, keys
}

// finish lets the node do what it has left.
func (h *harness) finish() (steps int) {
	for ; h.node.NextDeadline() <= h.clock.Now; steps++ {
		h.step(&DeadlineReached{})
	}
	return steps
}

func TestKEYSLetsOthersGoOn(t *testing.T) {
	h, keys := manyKeys(t)
	h.send(1, request("ECHO", "before")+request("KEYS", "key*")+request("ECHO", "behind"))
	if got := h.take(1); got != "$6\r\nbefore\r\n" {
		t.Fatalf("at once came %.100q", got)
	}
	h.expect(2, "SET other v", "+OK\r\n")
	if steps := h.finish(); steps < 3 {
		t.Errorf("%d keys were looked at in %d steps", keys, steps)
	}
	got := h.take(1)
	value, size, err := resp.ReadValue([]byte(got), resp.ReplyLimits{})
	if err != nil || len(value.Array) != keys || got[size:] != "$6\r\nbehind\r\n" {
		t.Fatalf("%d keys, then %.100q, %v", len(value.Array), got[size:], err)
	}
	seen := map[string]bool{}
	for _, key := range value.Array {
		seen[string(key.Str)] = true
	}
	if len(seen) != keys {
		t.Errorf("%d different keys", len(seen))
	}
}

func TestKEYSInATransactionIsAtomic(t *testing.T) {
	h, keys := manyKeys(t)
	h.send(1, request("MULTI")+request("KEYS", "*")+request("EXEC"))
	if got := h.take(1); !strings.HasPrefix(got, fmt.Sprintf("+OK\r\n+QUEUED\r\n*1\r\n*%d\r\n", keys)) {
		t.Errorf("%.100q", got)
	}
}

// Who goes away, or wants no reply, leaves nothing behind.
func TestKEYSThatNobodyWaitsFor(t *testing.T) {
	h, _ := manyKeys(t)
	h.send(1, request("KEYS", "*"))
	h.step(&ClientClosed{Client: 1})
	h.send(2, request("CLIENT", "REPLY", "OFF")+request("KEYS", "*")+request("CLIENT", "REPLY", "ON"))
	h.finish()
	if got := h.take(2); got != "+OK\r\n" {
		t.Errorf("%.100q", got)
	}
	if h.node.NextDeadline() <= h.clock.Now || len(h.node.continued) > 0 {
		t.Error("the node has something left to do")
	}
}

// What is pushed meanwhile comes behind the reply, and does not get between its parts.
func TestPushesDuringKEYS(t *testing.T) {
	h, keys := manyKeys(t)
	h.do(1, "HELLO 3")
	h.expect(1, "SUBSCRIBE news", ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n")
	h.send(1, request("KEYS", "*"))
	h.expect(2, "PUBLISH news x", ":1\r\n")
	h.finish()
	got := h.take(1)
	_, size, err := resp.ReadValue([]byte(got), resp.ReplyLimits{})
	if err != nil || !strings.HasPrefix(got, fmt.Sprintf("*%d\r\n", keys)) || got[size:] != ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n" {
		t.Errorf("%.50q … %.100q, %v", got, got[size:], err)
	}
}
