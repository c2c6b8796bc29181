package server

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Ember is the kind of server that this repository builds. The others are the programs of the same name.
const Ember = "ember"

// binaries are the programs that are compared where they are installed; embernode is built.
var binaries = map[string]string{"redis": "redis-server", "valkey": "valkey-server"}

// Installed returns the kinds of server that can be compared on this machine: the first is the baseline.
func Installed() []string {
	kinds := []string{"redis"}
	if _, err := exec.LookPath(binaries["valkey"]); err == nil {
		kinds = append(kinds, "valkey")
	}
	return append(kinds, Ember)
}

// Fleet starts servers, and stops those that still run when it is done.
type Fleet struct {
	directory string
	ember     string // a binary; built from ./cmd/embernode when first needed, if empty
	flags     []string
	log       io.Writer
	servers   []*Server
}

// NewFleet returns a fleet whose servers work in a directory and run, if they are embers, a binary with some arguments. An
// empty binary is built from ./cmd/embernode. What the fleet does is told to the log.
func NewFleet(directory, ember string, emberFlags []string, log io.Writer) *Fleet {
	return &Fleet{directory: directory, ember: ember, flags: emberFlags, log: log}
}

// Start starts a server of a kind and returns it when it serves all the slots.
func (f *Fleet) Start(ctx context.Context, kind string) (*Server, error) {
	binary, arguments, err := f.commandLine(ctx, kind)
	if err != nil {
		return nil, err
	}
	number := len(f.servers)
	s, err := start(kind, binary, arguments, filepath.Join(f.directory, strconv.Itoa(number)))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	f.servers = append(f.servers, s)
	fmt.Fprintf(f.log, "%s: process %d, port %d\n", kind, s.process.id, s.Port)
	if err := s.serve(ctx); err != nil {
		return nil, s.Explain(err)
	}
	return s, nil
}

// StartAll starts one server of each kind and fills it.
func (f *Fleet) StartAll(ctx context.Context, kinds []string, filling Filling) ([]*Server, error) {
	var servers []*Server
	for _, kind := range kinds {
		s, err := f.Start(ctx, kind)
		if err != nil {
			return nil, err
		}
		if err := s.Fill(ctx, filling); err != nil {
			return nil, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// Stop stops every server that the fleet started.
func (f *Fleet) Stop() { StopAll(f.servers) }

// StopAll stops some servers.
func StopAll(servers []*Server) {
	for _, s := range servers {
		s.Stop()
	}
}

// commandLine returns how a server of one kind is started; the port and the directory are added by start.
func (f *Fleet) commandLine(ctx context.Context, kind string) (binary string, arguments []string, err error) {
	if kind == Ember {
		binary, err = f.emberBinary(ctx)
		return binary, f.flags, err
	}
	name, known := binaries[kind]
	if !known {
		return "", nil, fmt.Errorf("unknown server %q: redis, valkey or ember", kind)
	}
	binary, err = exec.LookPath(name)
	return binary, []string{"--cluster-enabled", "yes", "--save", "", "--appendonly", "no", "--daemonize", "no"}, err
}

func (f *Fleet) emberBinary(ctx context.Context) (string, error) {
	if f.ember == "" {
		binary := filepath.Join(f.directory, "embernode")
		if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/embernode").CombinedOutput(); err != nil {
			return "", fmt.Errorf("build embernode (run this from the root of the repository, or name a binary with --ember): %w\n%s",
				err, output)
		}
		f.ember = binary
	}
	return filepath.Abs(f.ember)
}
