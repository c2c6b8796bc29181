package core

import "github.com/ember-cluster/ember/core/wire"

// Counters count what a node has seen. All rise only.
type Counters struct {
	// Connections counts accepted clients; Commands the commands executed, with or without success.
	Connections, Commands uint64
	// ProtocolErrors counts clients closed for bad framing; QueryBufferOverruns those closed for too much unexecuted input.
	ProtocolErrors, QueryBufferOverruns uint64
	// OutputOverruns counts clients closed because they did not read what they were sent.
	OutputOverruns uint64
	// Redirects counts MOVED and ASK replies; Unserved counts CLUSTERDOWN replies.
	Redirects, Unserved uint64
	// EvictedKeys counts the keys that made room when memory was short.
	EvictedKeys uint64
	// ExpiredKeys counts the keys that active expiry deleted.
	ExpiredKeys uint64
	Bus         BusCounters
}

// BusCounters count messages between nodes, and why any were dropped.
type BusCounters struct {
	// Datagrams and frames (messages on a stream) that were sent and that arrived.
	DatagramsSent, DatagramsReceived, FramesSent, FramesReceived uint64
	// Damaged counts envelopes that could not be opened, by wire.ErrorKind.
	Damaged [wire.Kinds]uint64
	// ForeignCluster counts messages of another cluster, Strangers those of nodes that the configuration doesn't have,
	// Unreadable those whose payload did not decode, UnknownKind those that this version has no handler for.
	ForeignCluster, Strangers, Unreadable, UnknownKind uint64
	// ConsensusRefused counts messages of the consensus group that did not fit what this node knew of the group, or not any more.
	ConsensusRefused uint64
	// PublishesTooLarge counts messages of PUBLISH that do not fit into a frame, and were delivered at this node only.
	PublishesTooLarge uint64
	// StreamsRefused counts streams beyond the bound.
	StreamsRefused uint64
}

// Dropped returns how many messages were dropped, for whatever reason.
func (c *BusCounters) Dropped() uint64 {
	dropped := c.ForeignCluster + c.Strangers + c.Unreadable + c.UnknownKind
	for _, count := range c.Damaged {
		dropped += count
	}
	return dropped
}
