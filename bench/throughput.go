package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ember-cluster/ember/bench/load"
	"github.com/ember-cluster/ember/bench/server"
)

// trial is one load with the name of its test.
type trial struct {
	test string
	load load.Load
}

// try runs loads on servers that are filled alike.
func (b *bench) try(ctx context.Context, filling server.Filling, trials ...trial) ([]row, error) {
	servers, err := b.start(ctx, filling)
	if err != nil {
		return nil, err
	}
	defer server.StopAll(servers)
	var rows []row
	for _, t := range trials {
		fmt.Fprintln(b.log, t.test)
		samples, err := interleave(ctx, servers, b.repeats, t.load.Run)
		if err != nil {
			return nil, err
		}
		rows = append(rows, sampleRows(t.test, samples)...)
	}
	return rows, nil
}

// sampleRows returns a row for each figure of the samples.
func sampleRows(test string, samples [][]load.Sample) []row {
	return []row{
		newRow(test, rate, pick(samples, func(s load.Sample) float64 { return s.Rate })),
		newRow(test, processor, pick(samples, func(s load.Sample) float64 { return microseconds(s.Processor) })),
		newRow(test, p50, pick(samples, func(s load.Sample) float64 { return milliseconds(s.P50) })),
		newRow(test, p99, pick(samples, func(s load.Sample) float64 { return milliseconds(s.P99) })),
	}
}

// pick returns one figure of all samples.
func pick[T any](samples [][]T, figure func(T) float64) [][]float64 {
	values := make([][]float64, len(samples))
	for i := range samples {
		for _, s := range samples[i] {
			values[i] = append(values[i], figure(s))
		}
	}
	return values
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// benchmark returns a load of redis-benchmark on the keys of server.Strings.
func (b *bench) benchmark(keys, pipeline int, command ...string) load.Benchmark {
	return load.Benchmark{
		Command: command, Connections: b.connections, Pipeline: pipeline, ValueSize: b.valueSize, Keys: keys,
		Requests: b.requests, Threads: b.threads,
	}
}

func (b *bench) pipelines(ctx context.Context) ([]row, error) {
	var trials []trial
	for _, test := range b.tests {
		for _, pipeline := range b.options.pipelines {
			name := fmt.Sprintf("%s P=%d", strings.ToUpper(test), pipeline)
			trials = append(trials, trial{name, b.benchmark(b.keys, pipeline, test)})
		}
	}
	return b.try(ctx, server.Strings(b.keys, b.valueSize, 0), trials...)
}

// cachedShare is how many times fewer keys fit into the caches.
const cachedShare = 100

func (b *bench) cached(ctx context.Context) ([]row, error) {
	keys := b.keys / cachedShare
	return b.try(ctx, server.Strings(keys, b.valueSize, 0),
		trial{"GET P=16, few keys", b.benchmark(keys, 16, "get")},
		trial{"GET P=64, few keys", b.benchmark(keys, 64, "get")})
}

// commands measures each command on servers of its own, since each has keys of its own.
func (b *bench) commands(ctx context.Context) ([]row, error) {
	const pipeline = 16
	groups := server.Groups(b.keys, b.valueSize)
	tests := []struct {
		filling server.Filling
		trials  []trial
	}{
		{server.Counters(b.keys), []trial{{"INCR P=16", b.benchmark(b.keys, pipeline, "incr")}}},
		{server.Strings(b.keys, b.valueSize, 0), []trial{
			{"EXPIRE P=16", b.benchmark(b.keys, pipeline, "EXPIRE", "key:"+load.RandomNumber, "1000000")}}},
		{groups, []trial{
			{"MGET of 10 P=16", b.onGroups(pipeline, "MGET", "")},
			{"MSET of 10 P=16", b.onGroups(pipeline, "MSET", strings.Repeat("y", b.valueSize))}}},
	}
	var rows []row
	for _, t := range tests {
		more, err := b.try(ctx, t.filling, t.trials...)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// onGroups returns a load of one command on all the keys of one of server.Groups, with a value after each if there is one.
// redis-benchmark cannot draw one number for all the keys of a command, so without it they would not share a slot.
func (b *bench) onGroups(pipeline int, name, value string) load.Generator {
	arguments := []string{name}
	for key := range server.GroupSize {
		arguments = append(arguments, fmt.Sprintf("{%s}:%d", load.RandomNumber, key))
		if value != "" {
			arguments = append(arguments, value)
		}
	}
	return load.Generator{
		Command: load.NewCommand(arguments...), Numbers: b.keys / server.GroupSize,
		Connections: b.connections, Pipeline: pipeline, Duration: b.runLength(),
	}
}

// offered finds out what the baseline can do at most, and offers half of that to every server.
func (b *bench) offered(ctx context.Context) ([]row, error) {
	servers, err := b.start(ctx, server.Strings(b.keys, b.valueSize, 0))
	if err != nil {
		return nil, err
	}
	defer server.StopAll(servers)
	key, value := "key:"+load.RandomNumber, strings.Repeat("y", b.valueSize)
	var rows []row
	for _, command := range [][]string{{"SET", key, value}, {"GET", key}} {
		highest, err := interleave(ctx, servers[:1], b.repeats, b.benchmark(b.keys, 1, strings.ToLower(command[0])).Run)
		if err != nil {
			return nil, err
		}
		half := newRow("", rate, pick(highest, func(s load.Sample) float64 { return s.Rate })).Values[0].Median / 2
		name := command[0] + " at equal offered load"
		fmt.Fprintf(b.log, "%s: %s requests/s\n", name, thousands(int64(half)))
		generator := load.Generator{
			Command: load.NewCommand(command...), Numbers: b.keys, Connections: b.connections, Rate: half, Duration: b.runLength(),
		}
		samples, err := interleave(ctx, servers, b.repeats, generator.Run)
		if err != nil {
			return nil, err
		}
		rows = append(rows, sampleRows(name, samples)...)
	}
	return rows, nil
}
