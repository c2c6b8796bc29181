package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// What is asked of a shrunk run: that a person can follow it, and need not wait for it.
const (
	mostFaults     = 10
	mostOperations = 20
	mostTime       = 2 * time.Minute
)

// shrunk is what was left of the run that caught a bug.
type shrunk struct {
	After struct {
		Faults     int `json:"faults"`
		Operations int `json:"operations"`
		Nodes      int `json:"nodes"`
		Clients    int `json:"clients"`
	} `json:"after"`
	Runs     int           `json:"runs"`
	Wall     time.Duration `json:"wall_ns"`
	Complete bool          `json:"complete"`
}

// small reports whether the run is as small as it should be.
func (s *shrunk) small() bool {
	return s.After.Faults <= mostFaults && s.After.Operations <= mostOperations && s.Wall <= mostTime
}

// shrink makes the run small that caught a bug.
func (w workshop) shrink(program string, b *bug, seed uint64) (*shrunk, error) {
	directory := w.keep
	if directory == "" {
		directory = w.scratch
	}
	file, err := filepath.Abs(filepath.Join(directory, b.name+".sim"))
	if err != nil {
		return nil, err
	}
	jobs := max(runtime.GOMAXPROCS(0)/w.jobs, 1)
	command := w.command(program, "shrink", "--json", "--scenario", b.scenario, "--seed", strconv.FormatUint(seed, 10),
		"--jobs", strconv.Itoa(jobs), "--for", mostTime.String(), "-o", file)
	var errors strings.Builder
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: seed %d is not shrunk: %w\n%s", b.name, seed, err, errors.String())
	}
	s := &shrunk{}
	return s, json.Unmarshal(out, s)
}
