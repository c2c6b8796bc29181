package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ember-cluster/ember/bench/load"
	"github.com/ember-cluster/ember/bench/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

// options are what the command line can change.
type options struct {
	commands    commandList
	ember       string
	emberFlags  string
	out         string
	keys        int
	valueSize   int // bytes
	connections int
	pipeline    int
	seconds     int
}

// commandList is an option that may be given more than once.
type commandList []string

// String implements flag.Value.
func (l *commandList) String() string { return strings.Join(*l, ", ") }

// Set implements flag.Value.
func (l *commandList) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("an empty command")
	}
	*l = append(*l, text)
	return nil
}

func parse(arguments []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("profile", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Var(&o.commands, "command", "command to profile, may be repeated; "+load.RandomNumber+
		" stands for a random number of twelve digits (default: SET and GET)")
	flags.StringVar(&o.ember, "ember", "", "path of embernode (default: build ./cmd/embernode)")
	flags.StringVar(&o.emberFlags, "ember-flags", "", "more arguments for embernode, separated by spaces")
	flags.StringVar(&o.out, "out", filepath.Join("bench", "out"), "directory of the profiles")
	flags.IntVar(&o.keys, "keys", 1_000_000, "different keys")
	flags.IntVar(&o.valueSize, "value-size", 64, "bytes of a value")
	flags.IntVar(&o.connections, "connections", 50, "connections at the same time")
	flags.IntVar(&o.pipeline, "pipeline", 16, "requests that a connection sends at a time")
	flags.IntVar(&o.seconds, "seconds", 10, "time that a profile covers")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if len(flags.Args()) > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if min(o.keys, o.valueSize, o.connections, o.pipeline, o.seconds) < 1 {
		return o, errors.New("keys, value size, connections, pipeline and seconds must be positive")
	}
	if o.commands == nil {
		key := "key:" + load.RandomNumber
		o.commands = commandList{"SET " + key + " " + strings.Repeat("y", o.valueSize), "GET " + key}
	}
	return o, nil
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	o, err := parse(arguments, stderr)
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "profile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	fleet := server.NewFleet(directory, o.ember, strings.Fields(o.emberFlags), stderr)
	defer fleet.Stop()
	node, err := fleet.Start(ctx, server.Ember)
	if err != nil {
		return err
	}
	if err := node.Fill(ctx, server.Strings(o.keys, o.valueSize, 0)); err != nil {
		return err
	}
	for _, text := range o.commands {
		if err := o.profile(ctx, node, strings.Fields(text), stdout); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// profile loads the node with one command and writes both profiles meanwhile.
func (o options) profile(ctx context.Context, node *server.Server, command []string, stdout io.Writer) error {
	covered := time.Duration(o.seconds) * time.Second
	generator := load.Generator{
		Command: load.NewCommand(command...), Numbers: o.keys, Connections: o.connections, Pipeline: o.pipeline, Duration: covered,
	}
	base := filepath.Join(o.out, strings.ToUpper(command[0]))
	errs := make(chan error)
	for name, file := range map[string]string{"profile": base + "-cpu.pprof", "allocs": base + "-allocs.pprof"} {
		go func() { errs <- writeProfile(ctx, node, name, covered, file) }()
	}
	sample, err := generator.Run(ctx, node)
	if err = errors.Join(err, <-errs, <-errs); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %.0f requests/s, %v of CPU a request; %s-cpu.pprof, %s-allocs.pprof\n",
		strings.ToUpper(command[0]), sample.Rate, sample.Processor, base, base)
	return err
}

func writeProfile(ctx context.Context, node *server.Server, name string, covered time.Duration, file string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(node.WriteProfile(ctx, name, covered, out), out.Close())
}
