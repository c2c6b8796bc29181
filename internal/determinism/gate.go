package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// scene is one run that must come out the same everywhere.
type scene struct {
	name      string
	arguments []string
	traced    func(file string) []string // arguments that also write a trace into a file; nil if there is no such option
}

// outcome is what is compared.
type outcome struct {
	hash string // over the whole history
	rest string // the remaining results, in a form that is equal if they are
}

// result is one run of a scene on one platform.
type result struct {
	platform string
	outcome  outcome
	took     time.Duration
	err      error
}

// comparison is a scene with its result on every platform, in the order of the platforms.
type comparison struct {
	scene   scene
	results []result
}

// gate runs every scene on every platform.
type gate struct {
	platforms []platform
	cases     []scene
	extract   func(stdout []byte) (outcome, error)
	jobs      int
	timeout   time.Duration // of one run
}

func (g gate) run(ctx context.Context) []comparison {
	comparisons := make([]comparison, len(g.cases))
	places := make(chan struct{}, max(g.jobs, 1))
	var running sync.WaitGroup
	for i, c := range g.cases {
		comparisons[i] = comparison{c, make([]result, len(g.platforms))}
		for j, p := range g.platforms {
			places <- struct{}{}
			running.Go(func() {
				defer func() { <-places }()
				comparisons[i].results[j] = g.runOne(ctx, p, c)
			})
		}
	}
	running.Wait()
	return comparisons
}

func (g gate) runOne(ctx context.Context, p platform, c scene) result {
	r := result{platform: p.name}
	directory, err := os.MkdirTemp("", "determinism-run-")
	if err != nil {
		r.err = err
		return r
	}
	defer os.RemoveAll(directory)
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()

	start := time.Now()
	stdout, err := p.run(ctx, func(string) []string { return c.arguments }, directory)
	r.took = time.Since(start)
	// A run that failed may still have a report, and its hash tells whether it failed everywhere in the same way.
	r.outcome, r.err = g.extract(stdout)
	if err != nil {
		r.err = err
	}
	return r
}

// same reports whether all runs ended well and alike.
func (c comparison) same() bool {
	return len(c.problems()) == 0
}

// firstDifferent returns the index of the first result that differs from the one at index 0, or 0.
func (c comparison) firstDifferent() int {
	for i, r := range c.results {
		if r.outcome != c.results[0].outcome {
			return i
		}
	}
	return 0
}

func (c comparison) problems() []string {
	var problems []string
	first := c.results[0]
	for _, r := range c.results {
		if r.err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", r.platform, r.err))
		}
		switch {
		case r.outcome.hash != first.outcome.hash:
			problems = append(problems,
				fmt.Sprintf("%s has the hash %s, %s has %s", r.platform, r.outcome.hash, first.platform, first.outcome.hash))
		case r.outcome.rest != first.outcome.rest:
			problems = append(problems, fmt.Sprintf("%s and %s have one hash but different reports: %s, %s",
				r.platform, first.platform, r.outcome.rest, first.outcome.rest))
		}
	}
	return problems
}
