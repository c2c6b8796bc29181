package load

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/bench/server"
)

// Benchmark is one run of redis-benchmark.
type Benchmark struct {
	// Command is one of its own tests, such as "get", if it is a single word. Otherwise it is a command with its
	// arguments, in which __rand_int__ stands for the twelve digits of a random number.
	Command     []string
	Connections int
	Pipeline    int // requests that a connection sends at a time
	ValueSize   int // bytes
	Keys        int // different random numbers
	// Requests are those of a run without pipelining.
	Requests int
	Threads  int // of redis-benchmark; 0: its own choice
}

// count is the number of requests of a run: pipelined ones are faster, so there are more of them.
func (b Benchmark) count() int {
	const most = 8
	return b.Requests * max(1, min(most, b.Pipeline/4))
}

func (b Benchmark) arguments(port int) []string {
	arguments := []string{
		"-h", "127.0.0.1", "-p", strconv.Itoa(port), "-n", strconv.Itoa(b.count()),
		"-r", strconv.Itoa(b.Keys), "-d", strconv.Itoa(b.ValueSize), "-c", strconv.Itoa(b.Connections),
		"-P", strconv.Itoa(b.Pipeline), "--csv",
	}
	if b.Threads > 0 {
		arguments = append(arguments, "--threads", strconv.Itoa(b.Threads))
	}
	if len(b.Command) == 1 {
		arguments = append(arguments, "-t")
	}
	return append(arguments, b.Command...)
}

// Run implements Load.
func (b Benchmark) Run(ctx context.Context, s *server.Server) (Sample, error) {
	return measure(s, func() (Sample, int, error) {
		command := exec.CommandContext(ctx, "redis-benchmark", b.arguments(s.Port)...)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		output, err := command.Output()
		if err != nil {
			return Sample{}, 0, fmt.Errorf("redis-benchmark %q -P %d: %w: %s", b.Command, b.Pipeline, errors.Join(err, ctx.Err()),
				stderr.String())
		}
		result, err := parseCSV(string(output))
		return result, b.count(), err
	})
}

// parseCSV reads the table that redis-benchmark --csv prints for one test, by the names of its columns. What precedes
// the table are warnings about commands that a server lacks.
func parseCSV(output string) (Sample, error) {
	start := strings.Index(output, `"test"`)
	if start < 0 {
		return Sample{}, fmt.Errorf("redis-benchmark printed no table: %q", output)
	}
	rows, err := csv.NewReader(strings.NewReader(output[start:])).ReadAll()
	if err != nil {
		return Sample{}, fmt.Errorf("redis-benchmark: %w", err)
	}
	if len(rows) != 2 {
		return Sample{}, fmt.Errorf("redis-benchmark printed %d rows, not a header and one test", len(rows))
	}
	var s Sample
	for name, set := range map[string]func(float64){
		"rps":            func(v float64) { s.Rate = v },
		"p50_latency_ms": func(v float64) { s.P50 = milliseconds(v) },
		"p99_latency_ms": func(v float64) { s.P99 = milliseconds(v) },
	} {
		value, err := column(rows, name)
		if err != nil {
			return Sample{}, err
		}
		set(value)
	}
	return s, nil
}

func column(rows [][]string, name string) (float64, error) {
	for i, header := range rows[0] {
		if header == name {
			return strconv.ParseFloat(rows[1][i], 64)
		}
	}
	return 0, fmt.Errorf("redis-benchmark printed no column %s; version 6.2 or later is needed", name)
}

func milliseconds(v float64) time.Duration {
	return time.Duration(v * float64(time.Millisecond))
}
