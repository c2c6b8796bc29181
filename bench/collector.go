package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/bench/load"
	"github.com/ember-cluster/ember/bench/server"
)

// collectorShare is how many times more keys the collector is measured with.
const collectorShare = 5

// collected is what the garbage collector did during one run.
type collected struct{ share, longest, cycles float64 }

// collector measures embernode alone: the others have no garbage collector.
func (b *bench) collector(ctx context.Context) ([]row, error) {
	place := slices.Index(b.servers, server.Ember)
	if place < 0 {
		return nil, nil
	}
	keys := collectorShare * b.keys
	filling := server.Strings(keys, b.valueSize, 0)
	fmt.Fprintln(b.log, filling.Name)
	started, err := b.fleet.StartAll(ctx, []string{server.Ember}, filling)
	if err != nil {
		return nil, err
	}
	defer server.StopAll(started)
	b.versions[server.Ember] = started[0].Version
	samples, err := interleave(ctx, started, b.repeats, func(ctx context.Context, s *server.Server) (collected, error) {
		return b.collect(ctx, s, keys)
	})
	if err != nil {
		return nil, err
	}
	all := make([][]collected, len(b.servers))
	all[place] = samples[0]
	name := "SET P=16 with " + thousands(int64(keys)) + " keys"
	return []row{
		newRow(name, collectorCycles, pick(all, func(c collected) float64 { return c.cycles })),
		newRow(name, collectorPart, pick(all, func(c collected) float64 { return c.share })),
		newRow(name, longestPause, pick(all, func(c collected) float64 { return c.longest })),
	}, nil
}

// collect loads the node with writes for a while. It asks for one collection in the middle, so that there is a pause to be
// measured also where the node makes so little garbage that it needs none.
func (b *bench) collect(ctx context.Context, s *server.Server, keys int) (collected, error) {
	writes := load.Generator{
		Command: load.NewCommand("SET", "key:"+load.RandomNumber, fmt.Sprintf("%0*d", b.valueSize, 0)), Numbers: keys,
		Connections: b.connections, Pipeline: 16, Duration: b.runLength(),
	}
	before, err := s.ReadCollector(ctx)
	if err != nil {
		return collected{}, err
	}
	start, err := s.ProcessorTime()
	if err != nil {
		return collected{}, err
	}
	asked := make(chan error, 1)
	go func() {
		select {
		case <-time.After(b.runLength() / 2):
			asked <- s.Collect(ctx)
		case <-ctx.Done():
			asked <- ctx.Err()
		}
	}()
	if _, err := writes.Run(ctx, s); err != nil {
		return collected{}, err
	}
	if err := <-asked; err != nil {
		return collected{}, err
	}
	end, err := s.ProcessorTime()
	if err != nil {
		return collected{}, err
	}
	after, err := s.ReadCollector(ctx)
	return collected{
		share:   100 * ratio(float64(after.Processor-before.Processor), float64(end-start)),
		longest: milliseconds(after.LongestPause(before)),
		cycles:  float64(after.Cycles - before.Cycles),
	}, err
}
