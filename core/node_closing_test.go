package core

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A target that has said that it takes no more keys, and does not learn what was decided, has that decided in the end: by itself, or
// if it has no log by then through another node. Until then nobody serves the keys that the source does not have.
func TestAnImportOfUnknownEndIsClosed(t *testing.T) {
	for _, broken := range []bool{false, true} {
		g := newTestGroup(t, 3)
		key := slotKey(t, 5)
		g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
		h := g.nodes[2]
		h.open(1)
		g.mute[2] = true
		h.send(0, request("CLUSTER", "SETSLOT", "5", "STABLE"))
		if broken {
			h.step(&LogFailed{Reason: "the disk is gone"})
		} else {
			for range 10 * int(testOptions().Consensus.ProposalTimeout/time.Second) {
				g.advance(100 * time.Millisecond)
			}
		}
		if got := h.take(0); !strings.HasPrefix(got, "-") {
			t.Fatalf("without a log %t: %q", broken, got)
		}
		h.expect(1, "ASKING", replyOK)
		h.expect(1, "SET "+key+" 1", "-MOVED 5 127.0.0.1:7001\r\n")
		g.mute[2] = false
		for range 200 {
			g.advance(100 * time.Millisecond)
		}
		for i := range g.nodes {
			if mark, marked := g.nodes[i].node.State().MarkOf(5); marked {
				t.Errorf("without a log %t: node %d has the mark %v", broken, i, mark)
			}
		}
		g.expect(0, "GET "+key, "$-1\r\n")
	}
}

// A slot is taken back from a target that has no log, by whoever is told: the source proposes what the target has agreed to.
func TestASlotIsTakenBackFromATargetWithoutALog(t *testing.T) {
	for _, told := range []int{0, 2} {
		g := newTestGroup(t, 3)
		g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
		g.nodes[2].step(&LogFailed{Reason: "the disk is gone"})
		for range 50 {
			g.advance(100 * time.Millisecond)
		}
		g.expect(told, "CLUSTER SETSLOT 5 STABLE", replyOK)
		if mark, marked := g.nodes[told].node.State().MarkOf(5); marked {
			t.Errorf("node %d told: the mark is %v", told, mark)
		}
	}
}

// What only a node itself can say, such as where it is, is known to all although it has no log.
func TestANodeWithoutALogIsDescribed(t *testing.T) {
	g := newTestGroup(t, 3)
	h := g.nodes[2]
	h.step(&LogFailed{Reason: "the disk is gone"})
	g.expect(2, "CONFIG SET cluster-announce-hostname node.example", replyOK)
	for range 50 {
		g.advance(100 * time.Millisecond)
	}
	for i := range g.nodes {
		if known, _ := g.nodes[i].node.State().Node(h.node.ID()); known.Hostname != "node.example" {
			t.Errorf("node %d has %q", i, known.Hostname)
		}
	}
}

// A node without a log asks one member after the other, since the first may have none either.
func TestAnotherHelpsIfOneCannot(t *testing.T) {
	g := newTestGroup(t, 5)
	g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(4), replyOK)
	for _, broken := range []int{0, 4} {
		g.nodes[broken].step(&LogFailed{Reason: "the disk is gone"})
	}
	g.do(4, "CLUSTER SETSLOT 5 STABLE")
	for range 100 {
		g.advance(100 * time.Millisecond)
	}
	if mark, marked := g.nodes[4].node.State().MarkOf(5); marked {
		t.Errorf("the mark is %v", mark)
	}
}

// Until the configuration knows of its start a target takes no keys, and can agree to nothing: it would not know what becomes of that.
func TestATargetWhoseStartIsUnknownAgreesToNothing(t *testing.T) {
	g := newTestGroup(t, 6) // of which one does not vote: what it has in force is in its own record
	target := slices.IndexFunc(g.nodes, func(h *harness) bool { return !slices.Contains(h.node.State().Voters(), h.node.ID()) })
	g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(target), replyOK)
	g.advance(time.Second)
	options := testOptions()
	options.Announce.ClientPort, options.Announce.BusPort = uint16(7001+target), uint16(17001+target)
	h := g.nodes[target].restart(options)
	h.persist()
	h.open(0)
	h.step(&LogFailed{Reason: "the disk is gone"})
	h.send(0, request("CLUSTER", "SETSLOT", "5", "STABLE"))
	if got := h.take(0); !strings.Contains(got, "boot") || len(h.node.closingImports) > 0 {
		t.Errorf("%q, and it closes %v", got, h.node.closingImports)
	}
}
