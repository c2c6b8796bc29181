package core

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/topology"
)

// until lets things happen to a group until something is so.
func (g *testGroup) until(what string, so func() bool) {
	g.t.Helper()
	for range 1000 {
		if so() {
			return
		}
		g.round()
	}
	g.t.Fatalf("never: %s", what)
}

func (g *testGroup) marked(node int) bool {
	_, marked := g.nodes[node].node.State().MarkOf(5)
	return marked
}

func (g *testGroup) owns(node int, shard byte) bool {
	owner, _ := g.nodes[node].node.State().Owner(5)
	return owner.ID == topology.ShardID{shard}
}

// However late the target is, a client that follows the source's word is served there, and not sent back.
func TestASlotChangesHandsUnnoticed(t *testing.T) {
	g := newTestGroup(t, 3)
	key, source, target := slotKey(t, 5), g.nodes[0], g.nodes[2]
	target.open(1)
	g.expect(2, "CLUSTER SETSLOT 5 IMPORTING "+nodeName(0), replyOK)

	source.send(0, request("CLUSTER", "SETSLOT", "5", "MIGRATING", nodeName(2)))
	g.until("the source knows the mark", func() bool { return g.marked(0) })
	if g.marked(2) {
		t.Fatal("the target is not late")
	}
	source.open(1)
	source.expect(1, "GET "+key, "-ASK 5 127.0.0.1:7003\r\n")
	target.send(1, request("ASKING")+request("SET", key, "1")+request("GET", key))
	if got := target.take(1); got != replyOK {
		t.Errorf("the target says %q", got)
	}
	g.settle()
	if got := target.take(1); got != replyOK+"-MOVED 5 127.0.0.1:7001\r\n" {
		t.Errorf("the target says %q when it knows the mark", got)
	}
	g.nodes[0].take(0)

	target.send(0, request("CLUSTER", "SETSLOT", "5", "NODE", nodeName(2)))
	g.until("the source has given the slot away", func() bool { return g.owns(0, 3) })
	if g.owns(2, 3) {
		t.Fatal("the target is not late")
	}
	source.expect(1, "GET "+key, "-ASK 5 127.0.0.1:7003\r\n")
	source.expect(1, "SSUBSCRIBE "+key, "-MOVED 5 127.0.0.1:7003\r\n")
	target.expect(1, "ASKING", replyOK)
	target.expect(1, "GET "+key, "$1\r\n1\r\n")
	g.settle()
	target.expect(1, "GET "+key, "$1\r\n1\r\n")
	g.advance(2 * time.Second) // by now the target has told everybody what it knows
	source.expect(1, "GET "+key, "-MOVED 5 127.0.0.1:7003\r\n")
}
