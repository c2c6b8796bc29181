package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/core/command"
)

// settings are the parameters of a node. The flag names are Redis's configuration directives, so this one declaration
// serves the command line, the configuration file, the help and CONFIG GET.
type settings struct {
	ConfigFile string `arg:"" optional:"" name:"ember.conf" help:"Configuration file, with Redis's directives. It comes first; flags override it."`

	Port           portNumber `name:"port" default:"6379" group:"network" placeholder:"PORT" help:"Port for clients. 0 is any free one, which the log tells, or none if --tls-port is given."`
	Bind           bindList   `name:"bind" group:"network" placeholder:"ADDRESS ..." help:"Addresses to listen on, for clients and for other nodes. * is any IPv4 address, ::* any IPv6 address; one that begins with - may be missing. Default: * -::*."`
	ProtectedMode  setting    `name:"protected-mode" default:"yes" group:"network" placeholder:"yes|no" help:"Without --bind and without --requirepass, refuse clients of other hosts."`
	TCPBacklog     count      `name:"tcp-backlog" default:"511" group:"network" placeholder:"COUNT" help:"Connections that may wait to be accepted."`
	TCPKeepalive   setting    `name:"tcp-keepalive" default:"300" group:"network" placeholder:"SECONDS" help:"Silence after which a client is asked whether it is still there. 0 is never."`
	UnixSocket     string     `name:"unixsocket" default:"" group:"network" placeholder:"PATH" help:"Unix socket to listen on as well."`
	UnixSocketPerm permission `name:"unixsocketperm" default:"0" group:"network" placeholder:"MODE" help:"Permissions of the Unix socket, octal, such as 770. 0: as the umask has it."`
	Timeout        setting    `name:"timeout" default:"0" group:"network" placeholder:"SECONDS" help:"Silence after which a client is closed, unless it listens to channels. 0 is never."`
	RequirePass    setting    `name:"requirepass" default:"" group:"network" placeholder:"PASSWORD" help:"Password that clients have to give (AUTH)."`

	TLSPort        portNumber `name:"tls-port" default:"0" group:"tls" placeholder:"PORT" help:"Port for clients that use TLS. 0 is none. With --port 0 it is the only one."`
	TLSCertFile    setting    `name:"tls-cert-file" default:"" group:"tls" placeholder:"PATH" help:"Certificate of this node, in PEM."`
	TLSKeyFile     setting    `name:"tls-key-file" default:"" group:"tls" placeholder:"PATH" help:"Key of the certificate, in PEM."`
	TLSCACertFile  setting    `name:"tls-ca-cert-file" default:"" group:"tls" placeholder:"PATH" help:"Certificates of those who vouch for clients, in PEM."`
	TLSCACertDir   setting    `name:"tls-ca-cert-dir" default:"" group:"tls" placeholder:"PATH" help:"Directory of such files."`
	TLSAuthClients setting    `name:"tls-auth-clients" default:"yes" group:"tls" placeholder:"yes|no|optional" help:"Whether clients need a certificate."`
	TLSProtocols   setting    `name:"tls-protocols" default:"" group:"tls" placeholder:"VERSIONS" help:"Versions of TLS, such as 'TLSv1.2 TLSv1.3'. Default: these two."`

	MaxClients       setting      `name:"maxclients" default:"10000" group:"limits" placeholder:"COUNT" help:"Connections of clients at one time."`
	OutputLimits     outputLimits `name:"client-output-buffer-limit" default:"normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60" group:"limits" placeholder:"CLASS HARD SOFT SECONDS ..." help:"What may wait to be read by a client of a class (normal or pubsub): who passes the hard limit, or is beyond the soft one for so many seconds, is closed. 0 is no limit."`
	QueryBufferLimit setting      `name:"client-query-buffer-limit" default:"1gb" group:"limits" placeholder:"BYTES" help:"Unexecuted input of one client, such as 512mb. Who passes it is closed."`
	MaxBulk          setting      `name:"proto-max-bulk-len" default:"512mb" group:"limits" placeholder:"BYTES" help:"Largest argument of a command."`
	TrackedKeys      setting      `name:"tracking-table-max-keys" default:"1000000" group:"limits" placeholder:"COUNT" help:"Keys that clients have in their caches with tracking. 0 is without limit."`
	MaxMemory        setting      `name:"maxmemory" default:"0" group:"limits" placeholder:"BYTES" help:"Memory for keys and values, such as 4gb. Beyond it keys are evicted, or writes are refused. 0 is without limit."`
	MaxMemoryPolicy  setting      `name:"maxmemory-policy" default:"noeviction" group:"limits" placeholder:"POLICY" help:"Which keys are evicted: noeviction, or allkeys- or volatile- with lru, lfu or random, or volatile-ttl."`
	MaxMemorySamples setting      `name:"maxmemory-samples" default:"5" group:"limits" placeholder:"COUNT" help:"Keys that are compared for each one that is evicted."`
	EvictionTenacity setting      `name:"maxmemory-eviction-tenacity" default:"10" group:"limits" placeholder:"0-100" help:"Effort for evicting keys at one time."`
	LFUDecayTime     setting      `name:"lfu-decay-time" default:"1" group:"limits" placeholder:"MINUTES" help:"Time in which a key that is not used loses one from its counter of use."`
	LFULogFactor     setting      `name:"lfu-log-factor" default:"10" group:"limits" placeholder:"FACTOR" help:"How slowly the counters of use grow."`
	Loop             loopKind     `name:"loop" default:"${loop}" group:"limits" help:"How clients are served: by epoll, which Linux has and which costs the least, or by net, which runs everywhere. Default here: ${loop}."`
	IOThreads        count        `name:"io-threads" default:"1" group:"limits" placeholder:"COUNT" help:"Threads that run at one time (GOMAXPROCS). The node itself is one; more help the garbage collector and very many clients, and cost CPU. With the loop epoll there are at least two."`
	DisableTHP       yesNo        `name:"disable-thp" default:"no" group:"limits" placeholder:"yes|no" help:"Do not ask the system for large pages where data lies. They make access faster; there is no fork that they could slow down."`

	ClusterPort         portNumber `name:"cluster-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port for other nodes, UDP and TCP. 0 is the port for clients + 10000."`
	AnnounceIP          setting    `name:"cluster-announce-ip" default:"" group:"cluster" placeholder:"ADDRESS" help:"Address at which others reach this node. Default: the first of --bind, if it is one."`
	AnnounceHostname    setting    `name:"cluster-announce-hostname" default:"" group:"cluster" placeholder:"NAME" help:"Name at which clients reach this node."`
	EndpointType        setting    `name:"cluster-preferred-endpoint-type" default:"ip" group:"cluster" placeholder:"TYPE" help:"What clients are told of where a node is: ip, hostname, or unknown-endpoint, which is the host that they have asked."`
	AnnouncePort        setting    `name:"cluster-announce-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port at which clients reach this node. 0 is --port."`
	AnnounceTLSPort     setting    `name:"cluster-announce-tls-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port at which clients that use TLS reach this node. 0 is --tls-port."`
	AnnounceBusPort     setting    `name:"cluster-announce-bus-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port at which other nodes reach this node. 0 is --cluster-port."`
	AnnounceHumanName   setting    `name:"cluster-announce-human-nodename" default:"" group:"cluster" placeholder:"NAME" help:"Name of this node in the log."`
	AvailabilityZone    zoneName   `name:"availability-zone" default:"" group:"cluster" placeholder:"NAME" help:"Failure domain of this node."`
	ClusterInit         answer     `name:"cluster-init" default:"no" group:"cluster" help:"Begin a cluster: a node that is alone and has no slots takes all of them."`
	SeedPeers           seedPeers  `name:"seed-peers" default:"" group:"cluster" placeholder:"HOST:PORT,..." help:"Nodes of the cluster to join, one of which must answer, by their ports for clients; HOST:PORT@BUSPORT if the port for other nodes is not 10000 above. For a node that is alone."`
	ClusterSecret       setting    `name:"cluster-secret" default:"" group:"cluster" placeholder:"SECRET" help:"Secret that all nodes share: only those who know it are heard on the cluster port. Two, in quotes, while it is changed: the first one seals, both are accepted. Better in a file: others see the command line."`
	ClusterSecretFile   setting    `name:"cluster-secret-file" default:"" group:"cluster" placeholder:"PATH" help:"File with the secret, or with both on a line each."`
	ClusterSecretMode   setting    `name:"cluster-secret-mode" default:"require" group:"cluster" placeholder:"require|prefer|accept" help:"To bring a secret into a running cluster: first all nodes accept what is sealed, then they prefer to seal, then they require it."`
	FullCoverage        setting    `name:"cluster-require-full-coverage" default:"yes" group:"cluster" placeholder:"yes|no" help:"Serve nothing while any slot is not served."`
	AllowReadsWhenDown  setting    `name:"cluster-allow-reads-when-down" default:"no" group:"cluster" placeholder:"yes|no" help:"Serve reads while the cluster is down."`
	AllowPubSubWhenDown setting    `name:"cluster-allow-pubsubshard-when-down" default:"yes" group:"cluster" placeholder:"yes|no" help:"Serve sharded channels while the cluster is down."`
	NodeTimeout         setting    `name:"cluster-node-timeout" default:"6000" group:"cluster" placeholder:"MILLISECONDS" help:"About how long a node of a small cluster is silent before it is declared failed. All times of failure detection scale with it: at 6000 a node probes another one each second."`

	Dir               string  `name:"dir" default:"./" group:"process" placeholder:"PATH" help:"Directory for what the node keeps."`
	LogLevel          setting `name:"loglevel" default:"notice" group:"process" placeholder:"LEVEL" help:"debug, verbose, notice, warning or nothing."`
	LogFile           string  `name:"logfile" default:"" group:"process" placeholder:"PATH" help:"File that log messages are appended to. Default: standard error."`
	SlowlogSlowerThan setting `name:"slowlog-log-slower-than" default:"10000" group:"process" placeholder:"MICROSECONDS" help:"Least duration of a command in the slow log. 0 is every command, -1 none."`
	SlowlogMaxLength  setting `name:"slowlog-max-len" default:"128" group:"process" placeholder:"COUNT" help:"Entries of the slow log."`
	LatencyThreshold  setting `name:"latency-monitor-threshold" default:"0" group:"process" placeholder:"MILLISECONDS" help:"Least duration that LATENCY takes notice of. 0 is none."`

	PidFile    string         `name:"pidfile" default:"" group:"process" placeholder:"PATH" help:"File for the number of the process, while it serves."`
	Supervised supervisorWord `name:"supervised" default:"no" group:"process" placeholder:"no|auto|systemd" help:"Whom to tell that the node serves: systemd, for a unit of type notify, or with auto whoever asks."`

	Pprof loopbackPort `name:"pprof" default:"" group:"process" placeholder:"ADDRESS:PORT" help:"Serve Go's profiles, and its runtime's metrics, by HTTP at this address of the loopback interface."`

	Version bool `name:"version" short:"v" group:"process" help:"Print the version."`
}

// warning is something that a user should know about the configuration, for the log.
type warning struct{ directive, text string }

// commandLine is what a command line, together with the file that it names, has asked for.
type commandLine struct {
	settings
	// parameters are the settings by their names, in the order of their declaration.
	parameters []parameter
	warnings   []warning
	// changeable are those of the settings that CONFIG SET can change, as they are at the start.
	changeable command.Settings
	// driver has the settings of the client driver.
	driver driverOptions
	// level is what the log shows at least.
	level slog.LevelVar
	// boundByDefault says that nobody has said where to listen.
	boundByDefault bool
	// helped is set if the help was asked for, and printed.
	helped bool
}

// parameter is a setting by its name.
type parameter struct {
	name         string
	value        func() string
	defaultValue string
}

// parseCommandLine reads the arguments and the configuration file. Help is printed to out. An error is one line.
func parseCommandLine(args []string, out io.Writer) (*commandLine, error) {
	c := &commandLine{}
	args, warnings, err := takeForeignFlags(args)
	if err != nil {
		return nil, err
	}
	parser, err := kong.New(&c.settings,
		kong.Name("embernode"),
		kong.Description("A node of an Ember cluster: keys and values in memory, served as a Redis Cluster serves them."),
		kong.Writers(out, out),
		kong.Vars{"loop": defaultLoop},
		kong.Exit(func(int) { c.helped = true }),
		kong.ValueFormatter(withDefault),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 110}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "network", Title: "Network:"}, {Key: "tls", Title: "TLS:"}, {Key: "limits", Title: "Limits:"},
			{Key: "cluster", Title: "Cluster:"}, {Key: "process", Title: "Process:"},
		}),
	)
	if err != nil {
		panic("embernode: the declaration of the settings is broken: " + err.Error())
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		file, err := readConfigFile(args[0], parser.Model.Flags)
		if err != nil {
			return nil, err
		}
		c.warnings = file.warnings
		configPath, err := filepath.Abs(args[0])
		if err != nil {
			return nil, fmt.Errorf("configuration file %s: %w", args[0], err)
		}
		args[0] = configPath
		if err := kong.Resolvers(file).Apply(parser); err != nil {
			return nil, err
		}
	}
	c.warnings = append(c.warnings, warnings...)
	if _, err := parser.Parse(args); err != nil && !c.helped {
		return nil, errors.New(firstLine(err.Error()))
	}
	if c.ConfigFile != "" && c.ConfigFile != args[0] {
		return nil, fmt.Errorf("the configuration file %s must come first", c.ConfigFile)
	}
	for _, flag := range parser.Model.Flags {
		if flag.Name != "help" && flag.Name != "version" {
			c.parameters = append(c.parameters, parameter{flag.Name, func() string { return fmt.Sprint(flag.Target.Interface()) }, flag.Default})
		}
	}
	return c, c.complete()
}

// complete fills in the defaults that depend on other settings, and checks what no setting can check alone.
func (c *commandLine) complete() error {
	if bool(c.ClusterInit) && len(c.SeedPeers) > 0 {
		return errors.New("cluster-init begins a cluster and seed-peers joins one: give only one of them")
	}
	c.changeable = command.DefaultSettings()
	for _, p := range c.parameters {
		if !isChangeable(p.name) {
			continue
		}
		if err := c.changeable.Set(p.name, p.value()); err != nil {
			panic("embernode: a value that was taken is refused: " + p.name + ": " + err.Error())
		}
	}
	c.level.Set(levelOf(c.changeable.LogLevel))
	c.boundByDefault = len(c.Bind) == 0
	c.driver = c.driverOptions(&c.changeable)
	c.fitClients(mostClients())
	if len(c.Bind) == 0 {
		c.Bind = defaultBind
	}
	return c.completePorts()
}

// usualClusterPort is the cluster port unless it is given, 0 for any free one. That is fixed if the one for clients is.
func (c *commandLine) usualClusterPort() int {
	if port := cmp.Or(c.Port, c.TLSPort); port != 0 {
		return int(port) + busPortDistance
	}
	return 0
}

// completePorts finds the cluster port, and checks that all ports differ.
func (c *commandLine) completePorts() error {
	if c.ClusterPort == 0 {
		usual := c.usualClusterPort()
		if usual > math.MaxUint16 {
			return fmt.Errorf("port %d leaves no room for the cluster port %d places above it: choose one below %d, or give --cluster-port",
				usual-busPortDistance, busPortDistance, math.MaxUint16-busPortDistance+1)
		}
		c.ClusterPort = portNumber(usual)
	}
	switch {
	case c.ClusterPort != 0 && c.ClusterPort == c.Port:
		return fmt.Errorf("port and cluster-port are both %d", c.Port)
	case c.TLSPort != 0 && c.TLSPort == c.Port:
		return fmt.Errorf("port and tls-port are both %d", c.Port)
	case c.TLSPort != 0 && c.TLSPort == c.ClusterPort:
		return fmt.Errorf("tls-port and cluster-port are both %d", c.TLSPort)
	}
	return nil
}

// threads is how many run at one time. TLS is worked out beside the loop, which must not keep it waiting.
func (c *commandLine) threads() int {
	threads := int(c.IOThreads)
	if c.Loop == loopEpoll {
		threads = max(threads, minEpollThreads)
	}
	if c.TLSPort != 0 {
		threads = max(threads, min(runtime.NumCPU(), maxTLSThreads))
	}
	return threads
}

// minEpollThreads lets Go's runtime have a processor besides that of the loop. If the loop had the only one, the runtime would take it
// away whenever the loop waits, so that others could run, and watch closely for that: a tenth of all time, and more without pipelines.
const minEpollThreads = 2

// maxTLSThreads is how many threads TLS gets unless io-threads says more.
const maxTLSThreads = 4

// defaultBind is where the node listens unless the settings say otherwise.
var defaultBind = bindList{{netip.IPv4Unspecified(), false}, {netip.IPv6Unspecified(), true}}

// busPortDistance is how far the cluster port is above the port for clients unless it is given, as in Redis.
const busPortDistance = 10000

// driverOptions are the settings of the client driver, as far as they can be changed.
func (c *commandLine) driverOptions(s *command.Settings) driverOptions {
	return driverOptions{
		maxClients: int(min(s.MaxClients, math.MaxInt32)),
		idle:       time.Duration(s.Timeout) * time.Second,
		keepAlive:  time.Duration(s.TCPKeepalive) * time.Second,
		// Whoever says where to listen, or asks for a password, has thought of who may come.
		localOnly:    s.ProtectedMode && c.boundByDefault && s.RequirePass == "",
		outputLimits: s.OutputLimits,
		throttle:     defaultThrottle,
	}
}

// withDefault is the help of a flag or argument.
func withDefault(value *kong.Value) string {
	if value.Default == "" {
		return value.Help
	}
	return value.Help + " Default: " + value.Default + "."
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
