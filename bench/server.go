package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running process under test.
type server struct {
	name    string // unique among the servers of one comparison
	version string
	port    int
	process process
	command *exec.Cmd
	output  *bytes.Buffer // read only after the process has ended
	ended   chan struct{} // closed when the process has ended

	emptyBytes int64 // resident before the keys were added
	fullBytes  int64 // and after
}

// binaries are the programs that are compared where they are installed; embernode is built.
var binaries = map[string]string{"redis": "redis-server", "valkey": "valkey-server"}

// startAll starts every server, makes it the owner of all slots, and fills it. It returns those that were started also
// on an error, so that they can be stopped.
func startAll(ctx context.Context, o options, directory string, log io.Writer) ([]*server, error) {
	names := o.servers
	if names == nil {
		names = installed()
	}
	var servers []*server
	for i, kind := range names {
		binary, arguments, err := o.commandLine(ctx, kind, directory)
		if err != nil {
			return servers, err
		}
		name := kind
		if slices.Contains(names[:i], kind) {
			name = fmt.Sprintf("%s (%d)", kind, i+1)
		}
		s, err := start(name, binary, arguments, filepath.Join(directory, strconv.Itoa(i)))
		if err != nil {
			return servers, fmt.Errorf("start %s: %w", name, err)
		}
		servers = append(servers, s)
		fmt.Fprintf(log, "%s: process %d, port %d; adding %d keys\n", name, s.process.id, s.port, o.load.keys)
		if err := s.prepare(ctx, o.load); err != nil {
			return servers, s.explain(err)
		}
	}
	return servers, nil
}

// installed is the default comparison: the first is the baseline.
func installed() []string {
	names := []string{"redis"}
	if _, err := exec.LookPath(binaries["valkey"]); err == nil {
		names = append(names, "valkey")
	}
	return append(names, "ember")
}

// commandLine returns how a server of one kind is started; the port and the directory are added by start.
func (o options) commandLine(ctx context.Context, kind, directory string) (binary string, arguments []string, err error) {
	if kind == "ember" {
		binary, err = o.emberBinary(ctx, directory)
		return binary, o.emberFlags, err
	}
	name, known := binaries[kind]
	if !known {
		return "", nil, fmt.Errorf("unknown server %q: redis, valkey or ember", kind)
	}
	binary, err = exec.LookPath(name)
	return binary, []string{"--cluster-enabled", "yes", "--save", "", "--appendonly", "no", "--daemonize", "no"}, err
}

func (o options) emberBinary(ctx context.Context, directory string) (string, error) {
	if o.ember != "" {
		return filepath.Abs(o.ember)
	}
	binary := filepath.Join(directory, "embernode")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/embernode").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build embernode (run this from the root of the repository, or name a binary with --ember): %w\n%s",
			err, output)
	}
	return binary, nil
}

func start(name, binary string, arguments []string, directory string) (*server, error) {
	if err := os.Mkdir(directory, 0o777); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{name: name, port: port, output: &bytes.Buffer{}, ended: make(chan struct{})}
	s.command = exec.Command(binary, append([]string{
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", directory}, arguments...)...)
	s.command.Dir = directory
	s.command.Stdout, s.command.Stderr = s.output, s.output
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	s.process = process{id: s.command.Process.Pid}
	go func() {
		// How it ended is told by whoever missed it; a server that was stopped may end as it likes.
		_ = s.command.Wait()
		close(s.ended)
	}()
	return s, nil
}

// busPortDistance is how far the bus port of a Redis Cluster node is from its client port, by default.
const busPortDistance = 10000

// freePort returns a port that nobody listens on now, nor on the bus port that goes with it.
func freePort() (int, error) {
	const attempts = 100
	var last error
	for range attempts {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := listener.Addr().(*net.TCPAddr).Port
		if err := listener.Close(); err != nil {
			return 0, err
		}
		if port+busPortDistance > 65535 {
			// The system prefers high ports; the ones that are lower by the distance are as good.
			port -= 2 * busPortDistance
		}
		if last = errors.Join(tryListen(port), tryListen(port+busPortDistance)); last == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free pair of ports: %w", last)
}

func tryListen(port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return listener.Close()
}

const (
	startLimit = 10 * time.Second
	stopLimit  = 5 * time.Second
	pollPeriod = 20 * time.Millisecond
)

// await calls ready until it reports true, the server ends, or the time is up.
func (s *server) await(ctx context.Context, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	poll := time.NewTicker(pollPeriod)
	defer poll.Stop()
	for !ready() {
		select {
		case <-poll.C:
		case <-s.ended:
			return fmt.Errorf("%s ended before it %s", s.name, what)
		case <-ctx.Done():
			return fmt.Errorf("%s never %s: %w", s.name, what, ctx.Err())
		}
	}
	return nil
}

// prepare makes the server a cluster of one node, with all the keys that the load will ask for.
func (s *server) prepare(ctx context.Context, l load) error {
	var c *client
	err := s.await(ctx, "listened", func() bool {
		var err error
		c, err = dial(ctx, s.port)
		return err == nil
	})
	if err != nil {
		return err
	}
	defer c.close()
	if _, err := c.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); err != nil {
		return err
	}
	if err := s.await(ctx, "served its slots", func() bool {
		info, err := c.call("CLUSTER", "INFO")
		return err == nil && strings.Contains(info, "cluster_state:ok")
	}); err != nil {
		return err
	}
	info, err := c.call("INFO", "server")
	if err != nil {
		return err
	}
	s.version = versionOf(info)
	if s.emptyBytes, err = s.process.residentBytes(); err != nil {
		return err
	}
	if err := c.fill(ctx, l.keys, l.valueSize); err != nil {
		return err
	}
	s.fullBytes, err = s.process.residentBytes()
	return err
}

// versionOf finds the version in the server section of INFO. Valkey and ember also name the Redis that they are
// compatible with, so the server's own line comes first.
func versionOf(info string) string {
	for _, field := range []string{"valkey_version:", "ember_version:", "redis_version:"} {
		for line := range strings.Lines(info) {
			if version, ok := strings.CutPrefix(line, field); ok {
				return strings.TrimSpace(version)
			}
		}
	}
	return "unknown"
}

// explain adds the end of what the server printed to an error. It stops the server first.
func (s *server) explain(err error) error {
	s.stop()
	const limit = 2000
	text := strings.TrimSpace(s.output.String())
	if len(text) > limit {
		text = "…" + text[len(text)-limit:]
	}
	return fmt.Errorf("%s: %w\n%s", s.name, err, text)
}

// stop ends the process, by its id, and waits for it.
func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM) // fails if it has ended already
	select {
	case <-s.ended:
		return
	case <-time.After(stopLimit):
	}
	_ = s.command.Process.Kill()
	<-s.ended
}

func stopAll(servers []*server) {
	for _, s := range servers {
		s.stop()
	}
}
