package core

import (
	"testing"

	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

func TestMemoryKnowsTheLastRecord(t *testing.T) {
	self, cluster := wire.NodeID{1}, wire.ClusterID{2}
	state := topology.Solo(cluster, topology.Node{ID: self, Host: "10.0.0.1", ClientPort: 7000, BusPort: 17000}, topology.ShardID{3})
	state, _ = state.Apply(topology.SetVoters{Voters: []wire.NodeID{self}})
	var m Memory
	if known, err := m.State(); known != nil || err != nil || m.Group(cluster) != nil {
		t.Errorf("an empty log says %v, %v, %v", known, err, m.Group(cluster))
	}
	for _, record := range FoundingLog(self, 1, state) {
		if err := m.Add(record); err != nil {
			t.Fatal(err)
		}
	}
	if group := m.Group(cluster); group == nil || group.Last() != 1 {
		t.Errorf("of the group it knows %v", group)
	}
	newer, _ := state.Apply(topology.SetBoot{Node: self, Boot: 2})
	record := Record{Node: self, Boot: 2, State: newer}
	for _, want := range []*topology.State{state, newer} {
		if known, err := m.State(); err != nil || known.Stamp() != want.Stamp() {
			t.Errorf("it knows version %v (%v), not %v", known.Stamp(), err, want.Stamp())
		}
		if err := m.Add(record.Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Add([]byte{99, 99}); err == nil {
		t.Error("a record of no kind is taken")
	}
}
