package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"github.com/ember-cluster/ember/core/topology"
)

// devCommand is `embernode dev`: a whole cluster on this host, for those who write programs for one.
type devCommand struct {
	Nodes    int        `name:"nodes" default:"3" placeholder:"COUNT" help:"Nodes of the cluster, each a primary with its share of the slots."`
	Port     portNumber `name:"port" default:"7000" placeholder:"PORT" help:"Port of the first node for clients. The others follow."`
	Dir      string     `name:"dir" placeholder:"PATH" help:"Directory that the nodes keep. Default: a temporary one, removed at the end."`
	Settings []string   `kong:"-"` // of every node
}

// maxDevNodes is more than any host has the patience for.
const maxDevNodes = 100

// runDev is the whole command: it returns the exit status.
func runDev(args []string, stdout, stderr io.Writer) int {
	var c devCommand
	if end := slices.Index(args, "--"); end >= 0 {
		args, c.Settings = args[:end], args[end+1:]
	}
	return runSubcommand("dev", &c, args, stdout, stderr,
		"A whole cluster on this host, until Ctrl-C. Settings of every node come behind --, such as: embernode dev -- --maxmemory 100mb")
}

// run starts the nodes, tells how to talk to them, and stops them at the first signal.
func (c *devCommand) run(out io.Writer) (err error) {
	if c.Nodes < 1 || c.Nodes > maxDevNodes || int(c.Port)+c.Nodes > 65536-busPortDistance || c.Port == 0 {
		return fmt.Errorf("there can be 1 to %d nodes at ports from 1 to %d", maxDevNodes, 65535-busPortDistance)
	}
	// The thread must live as long as the nodes, which end with it.
	runtime.LockOSThread()
	stopping, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	temporary := c.Dir == ""
	if temporary {
		if c.Dir, err = os.MkdirTemp("", "ember-dev-"); err != nil {
			return err
		}
		defer os.RemoveAll(c.Dir)
	}
	nodes, err := c.prepare()
	if err != nil {
		return err
	}
	defer stopAll(nodes)
	for _, n := range nodes {
		if err := n.start(); err != nil {
			return err
		}
	}
	for _, n := range nodes {
		if err := n.awaitServing(stopping); err != nil {
			return err
		}
	}
	if stopping.Err() == nil {
		c.tell(out, nodes, temporary)
		watch(stopping, out, nodes)
	}
	fmt.Fprintln(out, "\nStopping.")
	return nil
}

// prepare lays out the cluster, unless the directory has it from an earlier time.
func (c *devCommand) prepare() ([]*devNode, error) {
	nodes := make([]*devNode, c.Nodes)
	members := make([]topology.Node, c.Nodes)
	dirs := make([]string, c.Nodes)
	for i := range nodes {
		port := c.Port + portNumber(i)
		dirs[i] = filepath.Join(c.Dir, fmt.Sprintf("node-%d", port))
		nodes[i] = &devNode{port: port, dir: dirs[i], settings: c.Settings}
		members[i] = topology.Node{Host: "127.0.0.1", ClientPort: uint16(port), BusPort: uint16(port) + busPortDistance}
	}
	found, err := filepath.Glob(filepath.Join(c.Dir, "node-*"))
	if err != nil {
		return nil, err
	}
	switch {
	case len(found) == 0:
	case slices.Equal(slices.Sorted(slices.Values(found)), slices.Sorted(slices.Values(dirs))):
		return nodes, nil
	default:
		return nil, fmt.Errorf("%s has another cluster: %d nodes, the first one in %s", c.Dir, len(found), filepath.Base(found[0]))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
	}
	return nodes, layOut(members, dirs)
}

// tell says what there is, and what to do with it.
func (c *devCommand) tell(out io.Writer, nodes []*devNode, temporary bool) {
	kept := "kept"
	if temporary {
		kept = "removed at the end"
	}
	fmt.Fprintf(out, "A cluster of %d nodes, in %s (%s):\n\n", len(nodes), c.Dir, kept)
	for _, n := range nodes {
		fmt.Fprintf(out, "  %s   process %d   log %s\n", n.address(), n.command.Process.Pid, n.logFile())
	}
	fmt.Fprintf(out, `
Talk to it        redis-cli -c -p %[1]d
Look at it        redis-cli -p %[1]d cluster nodes
Crash a node      kill -9 %[2]d
Stop everything   Ctrl-C
`, nodes[0].port, nodes[len(nodes)-1].command.Process.Pid)
}

// watch tells of nodes that end, until it is time to stop or none is left.
func watch(stopping context.Context, out io.Writer, nodes []*devNode) {
	ends := make(chan *devNode)
	for _, n := range nodes {
		go func() {
			<-n.ended
			select {
			case ends <- n:
			case <-stopping.Done():
			}
		}()
	}
	for range nodes {
		select {
		case <-stopping.Done():
			return
		case n := <-ends:
			fmt.Fprintf(out, "\n%s has ended (%v). Start it again:\n  %s\n", n.address(), n.command.ProcessState, n.line())
		}
	}
}
