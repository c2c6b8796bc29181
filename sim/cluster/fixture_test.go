package cluster

import (
	"testing"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// mustBuild returns a configuration in which the first node owns everything.
func mustBuild(t *testing.T, c *Cluster) *topology.State {
	t.Helper()
	var specs []topology.ShardSpec
	for i, address := range c.addresses {
		spec := topology.ShardSpec{ID: topology.ShardID{byte(i + 1)}, Nodes: []topology.Node{{
			ID: wire.NodeID{byte(i + 1)}, Host: address.Addr().String(), ClientPort: ClientPort, BusPort: BusPort,
		}}}
		if i == 0 {
			spec.Slots.AddRange(slots.Range{First: 0, Last: slots.Count - 1})
		}
		specs = append(specs, spec)
	}
	state, err := topology.Build(wire.ClusterID{1}, specs...)
	if err != nil {
		t.Fatal(err)
	}
	return state
}
