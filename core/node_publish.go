package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// A message of PUBLISH goes to the subscribers of every node, one of SPUBLISH to those of the nodes of the shard. The node that
// a client has told sends it to the others, on the streams of the bus, so that each hears the messages of one node in
// their order. As in Redis a message is delivered at most once: a stream that breaks loses what is in flight.
//
//	┌───────┬──────────────┬─────────────┐
//	│ shard │ channel      │ message     │
//	│ 1 B   │ length, data │ to the end  │
//	└───────┴──────────────┴─────────────┘

// maxPublish is the largest payload that fits into a frame. A larger message stays at the node that was told.
const maxPublish = wire.MaxFrame - wire.Overhead

// published is a message on its way to the subscribers of other nodes.
type published struct {
	shard            bool
	channel, message []byte
}

func (p *published) append(dst []byte) []byte {
	dst = wire.AppendBool(dst, p.shard)
	dst = wire.AppendPrefixed(dst, p.channel)
	return append(dst, p.message...)
}

// decodePublished reads a payload, which the result aliases. The error is a *wire.Error.
func decodePublished(payload []byte) (p published, err error) {
	reader := wire.NewReader(payload)
	p.shard = reader.Bool()
	p.channel = reader.Prefixed(maxPublish)
	p.message = reader.Bytes(reader.Len())
	return p, reader.Finish()
}

// Broadcast implements command.Server. Nobody is told by a node that may not speak yet, nor is who is known to be down.
func (n *Node) Broadcast(shard bool, channel, message []byte) {
	if len(n.state.Nodes()) == 1 || !n.isOpen {
		return
	}
	p := published{shard: shard, channel: channel, message: message}
	payload := p.append(nil)
	if len(payload) > maxPublish {
		n.counters.Bus.PublishesTooLarge++
		return
	}
	var sealed []byte
	for _, member := range n.listeners(shard, channel) {
		if member == n.self || n.health(member) == topology.Failed {
			continue
		}
		if sealed == nil {
			sealed = n.seal(wire.KindPublish, payload)
		}
		n.sendSealed(member, sealed)
	}
}

// listeners are the nodes whose clients may listen to a channel, sorted.
func (n *Node) listeners(shard bool, channel []byte) []wire.NodeID {
	if !shard {
		return n.memberIDs()
	}
	owner, _ := n.state.Owner(slots.Of(channel))
	return owner.Members
}

// receivePublished tells the subscribers of this node of a message that another node was given.
func (n *Node) receivePublished(payload []byte) error {
	p, err := decodePublished(payload)
	if err != nil {
		return err
	}
	command.Deliver(n.sessions, p.shard, p.channel, p.message)
	return nil
}
