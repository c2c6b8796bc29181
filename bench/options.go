package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/bench/server"
)

// options are what the command line can change.
type options struct {
	servers     []string
	ember       string // a binary; built from ./cmd/embernode if empty
	emberFlags  []string
	suites      []suite
	tests       []string
	pipelines   []int
	connections int
	valueSize   int // bytes
	keys        int
	requests    int // of a run of redis-benchmark without pipelining
	threads     int // of redis-benchmark
	seconds     int // of a run of the generator
	repeats     int
	json        bool
	limit       time.Duration
}

func parse(arguments []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	chosen := flags.String("suite", "quick", "suites to run: "+suiteNames()+"; quick (the first three) or full (all)")
	servers := flags.String("servers", "", "servers to compare, the baseline first: redis, valkey, ember (default: those installed)")
	flags.StringVar(&o.ember, "ember", "", "path of embernode (default: build ./cmd/embernode)")
	emberFlags := flags.String("ember-flags", "", "more arguments for embernode, separated by spaces")
	tests := flags.String("tests", "set,get", "tests of redis-benchmark, of the suite pipelines")
	pipelines := flags.String("pipelines", "1,16,64", "requests that a connection sends at a time, of the suite pipelines")
	flags.IntVar(&o.connections, "connections", 50, "connections at the same time")
	flags.IntVar(&o.valueSize, "value-size", 64, "bytes of a value")
	flags.IntVar(&o.keys, "keys", 1_000_000, "different keys")
	flags.IntVar(&o.requests, "requests", 300_000,
		"requests of a run of redis-benchmark without pipelining; a pipelined run has up to 8 times as many, to take about as long")
	flags.IntVar(&o.threads, "client-threads", 0, "threads of redis-benchmark (0: its own choice, one)")
	flags.IntVar(&o.seconds, "seconds", 5, "length of a run of the load that is not redis-benchmark's")
	flags.IntVar(&o.repeats, "repeats", 3, "runs of which the median counts")
	flags.BoolVar(&o.json, "json", false, "print JSON instead of Markdown")
	flags.DurationVar(&o.limit, "limit", time.Hour, "give up after this time")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	o.servers, o.tests, o.emberFlags = split(*servers), split(*tests), strings.Fields(*emberFlags)
	if o.servers == nil {
		o.servers = server.Installed()
	}
	var err error
	if o.suites, err = findSuites(split(*chosen)); err != nil {
		return o, err
	}
	for _, text := range split(*pipelines) {
		pipeline, err := strconv.Atoi(text)
		if err != nil || pipeline < 1 {
			return o, fmt.Errorf("pipeline %q is no positive number", text)
		}
		o.pipelines = append(o.pipelines, pipeline)
	}
	return o, o.check(flags.Args())
}

// leastKeys leaves some for every suite.
const leastKeys = 1000

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case len(o.suites) == 0 || len(o.tests) == 0 || len(o.pipelines) == 0:
		return errors.New("no suites, no tests or no pipelines: nothing to measure")
	case o.keys < leastKeys:
		return fmt.Errorf("%d keys are too few: at least %d", o.keys, leastKeys)
	case min(o.connections, o.valueSize, o.requests, o.repeats, o.seconds) < 1:
		return errors.New("connections, value size, requests, repeats and seconds must be positive")
	}
	return nil
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
