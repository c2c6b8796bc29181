package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == wasmMode {
		os.Exit(runModule(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errDifferent):
		fmt.Fprintln(os.Stderr, "determinism:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "determinism:", err)
		os.Exit(2)
	}
}

// errDifferent says that the gate did its work and that it does not open.
var errDifferent = errors.New("a seed has more than one history, or failed")

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("determinism", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: go run ./internal/determinism [options] [-- arguments of embersim run]")
		flags.PrintDefaults()
	}
	program := flags.String("package", "./cmd/embersim", "the main package to run")
	seedList := flags.String("seeds", "1,2,3", "seeds: a list, with ranges: 1,5,10..20")
	scenario := flags.String("scenario", "swarm", "the scenario to run")
	jobs := flags.Int("jobs", runtime.NumCPU(), "runs at the same time")
	timeout := flags.Duration("timeout", 5*time.Minute, "limit for one run")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	seeds, err := parseSeeds(*seedList)
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "determinism-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)

	platforms, err := build(ctx, *program, directory)
	if err != nil {
		return err
	}
	gate := gate{platforms: platforms.all, extract: simulatorOutcome, jobs: *jobs, timeout: *timeout}
	for _, seed := range seeds {
		gate.cases = append(gate.cases, simulatorCase(seed, *scenario, flags.Args()))
	}
	comparisons := gate.run(ctx)
	writeTable(stdout, *scenario, platforms, comparisons)
	return explain(ctx, gate, comparisons, directory, stdout)
}

// explain prints what is known of each comparison that failed.
func explain(ctx context.Context, g gate, comparisons []comparison, directory string, out io.Writer) error {
	failed := false
	for _, c := range comparisons {
		if c.same() {
			continue
		}
		failed = true
		fmt.Fprintf(out, "\n%s:\n", c.scene.name)
		for _, problem := range c.problems() {
			fmt.Fprintf(out, "  %s\n", problem)
		}
		if i := c.firstDifferent(); i > 0 && c.scene.traced != nil {
			fmt.Fprintf(out, "  %s\n", g.locate(ctx, c, i, directory))
		}
	}
	if failed {
		return errDifferent
	}
	return nil
}

// maxSeeds bounds a range that was mistyped.
const maxSeeds = 100_000

// parseSeeds reads a list such as "1,5,10..20".
func parseSeeds(list string) ([]uint64, error) {
	var seeds []uint64
	for part := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(part, "..")
		if !isRange {
			high = low
		}
		first, err := strconv.ParseUint(low, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("seed %q: %w", part, err)
		}
		last, err := strconv.ParseUint(high, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("seed %q: %w", part, err)
		}
		if last < first || last-first >= maxSeeds-uint64(len(seeds)) {
			return nil, fmt.Errorf("seeds %q: at most %d, the lower one first", part, maxSeeds)
		}
		for seed := first; ; seed++ {
			seeds = append(seeds, seed)
			if seed == last {
				break
			}
		}
	}
	return seeds, nil
}
