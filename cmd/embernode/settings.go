package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"

	"github.com/alecthomas/kong"
)

// settings are the parameters of a node. The flag names are Redis's configuration directives, so this one declaration
// serves the command line, the configuration file, the help and CONFIG GET.
type settings struct {
	ConfigFile string `arg:"" optional:"" name:"ember.conf" help:"Configuration file, with Redis's directives. It comes first; flags override it."`

	Port           portNumber   `name:"port" default:"6379" group:"network" placeholder:"PORT" help:"Port for clients. 0 is any free one, which the log tells."`
	Bind           bindList     `name:"bind" group:"network" placeholder:"ADDRESS ..." help:"Addresses to listen on, for clients and for other nodes. * is any IPv4 address, ::* any IPv6 address; one that begins with - may be missing. Default: * -::*."`
	ProtectedMode  yesNo        `name:"protected-mode" default:"yes" group:"network" placeholder:"yes|no" help:"Without --bind, refuse clients of other hosts."`
	TCPBacklog     count        `name:"tcp-backlog" default:"511" group:"network" placeholder:"COUNT" help:"Connections that may wait to be accepted."`
	TCPKeepalive   wholeSeconds `name:"tcp-keepalive" default:"300" group:"network" placeholder:"SECONDS" help:"Silence after which a client is asked whether it is still there. 0 is never."`
	UnixSocket     string       `name:"unixsocket" default:"" group:"network" placeholder:"PATH" help:"Unix socket to listen on as well."`
	UnixSocketPerm permission   `name:"unixsocketperm" default:"0" group:"network" placeholder:"MODE" help:"Permissions of the Unix socket, octal, such as 770. 0: as the umask has it."`
	Timeout        wholeSeconds `name:"timeout" default:"0" group:"network" placeholder:"SECONDS" help:"Silence after which a client is closed. 0 is never."`

	MaxClients       count      `name:"maxclients" default:"10000" group:"limits" placeholder:"COUNT" help:"Connections of clients at one time."`
	QueryBufferLimit memorySize `name:"client-query-buffer-limit" default:"1gb" group:"limits" placeholder:"BYTES" help:"Unexecuted input of one client, such as 512mb. Who passes it is closed."`
	Loop             loopKind   `name:"loop" default:"${loop}" group:"limits" help:"How clients are served: by epoll, which Linux has and which costs the least, or by net, which runs everywhere. Default here: ${loop}."`
	IOThreads        count      `name:"io-threads" default:"1" group:"limits" placeholder:"COUNT" help:"Threads that run at one time (GOMAXPROCS). The node itself is one; more help the garbage collector and very many clients, and cost CPU."`

	ClusterPort        portNumber    `name:"cluster-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port for other nodes, UDP and TCP. 0 is the port for clients + 10000."`
	AnnounceIP         announcedIP   `name:"cluster-announce-ip" default:"" group:"cluster" placeholder:"ADDRESS" help:"Address at which others reach this node. Default: the first of --bind, if it is one."`
	AnnounceHostname   announcedName `name:"cluster-announce-hostname" default:"" group:"cluster" placeholder:"NAME" help:"Name at which clients reach this node."`
	AnnouncePort       portNumber    `name:"cluster-announce-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port at which clients reach this node. 0 is --port."`
	AnnounceBusPort    portNumber    `name:"cluster-announce-bus-port" default:"0" group:"cluster" placeholder:"PORT" help:"Port at which other nodes reach this node. 0 is --cluster-port."`
	AvailabilityZone   zoneName      `name:"availability-zone" default:"" group:"cluster" placeholder:"NAME" help:"Failure domain of this node."`
	FullCoverage       yesNo         `name:"cluster-require-full-coverage" default:"yes" group:"cluster" placeholder:"yes|no" help:"Serve nothing while any slot is not served."`
	AllowReadsWhenDown yesNo         `name:"cluster-allow-reads-when-down" default:"no" group:"cluster" placeholder:"yes|no" help:"Serve reads while the cluster is down."`
	NodeTimeout        nodeTimeout   `name:"cluster-node-timeout" default:"6000" group:"cluster" placeholder:"MILLISECONDS" help:"About how long a node of a small cluster is silent before it is declared failed. All times of failure detection scale with it: at 6000 a node probes another one each second."`

	Dir      string   `name:"dir" default:"./" group:"process" placeholder:"PATH" help:"Directory for what the node keeps."`
	LogLevel logLevel `name:"loglevel" default:"notice" group:"process" placeholder:"LEVEL" help:"debug, verbose, notice or warning."`
	LogFile  string   `name:"logfile" default:"" group:"process" placeholder:"PATH" help:"File that log messages are appended to. Default: standard error."`

	Pprof loopbackPort `name:"pprof" default:"" group:"process" placeholder:"ADDRESS:PORT" help:"Serve Go's profiles, and its runtime's metrics, by HTTP at this address of the loopback interface."`

	Version bool `name:"version" short:"v" group:"process" help:"Print the version."`
}

// warning is something that a user should know about the configuration, for the log.
type warning struct{ directive, text string }

// commandLine is what a command line, together with the file that it names, has asked for.
type commandLine struct {
	settings
	// parameters are the settings by their names, for CONFIG GET, in the order of their declaration.
	parameters []parameter
	warnings   []warning
	// driver has the settings of the client driver.
	driver driverOptions
	// helped is set if the help was asked for, and printed.
	helped bool
}

// parameter is a setting by its name.
type parameter struct {
	name  string
	value func() string
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
			{Key: "network", Title: "Network:"}, {Key: "limits", Title: "Limits:"},
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
		if err := kong.Resolvers(file).Apply(parser); err != nil {
			return nil, err
		}
	}
	c.warnings = append(c.warnings, warnings...)
	if _, err := parser.Parse(args); err != nil && !c.helped {
		return nil, errors.New(firstLine(err.Error()))
	}
	for _, flag := range parser.Model.Flags {
		if flag.Name != "help" && flag.Name != "version" {
			c.parameters = append(c.parameters, parameter{flag.Name, func() string { return fmt.Sprint(flag.Target.Interface()) }})
		}
	}
	return c, c.complete()
}

// complete fills in the defaults that depend on other settings, and checks what no setting can check alone.
func (c *commandLine) complete() error {
	c.driver = driverOptions{
		maxClients: int(c.MaxClients), idle: c.Timeout.duration(),
		localOnly:  c.ProtectedMode.on() && len(c.Bind) == 0, // whoever says where to listen has thought of who may come
		keepAlive:  c.TCPKeepalive.duration(),
		queuedSoft: defaultQueuedSoft, queuedHard: defaultQueuedHard,
	}
	if len(c.Bind) == 0 {
		c.Bind = bindList{{netip.IPv4Unspecified(), false}, {netip.IPv6Unspecified(), true}}
	}
	if c.ClusterPort == 0 && c.Port != 0 {
		port := int(c.Port) + busPortDistance
		if port > math.MaxUint16 {
			return fmt.Errorf("port %d leaves no room for the cluster port %d places above it: choose one below %d, or give --cluster-port",
				c.Port, busPortDistance, math.MaxUint16-busPortDistance+1)
		}
		c.ClusterPort = portNumber(port)
	}
	if c.ClusterPort == c.Port && c.Port != 0 {
		return fmt.Errorf("port and cluster-port are both %d", c.Port)
	}
	if c.QueryBufferLimit < minQueryBuffer {
		return fmt.Errorf("client-query-buffer-limit: argument must be at least %d", minQueryBuffer)
	}
	return nil
}

const (
	// busPortDistance is how far the cluster port is above the port for clients unless it is given, as in Redis.
	busPortDistance = 10000
	// minQueryBuffer is the least client-query-buffer-limit, as in Redis.
	minQueryBuffer = 1 << 20
)

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
