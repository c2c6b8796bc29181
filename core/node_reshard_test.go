package core

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

const replyOK = "+OK\r\n"

// nodeName is the id of a node of a group.
func nodeName(i int) string { return wire.NodeID{byte(i + 1)}.String() }

// owners returns who owns a slot, by each node's configuration.
func (g *testGroup) owners(slot int) string {
	text := ""
	for _, h := range g.nodes {
		owner, _ := h.node.State().Owner(slots.Slot(slot))
		text += fmt.Sprint(owner.ID[0] - 1)
	}
	return text
}

// What redis-cli --cluster reshard sends for an empty slot, in its order; and again, which changes nothing.
func TestAnEmptySlotIsResharded(t *testing.T) {
	g := newTestGroup(t, 3)
	for range 2 {
		version := g.nodes[0].node.State().Version
		if version == 0 || g.owners(5) == "000" {
			g.expect(2, "CLUSTER SETSLOT 5 IMPORTING "+nodeName(0), replyOK)
			g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
		}
		g.expect(0, "CLUSTER GETKEYSINSLOT 5 10", "*0\r\n")
		g.expect(2, "CLUSTER SETSLOT 5 NODE "+nodeName(2), replyOK)
		if got := g.owners(5); got != "222" {
			t.Fatalf("owners %s", got)
		}
		g.expect(0, "CLUSTER SETSLOT 5 NODE "+nodeName(2), replyOK)
		g.expect(1, "CLUSTER SETSLOT 5 NODE "+nodeName(2), replyOK)
		if got := g.nodes[1].node.State().Version - version; got != 2 && got != 0 {
			t.Errorf("%d versions", got)
		}
	}
	for i := range g.nodes {
		if got := g.do(i, "CLUSTER NODES"); strings.Contains(got, "[") {
			t.Errorf("node %d: %s", i, got)
		}
	}
}

// Whoever is told first that a slot has another owner, and whether it was marked before or not, the first call does it.
func TestAnyNodeAssignsASlot(t *testing.T) {
	for _, marked := range []bool{true, false} {
		for node := range 3 {
			g := newTestGroup(t, 3)
			if marked {
				g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
			}
			g.expect(node, "CLUSTER SETSLOT 5 NODE "+nodeName(2), replyOK)
			if got := g.owners(5); got != "222" {
				t.Errorf("told node %d, marked %t: owners %s", node, marked, got)
			}
		}
	}
}

func slotKey(t testing.TB, slot int) string {
	t.Helper()
	for i := range 1_000_000 {
		if key := fmt.Sprintf("{%d}", i); slots.Of([]byte(key)) == slots.Slot(slot) {
			return key
		}
	}
	t.Fatal("no key")
	return ""
}

// A slot with keys at its source stays there.
func TestASlotWithKeysIsNotGivenAway(t *testing.T) {
	g := newTestGroup(t, 3)
	key := slotKey(t, 5)
	g.expect(0, "SET "+key+" 1", replyOK)
	const refusal = "-ERR Can't assign hashslot 5 to a different node while I still hold keys for this hash slot.\r\n"
	for node := range 3 {
		g.expect(node, "CLUSTER SETSLOT 5 NODE "+nodeName(2), refusal)
	}
	g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
	for node := range 3 {
		g.expect(node, "CLUSTER SETSLOT 5 NODE "+nodeName(2), refusal)
	}
	g.expect(0, "CLUSTER SETSLOT 5 NODE "+nodeName(1), refusal)
	g.expect(0, "CLUSTER DELSLOTS 5", "-ERR Slot 5 is already migrating to another node\r\n")
	g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(1), "-ERR Slot 5 is already migrating to another node\r\n")
	g.expect(0, "DEL "+key, ":1\r\n")
	g.expect(0, "CLUSTER SETSLOT 5 NODE "+nodeName(1), "-ERR Slot 5 is already migrating to another node\r\n")
	g.expect(1, "CLUSTER SETSLOT 5 NODE "+nodeName(2), replyOK)
}

// A slot's way ends without a change of owner at the word of its target, which must not hold keys.
func TestAMigrationIsCalledOff(t *testing.T) {
	for node := range 3 {
		g := newTestGroup(t, 3)
		key := slotKey(t, 5)
		g.expect(2, "CLUSTER SETSLOT 5 IMPORTING "+nodeName(0), replyOK)
		g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
		g.expect(0, "GET "+key, "-ASK 5 127.0.0.1:7003\r\n")
		g.expect(2, "ASKING", replyOK)
		g.expect(2, "SET "+key+" 1", replyOK)
		const refusal = "-ERR Slot 5 holds keys that were imported, and this version of Ember cannot move them back\r\n"
		if node == 1 { // it has no part in this
			g.expect(1, "CLUSTER SETSLOT 5 STABLE", replyOK)
			if _, marked := g.nodes[0].node.State().MarkOf(5); !marked {
				t.Error("a node without a part has ended it")
			}
			continue
		}
		g.expect(node, "CLUSTER SETSLOT 5 STABLE", refusal)
		g.expect(2, "ASKING", replyOK)
		g.expect(2, "DEL "+key, ":1\r\n")
		g.expect(node, "CLUSTER SETSLOT 5 STABLE", replyOK)
		if _, marked := g.nodes[node].node.State().MarkOf(5); marked {
			t.Error("it is not ended")
		}
		g.expect(0, "GET "+key, "$-1\r\n")
		g.expect(2, "ASKING", replyOK)
		g.expect(2, "GET "+key, "-MOVED 5 127.0.0.1:7001\r\n")
		g.expect(node, "CLUSTER SETSLOT 5 STABLE", replyOK)
	}
}

// While the end of an import waits for its decision, the target takes no key.
func TestAClosingImportTakesNothing(t *testing.T) {
	g := newTestGroup(t, 3)
	key := slotKey(t, 5)
	g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
	h := g.nodes[2]
	h.open(1)
	h.send(0, request("CLUSTER", "SETSLOT", "5", "STABLE"))
	h.expect(1, "ASKING", replyOK)
	h.expect(1, "SET "+key+" 1", "-MOVED 5 127.0.0.1:7001\r\n")
	g.settle()
	if got := h.take(0); got != replyOK {
		t.Errorf("got %q", got)
	}
	// If it is refused, since the shard has another epoch by then, the import goes on.
	g.expect(0, "CLUSTER SETSLOT 5 MIGRATING "+nodeName(2), replyOK)
	g.expect(0, "CLUSTER BUMPEPOCH", "+BUMPED 4\r\n")
	h.send(1, request("CLUSTER", "BUMPEPOCH"))
	h.send(0, request("CLUSTER", "SETSLOT", "5", "STABLE"))
	g.settle()
	if got := h.take(0); !strings.Contains(got, "is at epoch 5, the command was made for epoch 3") {
		t.Errorf("got %q", got)
	}
	g.expect(2, "ASKING", replyOK)
	g.expect(2, "SET "+key+" 1", replyOK)
}

// Of five nodes some do not vote. They hear at once of slots that concern them, and nobody answers from an older configuration.
func TestThoseWhoDoNotVoteHearAtOnce(t *testing.T) {
	g := newTestGroup(t, 6)
	var observer int
	for i, h := range g.nodes {
		if !slices.Contains(h.node.State().Voters(), h.node.ID()) {
			observer = i
		}
	}
	source := (observer + 1) % 6
	slot := source*slots.Count/6 + 5
	key := slotKey(t, slot)
	g.expect(source, fmt.Sprintf("CLUSTER SETSLOT %d MIGRATING %s", slot, nodeName(observer)), replyOK)
	g.expect(observer, "ASKING", replyOK)
	g.expect(observer, "GET "+key, "$-1\r\n")
	g.expect(source, fmt.Sprintf("CLUSTER SETSLOT %d STABLE", slot), replyOK)
	g.expect(source, "GET "+key, "$-1\r\n")
	g.expect(observer, fmt.Sprintf("CLUSTER SETSLOT %d NODE %s", slot, nodeName(observer)), replyOK)
	g.expect(observer, "GET "+key, "$-1\r\n")
	// The source has marked the slot, and the target is asked to end it before it has heard of that.
	back := fmt.Sprintf("CLUSTER SETSLOT %d ", slot)
	h := g.nodes[observer]
	h.send(0, request(strings.Fields(back+"MIGRATING "+nodeName(source))...))
	for h.take(0) == "" {
		g.round()
	}
	g.expect(observer, back+"STABLE", replyOK)
	if _, marked := h.node.State().MarkOf(slots.Slot(slot)); marked {
		t.Error("it is not ended")
	}
}

// Two nodes that are told different things at once agree on one of them.
func TestRivalAssignments(t *testing.T) {
	g := newTestGroup(t, 3)
	g.nodes[1].send(0, request("CLUSTER", "SETSLOT", "5", "NODE", nodeName(1)))
	g.nodes[2].send(0, request("CLUSTER", "SETSLOT", "5", "NODE", nodeName(2)))
	g.settle()
	one, two := g.nodes[1].take(0), g.nodes[2].take(0)
	if (one == replyOK) == (two == replyOK) {
		t.Errorf("got %q and %q", one, two)
	}
	winner := "111"
	if two == replyOK {
		winner = "222"
	}
	if got := g.owners(5); got != winner {
		t.Errorf("owners %s, want %s", got, winner)
	}
}

// Whoever has to agree is silent: the client learns that the outcome is unknown.
func TestASilentSource(t *testing.T) {
	g := newTestGroup(t, 3)
	g.mute[0] = true
	h := g.nodes[1]
	h.send(0, request("CLUSTER", "SETSLOT", "5", "NODE", nodeName(2))+request("PING"))
	g.settle()
	if got := h.take(0); got != "" {
		t.Errorf("got %q at once", got)
	}
	g.advance(testOptions().Consensus.ProposalTimeout)
	if got := h.take(0); got != "-"+string(errUnanswered)+"\r\n+PONG\r\n" {
		t.Errorf("got %q", got)
	}
}

// A command sent behind one that somebody else answers finds what that has led to.
func TestWhatOthersAnswerIsWaitedFor(t *testing.T) {
	g := newTestGroup(t, 3)
	h := g.nodes[1]
	h.send(0, request("CLUSTER", "SETSLOT", "5", "NODE", nodeName(2))+request("GET", slotKey(t, 5)))
	g.settle()
	if got := h.take(0); got != replyOK+"-MOVED 5 127.0.0.1:7003\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestASlotsWayInATransaction(t *testing.T) {
	g := newTestGroup(t, 3)
	g.expect(0, "MULTI", replyOK)
	for _, words := range []string{"SETSLOT 5 MIGRATING " + nodeName(2), "SETSLOT 5 NODE " + nodeName(2), "SETSLOT 6 STABLE", "SETSLOT 5 STABLE"} {
		g.expect(0, "CLUSTER "+words, "+QUEUED\r\n")
	}
	const refusal = "-" + string(errNotAlone) + "\r\n"
	g.expect(0, "EXEC", "*4\r\n"+replyOK+refusal+replyOK+refusal)
	if mark, marked := g.nodes[1].node.State().MarkOf(5); !marked || mark.Target != (topology.ShardID{3}) {
		t.Errorf("the mark is %v", mark)
	}
}

// Damaged requests and answers are counted and change nothing.
func FuzzSlotMessages(f *testing.F) {
	f.Add([]byte{1, 1, 0, 5, 1, 2, 3})
	f.Add([]byte{1, 0, 3, 0})
	f.Add([]byte{0, 3})
	f.Fuzz(func(t *testing.T, payload []byte) {
		h := bootTwoNodes(t, testOptions())
		before := h.node.State()
		_ = h.node.receiveSlot(wire.NodeID{2}, payload)
		h.step(&DeadlineReached{})
		if h.node.State() != before {
			t.Fatal("the state has changed")
		}
	})
}

// Whatever is said about a slot, to whichever nodes and at whatever moment, its keys look as if they had never moved.
func TestKeysSurviveEveryWay(test *testing.T) {
	key := slotKey(test, 5)
	rapid.Check(test, func(t *rapid.T) {
		g, alone := newTestGroup(test, 3), openHarness(test, testOptions())
		addresses := map[string]*harness{}
		for i, h := range g.nodes {
			h.open(1)
			addresses[fmt.Sprintf("127.0.0.1:%d", 7001+i)] = h
		}
		waiting := map[int]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			node := rapid.IntRange(0, 2).Draw(t, "node")
			h := g.nodes[node]
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				if waiting[node] = waiting[node] && h.take(0) == ""; waiting[node] {
					continue
				}
				words := "CLUSTER SETSLOT 5 " + rapid.SampledFrom([]string{"IMPORTING", "MIGRATING", "NODE", "NODE", "STABLE"}).Draw(t, "action")
				if !strings.HasSuffix(words, "STABLE") {
					words += " " + nodeName(rapid.IntRange(0, 2).Draw(t, "other"))
				}
				waiting[node] = h.do(0, words) == ""
			case 1:
				for range rapid.IntRange(1, 8).Draw(t, "rounds") {
					g.round()
				}
			default:
				words := fmt.Sprintf(rapid.SampledFrom([]string{"GET %s", "INCR %s", "DEL %s", "SET %s 1"}).Draw(t, "command"), key)
				first := fmt.Sprintf("127.0.0.1:%d", 7001+node)
				got := followRedirects(addresses, first, words)
				for tries := 0; got == "redirected for ever" && tries < 100; tries++ {
					g.round()
					got = followRedirects(addresses, first, words)
				}
				if want := alone.do(0, words); got != want {
					t.Fatalf("%s: %q, want %q\n%v", words, got, want, g.nodes[node].node.State())
				}
			}
		}
	})
}
