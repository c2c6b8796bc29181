package topology

import (
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

var testCluster = wire.ClusterID{0: 0xc1, 15: 0x1d}

// nodeNamed returns the node id that repeats one hex digit 40 times.
func nodeNamed(digit string) NodeID {
	id, err := wire.ParseNodeID(strings.Repeat(digit, 40))
	if err != nil {
		panic(err)
	}
	return id
}

// shardNamed returns the shard id that repeats one hex digit 40 times.
func shardNamed(digit string) ShardID { return ShardID(nodeNamed(digit)) }

func slotSet(t testing.TB, text string) slots.Set {
	t.Helper()
	set, err := slots.ParseSet(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// testNode returns a node whose ports are told from the others' by the digit of its name.
func testNode(digit string) Node {
	port := uint16(7000) + uint16(nodeNamed(digit)[0]&15)
	return Node{ID: nodeNamed(digit), Host: "127.0.0.1", ClientPort: port, BusPort: port + 10000, Boot: 1}
}

// testState returns a cluster of two shards, of three nodes and of one, with slots 100 and up not assigned.
func testState(t testing.TB) *State {
	t.Helper()
	s, err := Build(testCluster,
		ShardSpec{ID: shardNamed("2"), Epoch: 4, Nodes: []Node{testNode("b")}, Slots: slotSet(t, "50-99")},
		ShardSpec{ID: shardNamed("1"), Epoch: 3, Nodes: []Node{testNode("d"), testNode("a"), testNode("c")}, Slots: slotSet(t, "0-9 20-49")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// deepCopy returns a state that shares nothing with s, so that a test can spoil it.
func deepCopy(s *State) *State {
	next := s.copy()
	next.nodes = slices.Clone(s.nodes)
	next.shards = slices.Clone(s.shards)
	for i := range next.shards {
		next.shards[i].Members = slices.Clone(s.shards[i].Members)
		next.shards[i].InSync = slices.Clone(s.shards[i].InSync)
	}
	table := *s.owners
	next.owners = &table
	next.primaries = slices.Clone(s.primaries)
	next.owned = slices.Clone(s.owned)
	return next
}
