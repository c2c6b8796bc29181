package main

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
)

// load is what redis-benchmark is told to do.
type load struct {
	connections int
	valueSize   int // bytes
	keys        int
	requests    int // of a run without pipelining
	threads     int // 0: its own choice
}

// count is the number of requests of a run: pipelined ones are faster, so there are more of them.
func (l load) count(pipeline int) int {
	const most = 8
	return l.requests * max(1, min(most, pipeline/4))
}

// sample is one run of redis-benchmark against one server.
type sample struct {
	rate      float64       // requests per second
	processor time.Duration // of the server, per request
	p50, p99  time.Duration // latency as the client saw it
}

// run executes one test and takes the server's processor time before and after it.
func (l load) run(ctx context.Context, s *server, test string, pipeline int) (sample, error) {
	requests := l.count(pipeline)
	arguments := []string{
		"-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-t", test, "-n", strconv.Itoa(requests),
		"-r", strconv.Itoa(l.keys), "-d", strconv.Itoa(l.valueSize), "-c", strconv.Itoa(l.connections),
		"-P", strconv.Itoa(pipeline), "--csv",
	}
	if l.threads > 0 {
		arguments = append(arguments, "--threads", strconv.Itoa(l.threads))
	}
	before, err := s.process.processorTime()
	if err != nil {
		return sample{}, err
	}
	command := exec.CommandContext(ctx, "redis-benchmark", arguments...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return sample{}, fmt.Errorf("redis-benchmark -t %s -P %d: %w: %s", test, pipeline, errors.Join(err, ctx.Err()), stderr.String())
	}
	after, err := s.process.processorTime()
	if err != nil {
		return sample{}, err
	}
	result, err := parseCSV(string(output))
	result.processor = (after - before) / time.Duration(requests)
	return result, err
}

// parseCSV reads the table that redis-benchmark --csv prints for one test, by the names of its columns. What precedes
// the table are warnings about commands that a server lacks.
func parseCSV(output string) (sample, error) {
	start := strings.Index(output, `"test"`)
	if start < 0 {
		return sample{}, fmt.Errorf("redis-benchmark printed no table: %q", output)
	}
	rows, err := csv.NewReader(strings.NewReader(output[start:])).ReadAll()
	if err != nil {
		return sample{}, fmt.Errorf("redis-benchmark: %w", err)
	}
	if len(rows) != 2 {
		return sample{}, fmt.Errorf("redis-benchmark printed %d rows, not a header and one test", len(rows))
	}
	var s sample
	for name, set := range map[string]func(float64){
		"rps":            func(v float64) { s.rate = v },
		"p50_latency_ms": func(v float64) { s.p50 = milliseconds(v) },
		"p99_latency_ms": func(v float64) { s.p99 = milliseconds(v) },
	} {
		value, err := column(rows, name)
		if err != nil {
			return sample{}, err
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
