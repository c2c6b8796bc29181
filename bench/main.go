package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line can change.
type options struct {
	servers    []string
	ember      string // a binary; built from ./cmd/embernode if empty
	emberFlags []string
	tests      []string
	pipelines  []int
	load       load
	repeats    int
	json       bool
	limit      time.Duration
}

func parse(arguments []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	servers := flags.String("servers", "", "servers to compare, the baseline first: redis, valkey, ember (default: those installed)")
	flags.StringVar(&o.ember, "ember", "", "path of embernode (default: build ./cmd/embernode)")
	emberFlags := flags.String("ember-flags", "", "more arguments for embernode, separated by spaces")
	tests := flags.String("tests", "set,get", "tests of redis-benchmark")
	pipelines := flags.String("pipelines", "1,16,64", "requests that a connection sends at a time")
	flags.IntVar(&o.load.connections, "connections", 50, "connections at the same time")
	flags.IntVar(&o.load.valueSize, "value-size", 64, "bytes of a value")
	flags.IntVar(&o.load.keys, "keys", 1_000_000, "different keys")
	flags.IntVar(&o.load.requests, "requests", 300_000,
		"requests of a run without pipelining; a pipelined run has up to 8 times as many, to take about as long")
	flags.IntVar(&o.load.threads, "client-threads", 0, "threads of redis-benchmark (0: its own choice, one)")
	flags.IntVar(&o.repeats, "repeats", 3, "runs of which the median counts")
	flags.BoolVar(&o.json, "json", false, "print JSON instead of Markdown")
	flags.DurationVar(&o.limit, "limit", 20*time.Minute, "give up after this time")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	o.servers, o.tests, o.emberFlags = split(*servers), split(*tests), strings.Fields(*emberFlags)
	for _, text := range split(*pipelines) {
		pipeline, err := strconv.Atoi(text)
		if err != nil || pipeline < 1 {
			return o, fmt.Errorf("pipeline %q is no positive number", text)
		}
		o.pipelines = append(o.pipelines, pipeline)
	}
	return o, o.check(flags.Args())
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case len(o.tests) == 0 || len(o.pipelines) == 0:
		return errors.New("no tests or no pipelines: nothing to measure")
	case min(o.load.connections, o.load.valueSize, o.load.keys, o.load.requests, o.repeats) < 1:
		return errors.New("connections, value size, keys, requests and repeats must be positive")
	}
	return nil
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	o, err := parse(arguments, stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	directory, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)

	servers, err := startAll(ctx, o, directory, stderr)
	defer stopAll(servers)
	if err != nil {
		return err
	}
	result, err := measure(ctx, o, servers, stderr)
	if err != nil {
		return err
	}
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	return result.writeMarkdown(stdout)
}
