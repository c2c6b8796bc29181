package cluster

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
)

// layOut builds the configuration that the cluster starts from: every node a shard of its own, with its share of the slots.
func (c *Cluster) layOut() error {
	var cluster wire.ClusterID
	c.World.Random("identity").Fill(cluster[:])
	var specs []topology.ShardSpec
	c.ids = make([]wire.NodeID, len(c.hosts))
	for i, host := range c.hosts {
		if c.Config.Nodes[i].Empty {
			continue
		}
		var spec topology.ShardSpec
		spec.Epoch = uint64(c.Config.Nodes[i].Number)
		identity := host.Random("identity")
		identity.Fill(spec.ID[:])
		identity.Fill(c.ids[i][:])
		spec.Nodes = []topology.Node{{
			ID: c.ids[i], Host: host.Address().String(), ClientPort: ClientPort, BusPort: BusPort,
		}}
		if c.Config.Described {
			spec.Nodes[0].Boot = 1
		}
		spec.Slots = c.share(i)
		specs = append(specs, spec)
	}
	if len(specs) == 0 {
		return nil
	}
	state, err := topology.Build(cluster, specs...)
	if err != nil {
		return err
	}
	everyone := func(topology.NodeID) topology.Fitness { return topology.Fit }
	state, result := state.Apply(topology.SetVoters{Voters: topology.ChooseVoters(state, everyone)})
	if result.Err != nil {
		return result.Err
	}
	c.state = state
	return nil
}

// Voters returns the names of the nodes that decide on the configuration at the start, in the order of their numbers. The error is
// a mistake in the configuration.
func (c *Config) Voters() ([]string, error) {
	unwatched := *c
	unwatched.Watch = Watch{}
	laidOut, err := New(unwatched, sim.Plan{})
	if err != nil {
		return nil, err
	}
	var names []string
	if laidOut.state == nil {
		return nil, nil // there are new nodes only
	}
	for i, id := range laidOut.ids {
		if slices.Contains(laidOut.state.Voters(), id) {
			names = append(names, laidOut.hosts[i].Name())
		}
	}
	return names, nil
}

// share returns the row of slots that a node gets, in proportion to its share.
func (c *Cluster) share(index int) (set slots.Set) {
	total, before := 0, 0
	for i, node := range c.Config.Nodes {
		total += node.Share
		if i < index {
			before += node.Share
		}
	}
	share := c.Config.Nodes[index].Share
	if share == 0 {
		return set
	}
	if first, last := before*slots.Count/total, (before+share)*slots.Count/total-1; first <= last {
		set.AddRange(slots.Range{First: slots.Slot(first), Last: slots.Slot(last)})
	}
	return set
}

// format writes the configuration to a node's disk, as if it had been there from an earlier life.
func (c *Cluster) format(index int, host *sim.Host) error {
	_, log, err := recoverLog(host.Disk(), c.Config.LogSegment, 0)
	if err != nil {
		return err
	}
	for _, record := range core.FoundingLog(c.ids[index], 0, c.state) {
		if _, err := log.Append(record); err != nil {
			return fmt.Errorf("formatting the disk of %s: %w", host.Name(), err)
		}
	}
	if _, err := log.Sync(); err != nil {
		return fmt.Errorf("formatting the disk of %s: %w", host.Name(), err)
	}
	return log.Close()
}
