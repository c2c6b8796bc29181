package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim/sweep"
)

// finding is what came of the hunt for one bug.
type finding struct {
	Bug    string `json:"bug"`
	Story  string `json:"story"`
	Caught bool   `json:"caught"`
	// Expected is which check should have caught it; "tests" for one that tests find.
	Expected string `json:"expected"`
	// Seeds is how many seeds were run, the last of them the one that caught it. Wall is the time that they took.
	Seeds uint64        `json:"seeds"`
	Wall  time.Duration `json:"wall_ns"`
	// Seed is that of the run that caught it, outcome what it came to.
	Seed uint64 `json:"seed,omitempty"`
	outcome
	// Shrunk is what was left of that run, if it was shrunk.
	Shrunk *shrunk `json:"shrunk,omitempty"`
}

// outcome is what a run came to.
type outcome struct {
	Verdict string `json:"verdict,omitempty"`
	Check   string `json:"check,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// hunt looks for a bug until it is caught or the seeds are spent. The error is a bug that cannot be planted, or a seed that
// fails without it too.
func (w workshop) hunt(b *bug, seeds sweep.Range, sound string) (*finding, error) {
	if b.test != "" {
		return w.huntByTests(b)
	}
	program, err := w.simulator(b)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(program) }() // the directory goes at the end anyway
	f := &finding{Bug: b.name, Story: b.story, Expected: b.check}
	begun := time.Now()
	for seed := seeds.First; !f.Caught && seed <= seeds.Last; seed++ {
		ended, err := w.run(program, b, seed)
		if err != nil {
			return nil, err
		}
		f.Seeds++
		if ended.Verdict != "ok" && ended.Verdict != "unknown" { // a checker that has given up has caught nothing
			f.Caught, f.Seed, f.outcome = true, seed, ended
		}
	}
	f.Wall = time.Since(begun)
	if !f.Caught {
		return f, nil
	}
	if ended, err := w.run(sound, b, f.Seed); err != nil || ended.Verdict != "ok" {
		return nil, fmt.Errorf("%s: seed %d fails without the bug too: %s: %s (%v)", b.name, f.Seed, ended.Verdict, ended.Detail, err)
	}
	if w.shrinks && f.Verdict != hung {
		f.Shrunk, err = w.shrink(program, b, f.Seed)
	}
	return f, err
}

// hung is the verdict on a run that does not end. No other program than this one could shrink it.
const hung = "hung"

// runLimit is how much longer than any sound run one with a bug may take: it may well never end.
const runLimit = 60 * time.Second

// run runs one seed. A run that does not end is stopped and counts as caught, as one that the runtime kills does.
func (w workshop) run(program string, b *bug, seed uint64) (outcome, error) {
	command := w.command(program, "run", "--json", "--scenario", b.scenario, "--seed", strconv.FormatUint(seed, 10))
	var out, errors strings.Builder
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Start(); err != nil {
		return outcome{}, err
	}
	watch := time.AfterFunc(runLimit, func() { _ = command.Process.Kill() }) // it may have ended by itself
	err := command.Wait()
	if !watch.Stop() {
		return outcome{hung, "time limit", fmt.Sprintf("the run had not ended after %v", runLimit)}, nil
	}
	switch {
	case out.Len() > 0:
		var ended outcome
		if err := json.Unmarshal([]byte(out.String()), &ended); err != nil {
			return outcome{}, fmt.Errorf("%s, seed %d: %w in %q", b.name, seed, err, out.String())
		}
		return ended, nil
	case strings.Contains(errors.String(), "goroutine "):
		return outcome{"crashed", "fatal error", errors.String()}, nil
	}
	return outcome{}, fmt.Errorf("%s, seed %d: %w: %s", b.name, seed, err, errors.String())
}

// huntByTests runs the tests of the bug's package with the bug in it.
func (w workshop) huntByTests(b *bug) (*finding, error) {
	overlay, err := w.overlay(b)
	if err != nil {
		return nil, err
	}
	f := &finding{Bug: b.name, Story: b.story, Expected: "tests"}
	if out, err := w.command("go", "vet", "-overlay", overlay, b.test).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s does not compile: %w\n%s", b.name, err, out)
	}
	begun := time.Now()
	out, err := w.command("go", "test", "-count=1", "-failfast", "-overlay", overlay, b.test).CombinedOutput()
	f.Wall = time.Since(begun)
	if err != nil {
		f.Caught, f.outcome = true, outcome{"violation", "tests", failedTest(string(out))}
	}
	return f, nil
}

// failedTest names the test that failed, from the output of go test.
func failedTest(out string) string {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "--- FAIL: ") {
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "--- FAIL: "), " ")
			return name
		}
	}
	return strings.TrimSpace(out)
}
