package core

import (
	"time"

	"github.com/ember-cluster/ember/core/topology"
)

// description is how the node sees to it that the configuration tells the truth about it: its addresses and its boot number. The node
// proposes what differs, until it does not.
type description struct {
	describing bool
	// describeAt is when the node tries next, after an attempt that came to nothing; 0 before there was one.
	describeAt time.Duration
	// trueIn is the configuration that was found to tell the truth, of a node that was seen where trueAt says: the question is asked
	// after every event, and the answer seldom changes.
	trueIn *topology.State
	trueAt string
}

// describeInterval is the pause behind an attempt that came to nothing.
const describeInterval = time.Second

// describe proposes what the configuration should say of the node, if it says something else.
func (n *Node) describe() {
	if n.trueIn == n.state && n.trueAt == n.seenAt {
		return
	}
	if !n.started || n.persisted < n.openingPosition || n.describing || n.at.Now < n.describeAt || n.fenced() != nil {
		return
	}
	changes := n.misdescribed()
	if len(changes) == 0 {
		n.trueIn, n.trueAt = n.state, n.seenAt
		return
	}
	n.describing = true
	again := func(topology.Result, error) { n.describing, n.describeAt = false, n.at.Now+describeInterval }
	if err := n.proposeOwn(topology.Batch{Commands: changes}, again); err != nil {
		again(topology.Result{}, err)
	}
}

// misdescribed returns the changes by which the configuration would say of the node what it says of itself.
func (n *Node) misdescribed() []topology.Command {
	known, ok := n.state.Node(n.self)
	if !ok {
		return nil
	}
	shard, _ := n.state.Shard(known.Shard)
	var changes []topology.Command
	address := n.address(known.Host)
	address.Node, address.Epoch = n.self, shard.Epoch
	if address != (topology.SetAddress{
		Node: n.self, Epoch: shard.Epoch, Host: known.Host, Hostname: known.Hostname, Zone: known.Zone,
		ClientPort: known.ClientPort, BusPort: known.BusPort, TLSPort: known.TLSPort,
	}) {
		changes = append(changes, address)
	}
	if known.Boot < n.boot {
		changes = append(changes, topology.SetBoot{Node: n.self, Epoch: shard.Epoch, Boot: n.boot})
	}
	return changes
}

// announced returns what others are told of the node, as far as it knows.
func (n *Node) announced() Announce { return n.options.Announce.Override(&n.settings) }

// address returns what the node announces. Where it does not know its own host it has the one that it was seen at, or is known by.
func (n *Node) address(known string) topology.SetAddress {
	announce := n.announced()
	host := announce.Host
	if host == "" {
		host = known
	}
	if host == "" {
		host = n.seenAt
	}
	return topology.SetAddress{
		Host: host, Hostname: announce.Hostname, Zone: announce.Zone, ClientPort: announce.ClientPort, BusPort: announce.BusPort, TLSPort: announce.TLSPort,
	}
}

// describeDeadline returns when the node has to try again.
func (n *Node) describeDeadline() time.Duration {
	if n.describing || n.describeAt <= n.at.Now {
		return Never
	}
	return n.describeAt
}
