package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/transport"
)

// connectionNames translates between the streams of the client port and the small numbers by which a node knows its clients.
type connectionNames struct {
	clients map[transport.StreamID]core.ClientID
	streams []transport.StreamID // by client; 0 where the number is free
	free    []core.ClientID
	logs    []*connectionLog // by client; nil until the client has named its connection
}

func (n *connectionNames) init() { n.clients = map[transport.StreamID]core.ClientID{} }

func (n *connectionNames) open(stream transport.StreamID) core.ClientID {
	if len(n.free) == 0 {
		n.free = append(n.free, core.ClientID(len(n.streams)))
		n.streams = append(n.streams, 0)
		n.logs = append(n.logs, nil)
	}
	client := n.free[len(n.free)-1]
	n.free = n.free[:len(n.free)-1]
	n.clients[stream], n.streams[client] = client, stream
	return client
}

func (n *connectionNames) close(stream transport.StreamID) (core.ClientID, bool) {
	client, ok := n.clients[stream]
	if ok {
		delete(n.clients, stream)
		n.streams[client], n.logs[client] = 0, nil
		n.free = append(n.free, client)
	}
	return client, ok
}

func (n *connectionNames) client(stream transport.StreamID) (core.ClientID, bool) {
	client, ok := n.clients[stream]
	return client, ok
}

func (n *connectionNames) stream(client core.ClientID) transport.StreamID {
	if n.streams[client] == 0 {
		panic(fmt.Sprintf("cluster: the node speaks to client %d, which is gone", client))
	}
	return n.streams[client]
}

// streamNames translates between the bus's streams and the numbers that the node has chosen for them.
type streamNames struct {
	toNode map[transport.StreamID]core.StreamID
	toBus  map[core.StreamID]transport.StreamID
}

func (n *streamNames) init() {
	n.toNode = map[transport.StreamID]core.StreamID{}
	n.toBus = map[core.StreamID]transport.StreamID{}
}

func (n *streamNames) inbound(bus transport.StreamID) core.StreamID {
	return n.pair(core.StreamID(bus)|core.InboundStream, bus)
}

func (n *streamNames) outbound(node core.StreamID, bus transport.StreamID) { n.pair(node, bus) }

func (n *streamNames) pair(node core.StreamID, bus transport.StreamID) core.StreamID {
	n.toNode[bus], n.toBus[node] = node, bus
	return node
}

func (n *streamNames) ofBus(bus transport.StreamID) (core.StreamID, bool) {
	node, ok := n.toNode[bus]
	return node, ok
}

// ofNode returns the bus's stream, or 0, which no stream has, if the peer has closed it meanwhile.
func (n *streamNames) ofNode(node core.StreamID) transport.StreamID { return n.toBus[node] }

func (n *streamNames) forget(bus transport.StreamID) (core.StreamID, bool) {
	node, ok := n.toNode[bus]
	if ok {
		delete(n.toNode, bus)
		delete(n.toBus, node)
	}
	return node, ok
}
