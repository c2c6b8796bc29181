package core

import (
	"errors"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/wire"
)

// bus is the node's side of its conversation with other nodes. A message is an envelope (package wire), alone in a datagram
// or one behind the other on a stream.
type bus struct {
	streams streamTable
	// nextStreamSweep is when some stream may have been silent for too long.
	nextStreamSweep time.Duration
}

func (n *Node) datagram(e *Datagram) {
	n.counters.Bus.DatagramsReceived++
	envelope, err := wire.OpenDatagram(e.Bytes)
	if err != nil {
		n.options.Marks.Hit(marks.DatagramDamaged)
		n.countDamage(err)
		return
	}
	n.message(&envelope, e.From, false)
}

func (n *Node) countDamage(err error) {
	var damage *wire.Error
	if !errors.As(err, &damage) {
		panic("core: wire reports an error that is not its own: " + err.Error())
	}
	n.counters.Bus.Damaged[damage.Kind]++
}

// message handles one opened envelope and reports whether its sender may go on: what is not of this cluster, or not of a
// member, is dropped and counted.
func (n *Node) message(envelope *wire.Envelope, from netip.AddrPort, reliable bool) bool {
	counters := &n.counters.Bus
	if !n.isOpen {
		n.options.Marks.Hit(marks.MessageBeforeBoot)
		return true // nothing may be answered yet; the sender repeats itself
	}
	if envelope.Kind == wire.KindMeet {
		return n.understood(n.receiveMeet(envelope, from, reliable))
	}
	if n.fromNewCluster(envelope, reliable) {
		return n.understood(n.receiveConfiguration(envelope.Sender, envelope.Payload))
	}
	if envelope.Cluster != n.state.Cluster {
		counters.ForeignCluster++
		return false
	}
	if _, member := n.state.Node(envelope.Sender); !member || envelope.Sender == n.self {
		counters.Strangers++
		return n.tellForgotten(envelope, from, reliable)
	}
	n.heardStamp(envelope.Sender, envelope.Stamp)
	var err error
	switch {
	case envelope.Kind == wire.KindGossip:
		err = n.gossip.Receive(n.at.Now, envelope.Sender, envelope.Payload, reliable)
	case envelope.Kind == wire.KindPublish && reliable:
		err = n.receivePublished(envelope.Payload)
	case envelope.Kind == wire.KindConsensus:
		err = n.receiveGroup(envelope.Sender, envelope.Payload)
	case envelope.Kind == wire.KindConfiguration:
		err = n.receiveConfiguration(envelope.Sender, envelope.Payload)
	case envelope.Kind == wire.KindSlot && reliable:
		err = n.receiveSlot(envelope.Sender, envelope.Payload)
	default:
		counters.UnknownKind++
		return false
	}
	return n.understood(err)
}

// understood counts a message that could not be read, and reports whether its sender may go on.
func (n *Node) understood(err error) bool {
	if err != nil {
		n.counters.Bus.Unreadable++
	}
	return err == nil
}

// fromNewCluster reports whether a message brings the configuration of the cluster that this node has joined and does not have yet.
func (n *Node) fromNewCluster(envelope *wire.Envelope, reliable bool) bool {
	a := n.attempt
	return a != nil && a.joined && envelope.Sender == a.host && envelope.Cluster == a.cluster &&
		envelope.Kind == wire.KindConfiguration && reliable
}

// takeGossip carries out what failure detection wants done and puts its news into force.
func (n *Node) takeGossip() {
	sends, changes := n.gossip.Take()
	for i := range sends {
		send := &sends[i]
		if send.Reliable {
			n.sendReliably(send.To, wire.KindGossip, send.Payload)
		} else {
			n.sendDatagram(send.To, wire.KindGossip, send.Payload)
		}
	}
	for i := range changes {
		if changes[i].Kind == gossip.HealthChanged {
			n.refreshServing()
			n.lookAt = n.at.Now
		}
	}
}

// sendDatagram wraps a payload and sends it to a member, or drops it if the member's address is not known.
func (n *Node) sendDatagram(to wire.NodeID, kind wire.Kind, payload []byte) {
	address, ok := n.busAddress(to)
	if !ok || !n.isOpen {
		return
	}
	n.counters.Bus.DatagramsSent++
	n.emit(Effect{Kind: SendDatagram, To: address, Bytes: n.seal(kind, payload)})
}

// datagramRoom is how many bytes of payload a datagram may carry.
func (n *Node) datagramRoom() int { return n.options.MaxDatagram - wire.Overhead }

// seal wraps a payload in an envelope of this node.
func (n *Node) seal(kind wire.Kind, payload []byte) []byte {
	cluster := n.state.Cluster
	if n.attempt != nil && n.attempt.joined && kind == wire.KindConfiguration {
		cluster = n.attempt.cluster
	}
	envelope := wire.Envelope{Kind: kind, Cluster: cluster, Sender: n.self, Boot: n.boot, Stamp: n.stamp, Payload: payload}
	start := len(n.lent)
	n.lent = envelope.Append(n.lent)
	return n.lent[start:len(n.lent):len(n.lent)]
}

// busAddress returns where a member listens for its peers.
func (n *Node) busAddress(id wire.NodeID) (netip.AddrPort, bool) {
	if n.attempt != nil && n.attempt.host == id {
		return n.attempt.at, true
	}
	node, ok := n.state.Node(id)
	if !ok {
		return netip.AddrPort{}, false
	}
	host, err := netip.ParseAddr(node.Host)
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(host, node.BusPort), true
}
