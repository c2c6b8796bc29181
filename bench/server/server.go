package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a running process under test.
type Server struct {
	Kind    string // as given to Fleet.Start
	Version string // what it says of itself
	Port    int    // of its clients, on 127.0.0.1

	process  process
	profiles int // the port of its profiles, 0 if it has none
	command  *exec.Cmd
	output   *bytes.Buffer // read only after the process has ended
	ended    chan struct{} // closed when the process has ended
}

func start(kind, binary string, arguments []string, directory string) (*Server, error) {
	if err := os.Mkdir(directory, 0o777); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: kind, Port: port, output: &bytes.Buffer{}, ended: make(chan struct{})}
	own := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", directory}
	if kind == Ember {
		if s.profiles, err = freePort(); err != nil {
			return nil, err
		}
		own = append(own, "--pprof", address(s.profiles))
	}
	s.command = exec.Command(binary, append(own, arguments...)...)
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

// address is a port of the loopback.
func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

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
	listener, err := net.Listen("tcp", address(port))
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
func (s *Server) await(ctx context.Context, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	poll := time.NewTicker(pollPeriod)
	defer poll.Stop()
	for !ready() {
		select {
		case <-poll.C:
		case <-s.ended:
			return fmt.Errorf("%s ended before it %s", s.Kind, what)
		case <-ctx.Done():
			return fmt.Errorf("%s never %s: %w", s.Kind, what, ctx.Err())
		}
	}
	return nil
}

// serve makes the server a cluster of one node and asks for its version.
func (s *Server) serve(ctx context.Context) error {
	var c *client
	err := s.await(ctx, "listened", func() bool {
		var err error
		c, err = dial(ctx, s.Port)
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
	s.Version = versionOf(info)
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

// ProcessorTime returns what the server has used so far, in user mode and in the kernel.
func (s *Server) ProcessorTime() (time.Duration, error) { return s.process.processorTime() }

// ResidentBytes returns the memory that the server holds.
func (s *Server) ResidentBytes() (int64, error) { return s.process.residentBytes() }

// Explain adds the end of what the server printed to an error. It stops the server first.
func (s *Server) Explain(err error) error {
	s.Stop()
	const limit = 2000
	text := strings.TrimSpace(s.output.String())
	if len(text) > limit {
		text = "…" + text[len(text)-limit:]
	}
	return fmt.Errorf("%s: %w\n%s", s.Kind, err, text)
}

// Stop ends the process, by its id, and waits for it. A server that has ended already stays as it is.
func (s *Server) Stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM) // fails if it has ended already
	select {
	case <-s.ended:
		return
	case <-time.After(stopLimit):
	}
	_ = s.command.Process.Kill()
	<-s.ended
}
