package topology

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// Bounds of a configuration, so that whoever decodes one knows what it can cost.
const (
	// MaxNodes bounds the nodes of a cluster.
	MaxNodes = 10000
	// MaxShards bounds the shards: a shard has a member of its own, but it need not own a slot.
	MaxShards = MaxNodes
	// MaxHost bounds the bytes of a host name or an address (RFC 1035 section 2.3.4).
	MaxHost = 255
	// MaxZone bounds the bytes of a zone label.
	MaxZone = 64
	// MaxVoters bounds the nodes that vote on changes of the configuration.
	MaxVoters = 7
	// MaxSettings bounds the cluster-wide settings, MaxSettingName and MaxSettingValue the bytes of one.
	MaxSettings, MaxSettingName, MaxSettingValue = 64, 64, 256
	// MaxJoins bounds the joins that are remembered, MaxTombstones the nodes that were forgotten. The oldest go first.
	MaxJoins, MaxTombstones = 1024, 1024
)

// The slot table holds one more than a shard's index in 16 bits.
const _ = uint16(MaxShards)

// NodeID is the identity of a node: 160 bits, shown as 40 hex digits.
type NodeID = wire.NodeID

// ClusterID is the identity of a cluster: 128 bits.
type ClusterID = wire.ClusterID

// ShardID is the identity of a shard: 160 bits, shown as 40 hex digits.
type ShardID [20]byte

// ParseShardID reads 40 lower-case hex digits.
func ParseShardID(text string) (ShardID, error) {
	var id ShardID
	if len(text) != hex.EncodedLen(len(id)) {
		return ShardID{}, fmt.Errorf("topology: a shard id has 40 hex digits, got %d characters", len(text))
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ShardID{}, fmt.Errorf("topology: shard id: %w", err)
	}
	if id.String() != text {
		return ShardID{}, fmt.Errorf("topology: shard id %q is not in lower case", text)
	}
	return id, nil
}

// String returns the 40 hex digits.
func (id ShardID) String() string { return hex.EncodeToString(id[:]) }

// Compare orders IDs by their bytes.
func (id ShardID) Compare(other ShardID) int { return bytes.Compare(id[:], other[:]) }

// IsZero reports whether the ID names no shard.
func (id ShardID) IsZero() bool { return id == ShardID{} }

// Node is one member of the cluster, as all the others know it.
type Node struct {
	// Invariant: not zero.
	ID NodeID
	// Host is the address that redirects and views name.
	// Invariant: not empty, unless the node is the only one of its cluster and does not know its own address.
	Host string
	// Hostname is an optional DNS name (cluster-announce-hostname).
	Hostname string
	// Zone is an optional failure domain.
	Zone string
	// ClientPort and BusPort are TCP ports. The bus uses UDP on the same number too.
	ClientPort, BusPort uint16
	// TLSPort is the TCP port for clients that use TLS, 0 if there is none.
	TLSPort uint16
	// Boot is the number of the node's last start. It never falls.
	Boot uint64
	// Shard is the one that the node is a member of.
	Shard ShardID
}

// Shard is a group of nodes that hold the same data, and one of them that serves it.
type Shard struct {
	// Invariant: not zero.
	ID ShardID
	// Epoch grows with every change of the primary. It never falls.
	Epoch uint64
	// Primary is the member that serves the shard's slots.
	// Invariant: in InSync.
	Primary NodeID
	// Members are the nodes that hold a copy, complete or not.
	// Invariant: sorted, unique; exactly the nodes whose Shard is this one.
	Members []NodeID
	// InSync are the members that have every acknowledged write.
	// Invariant: sorted, unique, a subset of Members.
	InSync []NodeID
}

// Mark says that a slot is on its way from one shard to another, key by key (CLUSTER SETSLOT): the source's absent keys are the
// target's.
type Mark struct {
	Slot slots.Slot
	// Source owns the slot; Target is to own it. Invariant: they differ.
	Source, Target ShardID
	// Version is that of the configuration in which the mark was made.
	Version uint64
}

// Setting is a setting of the whole cluster.
type Setting struct{ Name, Value string }

// JoinToken names one attempt of a node to join. The node draws it at random and keeps it until the outcome is known.
type JoinToken [16]byte

// JoinRecord is what became of an attempt to join: whichever was decided first stays.
type JoinRecord struct {
	Token   JoinToken
	Node    NodeID
	Aborted bool
	Version uint64 // of the configuration that decided it
}

// Tombstone stands for a node that was forgotten, so that to forget it again is no mistake.
type Tombstone struct {
	Node    NodeID
	Version uint64 // of the configuration that decided it
}

// ShardSpec describes a shard to Build.
type ShardSpec struct {
	ID    ShardID
	Epoch uint64
	// Nodes are the members, the primary first. All are in sync. Their field Shard is filled in.
	Nodes []Node
	Slots slots.Set
}
