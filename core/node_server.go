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
	if n.current != nil && n.current.proposals > 0 {
		// A transaction that has proposed a change goes on from there, as if it were in force.
		n.proposedView = n.view
		n.proposedView.State = n.tentative
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

// Info implements command.Server.
func (n *Node) Info(section string) []command.Field {
	switch section {
	case "server":
		return n.infoServer()
	case "clients":
		return []command.Field{number("connected_clients", uint64(n.connected))}
	case "memory":
		return n.infoMemory()
	case "stats":
		return n.infoStats()
	case "cluster":
		return []command.Field{{Name: "cluster_enabled", Value: "1"}}
	}
	return nil
}

func number(name string, value uint64) command.Field {
	return command.Field{Name: name, Value: strconv.FormatUint(value, 10)}
}

func (n *Node) infoServer() []command.Field {
	process := &n.options.Process
	uptime := uint64(n.at.Now / time.Second)
	return []command.Field{
		{Name: "ember_version", Value: process.Version},
		{Name: "os", Value: process.OS},
		{Name: "arch_bits", Value: strconv.Itoa(strconv.IntSize)},
		number("process_id", uint64(process.ID)),
		{Name: "run_id", Value: n.self.String()},
		number("tcp_port", uint64(n.options.Announce.ClientPort)),
		number("uptime_in_seconds", uptime),
		number("uptime_in_days", uptime/(24*60*60)),
		{Name: "executable", Value: process.Executable},
		{Name: "config_file", Value: process.ConfigFile},
	}
}

func (n *Node) infoMemory() []command.Field {
	fields := []command.Field{number("used_memory_dataset", uint64(n.space.Bytes()))}
	if used := n.options.Process.MemoryUsed; used != nil {
		fields = append(fields, number("used_memory", used()))
	}
	return fields
}

func (n *Node) infoStats() []command.Field {
	c, counts := &n.counters, &n.context.Counts
	return []command.Field{
		number("total_connections_received", c.Connections),
		number("total_commands_processed", c.Commands),
		number("expired_keys", c.ExpiredKeys+counts.Expired),
		number("keyspace_hits", counts.Hits),
		number("keyspace_misses", counts.Misses),
		number("client_query_buffer_limit_disconnections", c.QueryBufferOverruns),
		number("client_protocol_errors", c.ProtocolErrors),
		number("cluster_redirections", c.Redirects),
		number("cluster_bus_dropped", c.Bus.Dropped()),
	}
}

// ClientName returns the name that a client gave to its connection, or nothing.
func (n *Node) ClientName(id ClientID) string {
	if c := n.client(id); c != nil {
		return c.session.Name
	}
	return ""
}
