package core

import (
	"slices"
	"strconv"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/session"
)

// Info implements command.Server. The fields are in the order in which Redis 7.2 has them; those of Ember alone come last.
func (n *Node) Info(section string) []command.Field {
	switch section {
	case "server":
		return n.infoServer()
	case "clients":
		return n.infoClients()
	case "persistence":
		return n.infoPersistence()
	case "stats":
		return n.infoStats()
	case "cluster":
		return n.infoCluster()
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
		{Name: "os", Value: process.OS},
		{Name: "arch_bits", Value: strconv.Itoa(strconv.IntSize)},
		number("process_id", uint64(process.ID)),
		{Name: "process_supervised", Value: "no"},
		{Name: "run_id", Value: n.self.String()},
		number("tcp_port", uint64(n.options.Announce.ClientPort)),
		{Name: "server_time_usec", Value: strconv.FormatInt(n.at.Wall*1000, 10)},
		number("uptime_in_seconds", uptime),
		number("uptime_in_days", uptime/(24*60*60)),
		{Name: "executable", Value: process.Executable},
		{Name: "config_file", Value: process.ConfigFile},
		number("io_threads_active", 0),
		{Name: "ember_version", Value: process.Version},
	}
}

// infoCluster shows where the node is in the history of the configuration, and how many decide on it.
func (n *Node) infoCluster() []command.Field {
	votes := uint64(0)
	if slices.Contains(n.state.Voters(), n.self) {
		votes = 1
	}
	return []command.Field{
		{Name: "cluster_enabled", Value: "1"},
		number("cluster_config_generation", n.state.Generation),
		number("cluster_config_version", n.state.Version),
		number("cluster_voters", uint64(len(n.state.Voters()))),
		number("cluster_voter", votes),
	}
}

func (n *Node) infoPersistence() []command.Field {
	status := "ok"
	if n.logError != nil {
		status = "err"
	}
	return []command.Field{number("loading", 0), number("async_loading", 0), {Name: "aof_last_write_status", Value: status}}
}

func (n *Node) infoClients() []command.Field {
	tracking, _, _, _ := n.sessions.TrackingCounts()
	return []command.Field{
		number("connected_clients", uint64(n.connected)),
		number("cluster_connections", uint64(len(n.streams.open))),
		number("maxclients", uint64(n.settings.MaxClients)),
		number("blocked_clients", uint64(len(n.postponed))),
		number("tracking_clients", uint64(tracking)),
	}
}

// Memory implements command.Server.
func (n *Node) Memory() command.MemoryReport {
	report := command.MemoryReport{
		Used: n.usedMemory(), Clients: int64(n.clientMemory()),
		Space: n.space.Memory(), Freeing: n.space.Working(), System: int64(n.options.Process.SystemMemory),
	}
	report.Peak = n.peakMemory
	if read := n.options.Process.MemoryUsed; read != nil {
		report.Resident = int64(read())
	}
	return report
}

// infoStats shows what was counted since the last CONFIG RESETSTAT.
func (n *Node) infoStats() []command.Field {
	c, since, counts := &n.counters, &n.baseline, &n.context.Counts
	_, keys, items, prefixes := n.sessions.TrackingCounts()
	fields := []command.Field{
		number("total_connections_received", c.Connections-since.Connections),
		number("total_commands_processed", c.Commands-since.Commands),
		number("rejected_connections", n.refused()),
		number("expired_keys", c.ExpiredKeys-since.ExpiredKeys+counts.Expired),
		number("evicted_keys", c.EvictedKeys-since.EvictedKeys),
		number("keyspace_hits", counts.Hits),
		number("keyspace_misses", counts.Misses),
		number("pubsub_channels", uint64(n.sessions.NameCount(session.Channel))),
		number("pubsub_patterns", uint64(n.sessions.NameCount(session.Pattern))),
		number("pubsubshard_channels", uint64(n.sessions.NameCount(session.ShardChannel))),
		number("tracking_total_keys", uint64(keys)),
		number("tracking_total_items", uint64(items)),
		number("tracking_total_prefixes", uint64(prefixes)),
		number("total_error_replies", n.context.Statistics.TotalErrors()),
		number("client_query_buffer_limit_disconnections", c.QueryBufferOverruns-since.QueryBufferOverruns),
		number("client_output_buffer_limit_disconnections", c.OutputOverruns-since.OutputOverruns),
		number("client_protocol_errors", c.ProtocolErrors-since.ProtocolErrors),
		number("cluster_redirections", c.Redirects-since.Redirects),
		number("cluster_bus_dropped", c.Bus.Dropped()-since.Bus.Dropped()),
	}
	if stats := n.options.Process.Stats; stats != nil {
		fields = append(fields, stats()...)
	}
	return fields
}

func (n *Node) refused() uint64 {
	if n.options.Process.Refused == nil {
		return 0
	}
	return n.options.Process.Refused()
}
