package core

import (
	"net/netip"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
)

// View implements command.Server.
func (n *Node) View() *topology.View {
	n.view.Wall = n.at.Wall
	n.view.Messages = n.messageCounts()
	if ahead := n.seenByProposer(); ahead != n.state {
		n.proposedView = n.view
		n.proposedView.State = ahead
		return &n.proposedView
	}
	return &n.view
}

// seenByProposer returns the configuration that the current client sees: whoever has proposed a change goes on from there, as
// if it were in force.
func (n *Node) seenByProposer() *topology.State {
	switch {
	case n.ahead != nil:
		return n.ahead
	case n.current != nil && n.current.proposals > 0:
		return n.tentative
	}
	return n.state
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

// Meet implements command.Server.
func (n *Node) Meet(ctx *command.Context, _ netip.Addr, _, _ uint16) {
	ctx.Reply.Error("ERR This version of Ember cannot join clusters yet")
}

// ResetCluster implements command.Server.
func (n *Node) ResetCluster(ctx *command.Context, _ bool) {
	ctx.Reply.Error("ERR This version of Ember cannot leave clusters yet")
}
