package topology

import (
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

func TestLookups(t *testing.T) {
	s := testState(t)
	if node, ok := s.Node(nodeNamed("c")); !ok || node.ClientPort != 7012 || node.Shard != shardNamed("1") {
		t.Errorf("node c: %+v, %t", node, ok)
	}
	if _, ok := s.Node(nodeNamed("e")); ok {
		t.Error("found a node that is not there")
	}
	if _, ok := s.Shard(shardNamed("3")); ok {
		t.Error("found a shard that is not there")
	}
	if _, ok := s.ShardOf(nodeNamed("e")); ok {
		t.Error("found the shard of a node that is not there")
	}
	if shard, ok := s.ShardOf(nodeNamed("c")); !ok || shard.Primary != nodeNamed("d") {
		t.Errorf("shard of c: %+v, %t", shard, ok)
	}
	for _, c := range []struct {
		slot    slots.Slot
		primary string
	}{{0, "d"}, {9, "d"}, {10, ""}, {20, "d"}, {50, "b"}, {99, "b"}, {100, ""}, {16383, ""}} {
		node, ok := s.PrimaryOf(c.slot)
		if ok != (c.primary != "") || ok && node.ID != nodeNamed(c.primary) {
			t.Errorf("primary of slot %d: %v, %t", c.slot, node.ID, ok)
		}
		if ok != s.IsPrimaryOf(c.slot, node.ID) || s.IsPrimaryOf(c.slot, nodeNamed("a")) {
			t.Errorf("IsPrimaryOf disagrees with PrimaryOf about slot %d", c.slot)
		}
	}
	if set := s.SlotsOf(shardNamed("1")); set.String() != "0-9 20-49" {
		t.Errorf("slots of shard 1: %v", set)
	}
	if set := s.SlotsOf(shardNamed("3")); !set.Empty() {
		t.Errorf("slots of a shard that is not there: %v", set)
	}
	if s.AssignedSlots() != 90 || s.Epoch() != 4 {
		t.Errorf("%d slots, epoch %d", s.AssignedSlots(), s.Epoch())
	}
}

func TestPrimaryOfDoesNotAllocate(t *testing.T) {
	s := testState(t)
	found := 0
	allocations := testing.AllocsPerRun(100, func() {
		for slot := range slots.Slot(200) {
			if node, ok := s.PrimaryOf(slot); ok && s.IsPrimaryOf(slot, node.ID) {
				found++
			}
		}
	})
	if allocations != 0 || found == 0 {
		t.Errorf("%v allocations for %d primaries", allocations, found)
	}
}

func TestShardID(t *testing.T) {
	id := shardNamed("a")
	if got, err := ParseShardID(id.String()); err != nil || got != id {
		t.Errorf("%v: %v", got, err)
	}
	for _, text := range []string{"", "a", id.String() + "a", "A" + id.String()[1:], "g" + id.String()[1:]} {
		if got, err := ParseShardID(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func BenchmarkPrimaryOf(b *testing.B) {
	s := testState(b)
	found := 0
	for i := range b.N {
		if _, ok := s.PrimaryOf(slots.Slot(i & 127)); ok {
			found++
		}
	}
	if b.N > 128 && found == 0 {
		b.Fatal("no slot has a primary")
	}
}
