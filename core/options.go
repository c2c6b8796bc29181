package core

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// Options are what a node is told at its start. They do not change while it runs.
type Options struct {
	// Announce is how clients and peers reach this node, unless the Settings say otherwise.
	Announce Announce
	// RequireFullCoverage makes every keyed command fail while some slot is not served (cluster-require-full-coverage).
	RequireFullCoverage bool
	// AllowReadsWhenDown lets reads pass while the cluster is down (cluster-allow-reads-when-down).
	AllowReadsWhenDown bool
	// Gossip tunes failure detection. Its times scale with the setting NodeTimeout.
	Gossip gossip.Config
	// MaxDatagram is how many bytes a datagram of the bus may have, with its envelope. What is longer goes over a stream. At most
	// wire.MaxDatagram; a bus that seals what it sends carries less.
	MaxDatagram int
	// Consensus tunes how the configuration is decided. Its Generation and MaxState are the node's own affair.
	Consensus consensus.Config
	// VoterReplacement is for how long a voter must have failed before another votes in its place.
	VoterReplacement time.Duration
	// ExpiryInterval is the least time between two looks for keys whose time has passed, so that keys which end one by one share a look.
	ExpiryInterval time.Duration
	// SeedPeers are the buses of nodes that a node which is alone tries to become one cluster with, the first one above all. The same list
	// may be given to all. Optional.
	SeedPeers []netip.AddrPort
	// Limits bound what clients and peers can make the node hold.
	Limits Limits
	// Random is the node's only source of randomness. It must differ from node to node and from boot to boot.
	Random *random.Stream
	// Parameters are what CONFIG GET shows beside the Settings, sorted by name. They cannot be changed.
	Parameters []command.Parameter
	// Settings are what CONFIG SET can change, but for those that other options give at the start: RequireFullCoverage,
	// AllowReadsWhenDown, Limits.QueryBuffer. Optional: Redis's defaults.
	Settings *command.Settings
	// Reconfigure makes the driver take on settings that a client changes, before they are in force; those that it refuses
	// with a command.SettingRefused are not changed. It must not depend on the node. Optional: there is nothing to take on.
	Reconfigure func(*command.Settings) error
	// Queued returns how much has been sent to a client and has not left yet, in bytes, for CLIENT LIST. Optional.
	Queued func(ClientID) int
	// Rewrite writes the settings to the configuration file, from which the next start takes them (CONFIG REWRITE). Optional:
	// there is no file.
	Rewrite func([]command.Parameter) error
	// Elapsed reads a stopwatch that runs while the node works, for the durations that the slow log, LATENCY and INFO show; no
	// other thing depends on it. Optional: every duration is 0. A simulation has none.
	Elapsed func() time.Duration
	// Allocated is told of each large piece of memory that data will lie in, before it is used: a driver may advise the
	// operating system about it. It must not look into it. Optional.
	Allocated func(chunk []byte)
	// Process describes the process around the node to INFO. Optional.
	Process ProcessInfo
	// Marks counts the rare paths that the node takes. Optional; the simulator's sweeps use it.
	Marks *marks.Set
	// Observer is told of every change to the data and of every decision on the configuration. Optional; the simulator's checkers use it.
	Observer Observer
}

// Announce holds the addresses under which a node is known to others.
type Announce struct {
	// Host is an IP address, or empty while the node doesn't know its own.
	Host string
	// Hostname is an optional DNS name (cluster-announce-hostname).
	Hostname string
	// Zone is an optional failure domain.
	Zone string
	// ClientPort and BusPort are TCP ports; the bus uses UDP on the same number too.
	ClientPort, BusPort uint16
	// TLSPort is the TCP port for clients that use TLS, 0 if there is none.
	TLSPort uint16
}

// Override returns the addresses with those in place that the settings have.
func (a Announce) Override(s *command.Settings) Announce {
	a.Host, a.Hostname = cmp.Or(s.AnnounceIP, a.Host), cmp.Or(s.AnnounceHostname, a.Hostname)
	a.ClientPort = cmp.Or(uint16(s.AnnouncePort), a.ClientPort)
	a.TLSPort = cmp.Or(uint16(s.AnnounceTLSPort), a.TLSPort)
	a.BusPort = cmp.Or(uint16(s.AnnounceBusPort), a.BusPort)
	return a
}

// ProcessInfo is what INFO says of the process that the core cannot know.
type ProcessInfo struct {
	ID           int
	Version      string
	Executable   string
	ConfigFile   string
	OS           string
	Architecture string
	// MemoryUsed returns the bytes that the process has of the system's memory. Optional.
	MemoryUsed func() uint64
	// SystemMemory is how many bytes the system has in all, 0 if that is not known.
	SystemMemory uint64
	// Refused returns how many connections were not let in, since there were too many. Optional.
	Refused func() uint64
	// Stats returns what else INFO shows in its section stats. Optional.
	Stats func() []command.Field
}

// Observer learns which commands were executed and what they did to the data, and what was decided about the configuration, at the
// moment at which it happens.
type Observer interface {
	// Executed reports that the command with this ordinal (counting from 1) on the client's connection is being executed:
	// it was not redirected or refused.
	Executed(client ClientID, ordinal uint64)
	// Applied reports an effect of the command with this ordinal.
	// An effect with ordinal 0 is the node's own: a key that expired.
	Applied(client ClientID, ordinal uint64, effect *keyspace.Effect)
	// Decided reports a change of the configuration that the node's group has decided on, at the moment at which the node applies it
	// to the configuration before. If it was refused or changes nothing, after is before.
	Decided(change topology.Command, before, after *topology.State)
}

// Limits bound the memory that others can make a node hold. All are in bytes unless they say otherwise.
type Limits struct {
	// QueryBuffer bounds the unexecuted input of one client (client-query-buffer-limit). Beyond it the client is closed.
	QueryBuffer int
	// QueryBuffers bounds the unexecuted input of all clients together. Who passes it is closed.
	QueryBuffers int
	// ReplyBurst is how much one client may be sent before its next commands wait for what was sent to leave.
	ReplyBurst int
	// ParkedPushes is how much one client may be pushed, of channels and the like, while its replies wait. Beyond it the client
	// is closed. What has been sent is bounded by the driver.
	ParkedPushes int
	// ParkedReplies is how much one client's waiting replies may hold before its next commands wait.
	ParkedReplies int
	// Streams bounds the streams of the bus, in and out. Count.
	Streams int
	// StreamIdle is how long a stream may be silent before the node closes it.
	StreamIdle time.Duration
}

// DefaultLimits returns the bounds of a production node.
func DefaultLimits() Limits {
	return Limits{
		QueryBuffer:   1 << 30,
		QueryBuffers:  3 << 29,
		ReplyBurst:    1 << 20,
		ParkedPushes:  32 << 20,
		ParkedReplies: 1 << 20,
		Streams:       4096,
		StreamIdle:    15 * time.Second,
	}
}

// DefaultOptions returns the options of a production node, which still needs its Announce and Random.
func DefaultOptions() Options {
	return Options{
		RequireFullCoverage: true,
		Gossip:              gossip.DefaultConfig(),
		MaxDatagram:         wire.MaxDatagram,
		Consensus:           DefaultConsensus(),
		VoterReplacement:    time.Minute,
		ExpiryInterval:      100 * time.Millisecond,
		Limits:              DefaultLimits(),
	}
}

// DefaultConsensus suits a group that decides on a configuration: changes are rare, so a leader's silence may last a little.
func DefaultConsensus() consensus.Config {
	config := consensus.DefaultConfig()
	config.HeartbeatInterval = 500 * time.Millisecond
	config.ElectionTimeout = 2 * time.Second
	config.MaxState = topology.MaxStateBytes
	return config
}

// minDatagram is what every bus carries: room for the envelope and for the least that gossip works with.
const minDatagram = 512

// validate reports a caller's mistake.
func (o *Options) validate() error {
	switch {
	case o.Random == nil:
		return errors.New("core: options lack a source of randomness")
	case o.Announce.ClientPort == 0 || o.Announce.BusPort == 0:
		return errors.New("core: options lack the announced ports")
	case o.Limits.QueryBuffer <= 0 || o.Limits.QueryBuffers < o.Limits.QueryBuffer:
		return fmt.Errorf("core: query buffer limits %d and %d are not usable", o.Limits.QueryBuffer, o.Limits.QueryBuffers)
	case o.Limits.ReplyBurst <= 0 || o.Limits.ParkedPushes <= 0 || o.Limits.ParkedReplies <= 0:
		return errors.New("core: reply limits must be positive")
	case o.Limits.Streams <= 0 || o.Limits.StreamIdle <= 0:
		return errors.New("core: stream limits must be positive")
	}
	if o.MaxDatagram < minDatagram || o.MaxDatagram > wire.MaxDatagram {
		return fmt.Errorf("core: datagrams of at most %d bytes are not usable", o.MaxDatagram)
	}
	if o.ExpiryInterval <= 0 {
		return errors.New("core: the time between two looks for ended keys must be positive")
	}
	if o.VoterReplacement <= 0 {
		return errors.New("core: the time after which a voter is replaced must be positive")
	}
	if err := o.Consensus.Validate(); err != nil {
		return err
	}
	return o.Gossip.Validate()
}
