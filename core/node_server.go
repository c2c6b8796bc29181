package core

import (
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
)

// View implements command.Server.
func (n *Node) View() *topology.View {
	n.view.Wall = n.at.Wall
	n.view.Messages = n.messageCounts()
	n.view.TLS = n.current != nil && n.current.session.TLS
	if seen := n.seenBy(n.current); seen != n.state {
		n.proposedView = n.view
		n.proposedView.State = seen
		return &n.proposedView
	}
	return &n.view
}

// messageCounts is what CLUSTER INFO says of the bus, with the two ways of a message in place of Redis's types.
func (n *Node) messageCounts() []topology.MessageCount {
	bus := &n.counters.Bus
	return []topology.MessageCount{
		{Type: "datagram", Sent: bus.DatagramsSent, Received: bus.DatagramsReceived},
		{Type: "frame", Sent: bus.FramesSent, Received: bus.FramesReceived},
	}
}

// Parameters implements command.Server.
func (n *Node) Parameters() []command.Parameter { return n.options.Parameters }

// Random implements command.Server.
func (n *Node) Random() *random.Stream { return n.options.Random }

// ClientName returns the name that a client gave to its connection, or nothing.
func (n *Node) ClientName(id ClientID) string {
	if c := n.client(id); c != nil {
		return c.session.Name
	}
	return ""
}
