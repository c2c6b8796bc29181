package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ember-cluster/ember/bench/server"
)

// suite is a group of tests.
type suite struct {
	name string
	run  func(*bench, context.Context) ([]row, error)
}

// suites are all there are; those of throughput come first.
var suites = []suite{
	{"pipelines", (*bench).pipelines},
	{"cached", (*bench).cached},
	{"commands", (*bench).commands},
	{"offered", (*bench).offered},
	{"memory", (*bench).memory},
	{"collector", (*bench).collector},
	{"growth", (*bench).growth},
}

// quickSuites is how many of the suites a quick run has.
const quickSuites = 3

func suiteNames() string {
	var names []string
	for _, s := range suites {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// findSuites returns the suites with some names.
func findSuites(names []string) ([]suite, error) {
	var found []suite
	for _, name := range names {
		switch i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name }); {
		case name == "quick":
			found = append(found, suites[:quickSuites]...)
		case name == "full":
			found = append(found, suites...)
		case i >= 0:
			found = append(found, suites[i])
		default:
			return nil, fmt.Errorf("unknown suite %q: %s, quick or full", name, suiteNames())
		}
	}
	return found, nil
}

// bench measures what the options ask for.
type bench struct {
	options
	fleet    *server.Fleet
	log      io.Writer
	versions map[string]string // by kind of server, once one has been started
}

// measure runs the suites one after the other.
func (b *bench) measure(ctx context.Context) (result, error) {
	r := b.newResult()
	for _, s := range b.suites {
		fmt.Fprintf(b.log, "suite %s\n", s.name)
		rows, err := s.run(b, ctx)
		if err != nil {
			return r, fmt.Errorf("suite %s: %w", s.name, err)
		}
		for i := range rows {
			rows[i].Suite = s.name
		}
		r.Rows = append(r.Rows, rows...)
	}
	for i, kind := range b.servers {
		r.Servers[i].Version = b.versions[kind]
	}
	return r, nil
}

// start starts one server of each kind, filled alike.
func (b *bench) start(ctx context.Context, filling server.Filling) ([]*server.Server, error) {
	fmt.Fprintf(b.log, "%s\n", filling.Name)
	started, err := b.fleet.StartAll(ctx, b.servers, filling)
	if err != nil {
		return nil, err
	}
	for _, s := range started {
		b.versions[s.Kind] = s.Version
	}
	return started, nil
}

// runLength is how long a run of the generator takes.
func (b *bench) runLength() time.Duration { return time.Duration(b.seconds) * time.Second }

// interleave takes a sample of every server in turns, so that what the machine does meanwhile hits them alike. The result has
// the samples by server.
func interleave[T any](ctx context.Context, servers []*server.Server, repeats int,
	take func(context.Context, *server.Server) (T, error)) ([][]T, error) {
	samples := make([][]T, len(servers))
	for range repeats {
		for i, s := range servers {
			sample, err := take(ctx, s)
			if err != nil {
				return nil, s.Explain(err)
			}
			samples[i] = append(samples[i], sample)
		}
	}
	return samples, nil
}
