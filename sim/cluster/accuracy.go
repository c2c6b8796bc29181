package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
)

// checkAccuracy checks that failure detection accuses nobody without a reason: as long as every node reaches every other in good
// time, be it by way of a third, none may be suspected.
func (c *Cluster) checkAccuracy() error {
	if suspicions := c.marks.Hits(marks.SuspicionStarted); suspicions > 0 && c.connected() {
		return fmt.Errorf("nodes have suspected each other %d times, and could always reach each other in good time", suspicions)
	}
	return nil
}

// connected reports whether nothing has kept any node from any other: links and disks are quick, and the only faults are cuts
// between two nodes, one at a time, around which others lead.
func (c *Cluster) connected() bool {
	network, quick := c.Config.Network, c.Config.Gossip.ProbeTimeout/8
	if network.Loss > 0 || network.Corrupt > 0 || network.Reorder > 0 || network.Bandwidth > 0 || network.Latency+network.Jitter > quick {
		return false
	}
	for _, node := range c.Config.Nodes {
		if node.DiskLatency > quick || node.Unhealed { // a node that starts is silent until its disk has answered
			return false
		}
	}
	if len(c.plan.Faults) > 0 && (len(c.Config.Nodes) < 3 || c.Config.Gossip.IndirectProbes == 0) {
		return false
	}
	for i, f := range c.plan.Faults {
		if f.Kind != sim.FaultPartition || len(f.Hosts) != 1 || len(f.Peers) != 1 || f.For == 0 {
			return false
		}
		for _, other := range c.plan.Faults[:i] {
			if f.At < other.At+other.For && other.At < f.At+f.For {
				return false
			}
		}
	}
	return true
}
