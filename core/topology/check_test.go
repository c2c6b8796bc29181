package topology

import (
	"errors"
	"strings"
	"testing"
)

// Each invariant, broken on purpose, is found and named.
func TestCheckFinds(t *testing.T) {
	if err := testState(t).Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason string
		spoil  func(*State)
	}{
		{"0 nodes", func(s *State) { s.nodes = nil }},
		{"nodes are not sorted", func(s *State) { s.nodes[0], s.nodes[1] = s.nodes[1], s.nodes[0] }},
		{"nodes are not sorted or not unique", func(s *State) { s.nodes[1] = s.nodes[0] }},
		{"shards are not sorted", func(s *State) { s.shards[0], s.shards[1] = s.shards[1], s.shards[0] }},
		{"zero id", func(s *State) { s.nodes[0].ID = NodeID{} }},
		{"a shard has a zero id", func(s *State) { s.shards[0].ID = ShardID{} }},
		{"no host", func(s *State) { s.nodes[0].Host = "" }},
		{"host \"a\\nb\"", func(s *State) { s.nodes[0].Host = "a\nb" }},
		{"hostname \"a,b\"", func(s *State) { s.nodes[0].Hostname = "a,b" }},
		{"zone \"a b\"", func(s *State) { s.nodes[0].Zone = "a b" }},
		{"ports 0", func(s *State) { s.nodes[0].ClientPort = 0 }},
		{"above the highest", func(s *State) { s.shards[1].Epoch = 5 }},
		{"members of shard", func(s *State) { m := s.shards[0].Members; m[0], m[1] = m[1], m[0] }},
		{"in-sync members", func(s *State) { m := s.shards[0].InSync; m[0], m[1] = m[1], m[0] }},
		{"is not in sync", func(s *State) { s.shards[0].InSync = s.shards[0].InSync[:1] }},
		{"is not in sync", func(s *State) { s.shards[1].Primary = nodeNamed("a") }},
		{"is not a member", func(s *State) { s.shards[0].Members = s.shards[0].Members[1:] }},
		{"is not a node", func(s *State) { m := s.shards[1].Members; m = append(m, nodeNamed("f")); s.shards[1].Members = m }},
		{"is in shard", func(s *State) { s.nodes[0].Shard = shardNamed("2") }},
		{"4 nodes, but 3 members", func(s *State) { sh := &s.shards[0]; sh.InSync = sh.InSync[2:]; sh.Members = sh.Members[1:] }},
		{"slot 7 belongs to shard number 3 of 2", func(s *State) { s.owners[7] = 3 }},
		{"marks are not sorted", func(s *State) {
			s.marks = []Mark{{3, shardNamed("1"), shardNamed("2"), 0}, {3, shardNamed("1"), shardNamed("2"), 0}}
		}},
		{"slot 3 is marked to go from", func(s *State) { s.marks = []Mark{{3, shardNamed("1"), shardNamed("1"), 0}} }},
		{"which does not own it", func(s *State) { s.marks = []Mark{{3, shardNamed("2"), shardNamed("1"), 0}} }},
		{"voters are not sorted", func(s *State) { s.voters = []NodeID{nodeNamed("b"), nodeNamed("a")} }},
		{"is not a node", func(s *State) { s.voters = []NodeID{nodeNamed("f")} }},
		{"settings are not sorted", func(s *State) { s.settings = []Setting{{"b", "1"}, {"a", "1"}} }},
		{"setting \"a\" is invalid", func(s *State) { s.settings = []Setting{{"a", ""}} }},
		{"joins are not sorted", func(s *State) { s.joins = make([]JoinRecord, 2) }},
		{"a join of version 9", func(s *State) { s.joins = []JoinRecord{{Version: 9}} }},
		{"tombstones are not sorted", func(s *State) { s.tombstones = make([]Tombstone, 2) }},
		{"and is there: true", func(s *State) { s.tombstones = []Tombstone{{Node: nodeNamed("a")}} }},
		{"index is stale", func(s *State) { s.owners[7] = 2 }},
		{"index is stale", func(s *State) { s.primaries[1] = 0 }},
	} {
		s := deepCopy(testState(t))
		c.spoil(s)
		var check *CheckError
		if err := s.Check(); !errors.As(err, &check) || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("want %q, got %v", c.reason, err)
		}
	}
}

// What may not follow an earlier configuration, is found and named.
func TestCheckSuccessorFinds(t *testing.T) {
	before := testState(t)
	if err := before.CheckSuccessor(before); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason string
		spoil  func(*State)
	}{
		{"comes after cluster", func(s *State) { s.Cluster[0]++ }},
		{"version 1.0 comes after 1.1", func(s *State) { s.Version = 0 }},
		{"version 0.9 comes after 1.1", func(s *State) { s.Generation, s.Version = 0, 9 }},
		{"version 1.1 has two contents", func(s *State) { s.nodes[0].Host = "elsewhere" }},
		{"epochs fell", func(s *State) { s.Version, s.epoch = 2, 3 }},
		{"at epoch 2", func(s *State) { s.Version, s.shards[0].Epoch = 2, 2 }},
		{"went from", func(s *State) { s.Version, s.shards[0].Primary = 2, nodeNamed("a") }},
		{"fell from 1 to 0", func(s *State) { s.Version, s.nodes[0].Boot = 2, 0 }},
	} {
		s := deepCopy(before)
		c.spoil(s)
		var check *CheckError
		if err := s.CheckSuccessor(before); !errors.As(err, &check) || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("want %q, got %v", c.reason, err)
		}
	}
}
