package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// simulatorCase is one seed of one scenario, run by embersim.
func simulatorCase(seed uint64, scenario string, more []string) scene {
	arguments := append([]string{"run", "--seed", strconv.FormatUint(seed, 10), "--scenario", scenario, "--json"}, more...)
	return scene{
		name:      "seed " + strconv.FormatUint(seed, 10),
		arguments: arguments,
		traced: func(file string) []string {
			return append([]string{arguments[0], "--trace", file}, arguments[1:]...)
		},
	}
}

// simulatorOutcome reads what `embersim run --json` prints: one object, of which everything but real time must repeat.
func simulatorOutcome(stdout []byte) (outcome, error) {
	var report struct {
		Hash       json.RawMessage `json:"hash"`
		Verdict    json.RawMessage `json:"verdict"`
		Virtual    json.RawMessage `json:"virtual_ns"`
		Events     json.RawMessage `json:"events"`
		Operations json.RawMessage `json:"operations"`
		Redirects  json.RawMessage `json:"redirects"`
		Faults     json.RawMessage `json:"faults"`
	}
	if err := json.Unmarshal(stdout, &report); err != nil {
		return outcome{}, fmt.Errorf("the output is no report: %w: %.200q", err, stdout)
	}
	hash := string(bytes.Trim(report.Hash, `"`))
	if hash == "" {
		return outcome{}, errors.New("the report has no hash")
	}
	report.Hash = nil
	rest, err := json.Marshal(report)
	if err != nil {
		return outcome{}, err
	}
	return outcome{hash: hash, rest: string(rest)}, nil
}
