package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// persistence is where the node's log stands.
type persistence struct {
	// appended is the position of the last record given to the driver, persisted of the last one known to be durable.
	// Invariant: persisted <= appended.
	appended, persisted uint64
	// openingPosition is the record that announces this boot. Nothing leaves the node before it is durable.
	openingPosition uint64
	// logError is what is answered to whoever needs the log, once that has failed.
	logError error
}

// newCluster draws an identity and returns a solo cluster's configuration. The draw becomes durable with the opening record.
func (n *Node) newCluster() *topology.State {
	var cluster wire.ClusterID
	var shard topology.ShardID
	n.options.Random.Fill(n.self[:])
	n.options.Random.Fill(cluster[:])
	n.options.Random.Fill(shard[:])
	return topology.Solo(cluster, topology.Node{ID: n.self, ClientPort: n.options.Announce.ClientPort, BusPort: n.options.Announce.BusPort}, shard)
}

// describeSelf brings the node's own entry of the configuration up to date with its addresses and boot number. Only a
// solo node may do so by itself; the entries of a larger cluster change by proposals.
func (n *Node) describeSelf() {
	if len(n.state.Nodes()) > 1 {
		return
	}
	announce := n.options.Announce
	shard, _ := n.state.ShardOf(n.self)
	for _, change := range []topology.Command{
		topology.SetAddress{
			Node: n.self, Epoch: shard.Epoch, Host: announce.Host, Hostname: announce.Hostname, Zone: announce.Zone,
			ClientPort: announce.ClientPort, BusPort: announce.BusPort, TLSPort: announce.TLSPort,
		},
		topology.SetBoot{Node: n.self, Epoch: shard.Epoch, Boot: n.boot},
	} {
		next, result := n.state.Apply(change)
		if result.Err != nil {
			panic("core: a solo node cannot describe itself: " + result.Err.Error())
		}
		n.state = next
	}
}

// appendState gives the driver a record of the configuration and returns its position.
func (n *Node) appendState(state *topology.State) uint64 {
	n.appended++
	start := len(n.lent)
	record := Record{Node: n.self, Boot: n.boot, State: state}
	n.lent = record.Append(n.lent)
	n.emit(Effect{Kind: Append, Position: n.appended, Bytes: n.lent[start:len(n.lent):len(n.lent)]})
	return n.appended
}

// recordsPersisted decides what waited for the log.
func (n *Node) recordsPersisted(position uint64) {
	if position > n.appended {
		panic("core: a record is durable that was never appended")
	}
	if position <= n.persisted || n.logError != nil {
		return
	}
	n.persisted = position
	// The newest durable record holds everything; older ones are history.
	n.emit(Effect{Kind: Release, Position: position})
	if n.gossip == nil && n.opened() {
		n.startGossip()
	}
	n.settleDecided()
	n.releaseParked()
}

// logFailed refuses what waits for the log. Whether the records of these changes are on the disk is not known, and does not
// matter to this process: it goes on with the configuration that is in force.
func (n *Node) logFailed(reason string) {
	if n.logError != nil {
		panic("core: the log fails twice: " + reason)
	}
	n.options.Marks.Hit(marks.LogFailed)
	n.logError = command.LogFailed(reason)
	if !n.opened() {
		n.emit(Effect{Kind: Stop})
		return
	}
	n.failProposals(n.logError)
	n.releaseParked()
}

// opened reports whether this boot's opening record is durable.
func (n *Node) opened() bool { return n.persisted >= n.openingPosition }

// install puts a configuration into force.
func (n *Node) install(state *topology.State) {
	if state == n.state {
		return
	}
	n.state = state
	n.refreshView()
	n.sessions.DropShardChannels(func(name string) bool { return n.inShardOf(slots.Of([]byte(name))) })
	if n.gossip != nil {
		n.gossip.SetVersion(state.Version)
		n.gossip.SetMembers(n.at.Now, n.memberIDs())
	}
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
