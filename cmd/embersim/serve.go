//go:build !wasm

package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/view"
)

// livePackage is the simulator for browsers.
const livePackage = "github.com/ember-cluster/ember/cmd/embersim/live"

//go:embed live/worker.js
var worker []byte

// hostCommands are those that need an operating system: sockets, processes, and the go command.
type hostCommands struct {
	Serve   serveCommand   `cmd:"" help:"Serve a page in which the simulator runs live."`
	Diverge divergeCommand `cmd:"" help:"Name the first event at which two runs of one seed differ, of one program or of two."`
}

// serveCommand is `embersim serve`.
type serveCommand struct {
	Address string `help:"Address to listen on." name:"addr" default:"127.0.0.1:8080"`
}

// Run executes the command.
func (c *serveCommand) Run(s *session) error {
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", c.Address)
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Fprintf(s.err, "building the simulator for the browser\n")
	handler, err := newLiveHandler(interrupted)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(interrupted, func() { _ = server.Close() })
	fmt.Fprintf(s.out, "http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newLiveHandler builds the simulator for browsers, with the go command, and returns what serves it with its page.
func newLiveHandler(ctx context.Context) (http.Handler, error) {
	simulator, err := buildLive(ctx)
	if err != nil {
		return nil, err
	}
	support, err := wasmSupport(ctx)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := view.WriteLivePage(&page, view.Meta{Title: "Ember, live", Space: cluster.Space()}); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, file := range []struct {
		path, kind string
		content    []byte
	}{
		{"/{$}", "text/html; charset=utf-8", page.Bytes()},
		{"/worker.js", "text/javascript", worker},
		{"/wasm_exec.js", "text/javascript", support},
		{"/live.wasm", "application/wasm", simulator},
	} {
		mux.HandleFunc("GET "+file.path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.kind)
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(file.content) // the browser is gone if this fails
		})
	}
	return mux, nil
}

// buildLive compiles the simulator to WebAssembly.
func buildLive(ctx context.Context) ([]byte, error) {
	directory, err := os.MkdirTemp("", "embersim")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	file := filepath.Join(directory, "live.wasm")
	command := exec.CommandContext(ctx, "go", "build", "-o", file, livePackage)
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s needs the go command and Ember's source: %w\n%s", livePackage, err, output)
	}
	return os.ReadFile(file)
}

// wasmSupport returns the script with which this version of Go runs in a browser.
func wasmSupport(ctx context.Context) ([]byte, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
}
