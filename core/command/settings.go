package command

import (
	"fmt"
	"math"
	"slices"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/session"
	"github.com/ember-cluster/ember/core/topology"
)

// Settings are the parameters of the server that CONFIG SET can change. The others are fixed by who starts the server.
type Settings struct {
	// Endpoint is what clients are given as the address of a node: ip, hostname or unknown-endpoint, which is the host that they have
	// asked (cluster-preferred-endpoint-type).
	Endpoint string
	// RequirePass is the password of the only user; empty if none is asked for (requirepass).
	RequirePass string
	// FullCoverage, ReadsWhenDown and ShardChannelsWhenDown say what is served while slots are not (cluster-require-full-coverage,
	// cluster-allow-reads-when-down, cluster-allow-pubsubshard-when-down).
	FullCoverage, ReadsWhenDown, ShardChannelsWhenDown bool
	AnnounceSettings
	// NodeTimeout is about how long a node of a small cluster is silent before it is declared failed, in milliseconds: all times of
	// failure detection scale with it (cluster-node-timeout).
	NodeTimeout int64
	// MaxMemory bounds what the server may use before keys make room or writes are refused, in bytes; 0: no bound (maxmemory).
	// Eviction says which keys make room, EvictionTenacity how much of it one command waits for, 0 to 100 (maxmemory-policy,
	// maxmemory-samples, lfu-log-factor, lfu-decay-time, maxmemory-eviction-tenacity).
	MaxMemory        int64
	Eviction         keyspace.Eviction
	EvictionTenacity int64
	// SlowlogSlowerThan is the least duration that the slow log shows, in microseconds; negative: none is shown. SlowlogMaxLength
	// bounds its entries (slowlog-log-slower-than, slowlog-max-len).
	SlowlogSlowerThan, SlowlogMaxLength int64
	// LatencyThreshold is the least duration that LATENCY takes notice of, in milliseconds; 0: none (latency-monitor-threshold).
	LatencyThreshold int64
	// MaxBulk bounds one argument, in bytes (proto-max-bulk-len).
	MaxBulk int64
	// QueryBuffer bounds what one client makes the server hold, in bytes (client-query-buffer-limit).
	QueryBuffer int64
	// TrackedKeys bounds the keys that clients have in their caches, 0 for no bound (tracking-table-max-keys).
	TrackedKeys int64
	ProcessSettings
}

// ProcessSettings concern the process around the node, which carries them out.
type ProcessSettings struct {
	// MaxClients bounds the connections (maxclients).
	MaxClients int64
	// Timeout is how long a client may be silent before it is closed, TCPKeepalive how long before it is asked whether it is still
	// there, both in seconds; 0: for ever (timeout, tcp-keepalive).
	Timeout, TCPKeepalive int64
	// ProtectedMode refuses the clients of other hosts while nobody has said who may come (protected-mode).
	ProtectedMode bool
	// OutputLimits bound what waits to be read by a client (client-output-buffer-limit).
	OutputLimits OutputLimits
	// LogLevel is the least important kind of message that is logged: debug, verbose, notice, warning or nothing (loglevel).
	LogLevel string
	// ClusterSecret is one or two secrets with blanks between them, ClusterSecretFile the path of a file with one or two on a line
	// each: what a node must know to be heard by others. Empty: not given (cluster-secret, cluster-secret-file).
	ClusterSecret, ClusterSecretFile string
	// ClusterSecretMode says whether what others say must be sealed by the secret: require; prefer, to seal and to take both; accept, to
	// take both and to seal nothing (cluster-secret-mode).
	ClusterSecretMode string
	TLSSettings
}

// TLSSettings are how clients of the TLS port are served. All but AuthClients and Protocols are paths of PEM files, and empty
// if there is none.
type TLSSettings struct {
	// CertFile and KeyFile are the server's certificate and its key (tls-cert-file, tls-key-file).
	CertFile, KeyFile string
	// CACertFile and CACertDir hold the certificates of those who vouch for clients (tls-ca-cert-file, tls-ca-cert-dir).
	CACertFile, CACertDir string
	// AuthClients says whether a client needs a certificate: yes, no, or optional (tls-auth-clients).
	AuthClients string
	// Protocols are the versions of TLS between blanks, or empty for the defaults (tls-protocols).
	Protocols string
}

// DefaultNodeTimeout is the NodeTimeout at which failure detection has the parameters that it was given. By default a node that stops
// is probed within one ProbeInterval on average, and then suspected for α·ProbeInterval in a cluster of up to ten nodes that agree
// about it: 1 s + 5 · 1 s.
const DefaultNodeTimeout = 6000

// DefaultSettings returns Redis's defaults.
func DefaultSettings() Settings {
	return Settings{
		FullCoverage: true, ShardChannelsWhenDown: true, NodeTimeout: DefaultNodeTimeout, Endpoint: endpointWords[topology.EndpointIP],
		Eviction: keyspace.Eviction{Samples: 5, LogFactor: 10, DecayMinutes: 1}, EvictionTenacity: 10,
		SlowlogSlowerThan: 10_000, SlowlogMaxLength: 128,
		MaxBulk: keyspace.MaxStringLength, QueryBuffer: 1 << 30, TrackedKeys: session.DefaultTrackedKeys,
		ProcessSettings: ProcessSettings{
			MaxClients: 10_000, TCPKeepalive: 300, ProtectedMode: true, LogLevel: "notice", ClusterSecretMode: "require",
			OutputLimits: OutputLimits{
				ReplicaOutput: {Hard: 256 << 20, Soft: 64 << 20, SoftSeconds: 60},
				PubSubOutput:  {Hard: 32 << 20, Soft: 8 << 20, SoftSeconds: 60},
			},
			TLSSettings: TLSSettings{AuthClients: "yes"},
		},
	}
}

// endpointWords are the values of cluster-preferred-endpoint-type.
var endpointWords = [...]string{
	topology.EndpointIP: "ip", topology.EndpointHostname: "hostname", topology.EndpointUnknown: "unknown-endpoint",
}

// EndpointType returns what Endpoint stands for.
func (s *Settings) EndpointType() topology.EndpointType {
	return topology.EndpointType(slices.Index(endpointWords[:], s.Endpoint))
}

// setting is one parameter: its name, how it is shown, and how a text is taken for it.
type setting struct {
	name string
	show func(*Settings) string
	set  func(*Settings, string) error
}

// maxSamples bounds the work for a key that is evicted.
const maxSamples = 64

// settings are sorted by name.
var settings = []setting{
	outputLimits("client-output-buffer-limit"),
	memorySize("client-query-buffer-limit", 1<<20, func(s *Settings) *int64 { return &s.QueryBuffer }),
	yesNo("cluster-allow-pubsubshard-when-down", func(s *Settings) *bool { return &s.ShardChannelsWhenDown }),
	yesNo("cluster-allow-reads-when-down", func(s *Settings) *bool { return &s.ReadsWhenDown }),
	between("cluster-announce-bus-port", 0, math.MaxUint16, func(s *Settings) *int64 { return &s.AnnounceBusPort }),
	checked("cluster-announce-hostname", checkHostname, func(s *Settings) *string { return &s.AnnounceHostname }),
	checked("cluster-announce-human-nodename", checkHumanName, func(s *Settings) *string { return &s.AnnounceHumanName }),
	checked("cluster-announce-ip", checkAnnouncedIP, func(s *Settings) *string { return &s.AnnounceIP }),
	between("cluster-announce-port", 0, math.MaxUint16, func(s *Settings) *int64 { return &s.AnnouncePort }),
	between("cluster-announce-tls-port", 0, math.MaxUint16, func(s *Settings) *int64 { return &s.AnnounceTLSPort }),
	between("cluster-node-timeout", 60, 60*60*1000, func(s *Settings) *int64 { return &s.NodeTimeout }),
	oneOf("cluster-preferred-endpoint-type", endpointWords[:], func(s *Settings) *string { return &s.Endpoint }),
	yesNo("cluster-require-full-coverage", func(s *Settings) *bool { return &s.FullCoverage }),
	text("cluster-secret", func(s *Settings) *string { return &s.ClusterSecret }),
	text("cluster-secret-file", func(s *Settings) *string { return &s.ClusterSecretFile }),
	oneOf("cluster-secret-mode", []string{"require", "prefer", "accept"}, func(s *Settings) *string { return &s.ClusterSecretMode }),
	number("latency-monitor-threshold", 0, func(s *Settings) *int64 { return &s.LatencyThreshold }),
	between("lfu-decay-time", 0, math.MaxInt32, func(s *Settings) *int64 { return &s.Eviction.DecayMinutes }),
	between("lfu-log-factor", 0, math.MaxInt32, func(s *Settings) *int64 { return &s.Eviction.LogFactor }),
	oneOf("loglevel", []string{"debug", "verbose", "notice", "warning", "nothing"}, func(s *Settings) *string { return &s.LogLevel }),
	between("maxclients", 1, math.MaxUint32, func(s *Settings) *int64 { return &s.MaxClients }),
	memorySize("maxmemory", 0, func(s *Settings) *int64 { return &s.MaxMemory }),
	between("maxmemory-eviction-tenacity", 0, 100, func(s *Settings) *int64 { return &s.EvictionTenacity }),
	evictionPolicy,
	between("maxmemory-samples", 1, maxSamples, func(s *Settings) *int64 { return &s.Eviction.Samples }),
	yesNo("protected-mode", func(s *Settings) *bool { return &s.ProtectedMode }),
	memorySize("proto-max-bulk-len", 1<<20, func(s *Settings) *int64 { return &s.MaxBulk }),
	text("requirepass", func(s *Settings) *string { return &s.RequirePass }),
	number("slowlog-log-slower-than", -1, func(s *Settings) *int64 { return &s.SlowlogSlowerThan }),
	number("slowlog-max-len", 0, func(s *Settings) *int64 { return &s.SlowlogMaxLength }),
	between("tcp-keepalive", 0, math.MaxInt32, func(s *Settings) *int64 { return &s.TCPKeepalive }),
	between("timeout", 0, math.MaxInt32, func(s *Settings) *int64 { return &s.Timeout }),
	oneOf("tls-auth-clients", []string{"no", "yes", "optional"}, func(s *Settings) *string { return &s.AuthClients }),
	text("tls-ca-cert-dir", func(s *Settings) *string { return &s.CACertDir }),
	text("tls-ca-cert-file", func(s *Settings) *string { return &s.CACertFile }),
	text("tls-cert-file", func(s *Settings) *string { return &s.CertFile }),
	text("tls-key-file", func(s *Settings) *string { return &s.KeyFile }),
	text("tls-protocols", func(s *Settings) *string { return &s.Protocols }),
	number("tracking-table-max-keys", 0, func(s *Settings) *int64 { return &s.TrackedKeys }),
}

func findSetting(name []byte) *setting {
	for i := range settings {
		if isWord(name, settings[i].name) {
			return &settings[i]
		}
	}
	return nil
}

// Parameters returns the settings as CONFIG GET shows them, sorted by name.
func (s *Settings) Parameters() []Parameter {
	parameters := make([]Parameter, len(settings))
	for i := range settings {
		parameters[i] = Parameter{Name: settings[i].name, Value: settings[i].show(s)}
	}
	return parameters
}

// Set takes a value as CONFIG SET does. The error is what that says is wrong with the value.
func (s *Settings) Set(name, value string) error {
	setting := findSetting([]byte(name))
	if setting == nil {
		return fmt.Errorf("there is no setting %q", name)
	}
	return setting.set(s, value)
}
