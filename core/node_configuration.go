package core

import (
	"time"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// newCluster draws an identity and returns a solo cluster's configuration. The draw becomes durable with the opening record.
func (n *Node) newCluster() *topology.State {
	n.options.Random.Fill(n.self[:])
	return n.soloState(n.self, 1)
}

// soloState returns the configuration of a cluster that has this node only, under some id and at some boot. The identity of the cluster
// is drawn, and the node votes.
func (n *Node) soloState(self wire.NodeID, boot uint64) *topology.State {
	var cluster wire.ClusterID
	var shard topology.ShardID
	n.options.Random.Fill(cluster[:])
	n.options.Random.Fill(shard[:])
	announce := n.announced()
	state := topology.Solo(cluster, topology.Node{
		ID: self, Host: announce.Host, Hostname: announce.Hostname, Zone: announce.Zone,
		ClientPort: announce.ClientPort, BusPort: announce.BusPort, TLSPort: announce.TLSPort, Boot: boot,
	}, shard)
	state, result := state.Apply(topology.SetVoters{Voters: []wire.NodeID{self}})
	if result.Err != nil {
		panic("core: the only node of a cluster cannot vote: " + result.Err.Error())
	}
	return state
}

// install puts a configuration into force: a newer one of the cluster, or one of another cluster.
func (n *Node) install(state *topology.State) {
	if state == n.state {
		return
	}
	before, migrating, importing, owned := n.state, n.migrating, n.importing, n.owned
	n.state = state
	n.noteState()
	n.lookAt = n.at.Now
	n.refreshView()
	if n.started && before.Cluster == state.Cluster {
		n.tellPartners(before, migrating, importing, owned)
	}
	n.sessions.DropShardChannels(func(name string) bool { return n.inShardOf(slots.Of([]byte(name))) })
	if n.gossip != nil {
		n.gossip.SetVersion(state.Version)
		n.gossip.SetMembers(n.at.Now, n.memberIDs())
	}
	n.consultGroup()
}

// noteState keeps what is told of the configuration in force.
func (n *Node) noteState() {
	n.stamp = n.state.Stamp()
	n.archive.Add(n.state)
}

// advanceConfiguration does what is due about the configuration: decide, settle what is decided, look after what should be proposed.
func (n *Node) advanceConfiguration() {
	n.advancePull()
	n.advanceGroup()
	for {
		n.advanceRequests()
		n.advanceClosing()
		n.settleDecided()
		n.describe()
		n.open()
		if n.isOpen {
			n.chooseVoters()
			n.advanceJoin()
			n.advanceRemovals()
			n.advanceReset()
		}
		if !n.touched && !n.answered {
			return
		}
		n.advanceGroup()
	}
}

// configurationDeadline returns when advanceConfiguration has something to do next.
func (n *Node) configurationDeadline() time.Duration {
	if !n.started {
		return Never
	}
	deadline := min(n.machine.NextDeadline(), n.pullEnd, n.proposalDeadline(), n.requestDeadline(), n.describeDeadline())
	if n.isOpen {
		deadline = min(deadline, n.voterDeadline(), n.joinDeadline(), n.leavingDeadline())
	}
	return deadline
}

// memberIDs lists the nodes of the configuration, sorted.
func (n *Node) memberIDs() []wire.NodeID {
	nodes := n.state.Nodes()
	ids := make([]wire.NodeID, len(nodes))
	for i := range nodes {
		ids[i] = nodes[i].ID
	}
	return ids
}
