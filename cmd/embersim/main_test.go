package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
	"github.com/ember-cluster/ember/sim/scenarios"
	"github.com/ember-cluster/ember/sim/sweep"
)

// execute runs a command line as from a pipe.
func execute(args ...string) (code int, out, errors string) {
	var stdout, stderr bytes.Buffer
	code = run(args, &stdout, &stderr, false)
	return code, stdout.String(), stderr.String()
}

func TestRunPrintsWhatHappenedAndHowToRepeatIt(t *testing.T) {
	code, out, errors := execute("run", "--seed", "7", "--scenario", "steady", "--nodes", "3", "--duration", "2s")
	if code != exitOK || errors != "" {
		t.Fatalf("exit %d, stderr %q", code, errors)
	}
	for _, words := range []string{
		"scenario    steady", "seed        7", "3 nodes", "faults      none", "operations ", " MOVED", "hash ", "verdict     ok",
		"reproduce   go run ./cmd/embersim run --seed 7 --scenario steady --nodes 3 --duration 2s\n",
	} {
		if !strings.Contains(out, words) {
			t.Errorf("the output lacks %q:\n%s", words, out)
		}
	}
}

func TestJSONHasItsFieldsAndRepeats(t *testing.T) {
	type object map[string]any
	var runs [2]object
	for i := range runs {
		_, out, _ := execute("run", "--seed", "8", "--duration", "3s", "--json", "--check")
		if err := json.Unmarshal([]byte(out), &runs[i]); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
	}
	for _, field := range []string{"seed", "scenario", "hash", "verdict", "virtual_ns", "wall_ns", "events", "operations", "redirects", "faults"} {
		if _, ok := runs[0][field]; !ok {
			t.Errorf("the object lacks %q", field)
		}
	}
	if runs[0]["hash"] != runs[1]["hash"] || runs[0]["verdict"] != "ok" || runs[0]["scenario"] != "swarm" {
		t.Errorf("got %v and %v", runs[0], runs[1])
	}
	for group, fields := range map[string][]string{"operations": {"ok", "failed", "unknown"}, "redirects": {"moved", "ask"}} {
		for _, field := range fields {
			if _, ok := runs[0][group].(map[string]any)[field]; !ok {
				t.Errorf("%s lacks %q", group, field)
			}
		}
	}
}

func TestASeedIsPickedAndTold(t *testing.T) {
	_, out, _ := execute("run", "--scenario", "steady", "--duration", "1s")
	_, again, _ := execute("run", "--scenario", "steady", "--duration", "1s")
	if line(out, "seed") == "" || line(out, "seed") == line(again, "seed") {
		t.Errorf("seeds %q and %q", line(out, "seed"), line(again, "seed"))
	}
}

func line(out, name string) string {
	for l := range strings.Lines(out) {
		if strings.HasPrefix(l, name+" ") {
			return l
		}
	}
	return ""
}

func TestTraceIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace")
	code, _, errors := execute("run", "--seed", "1", "--scenario", "steady", "--duration", "1s", "--trace", path, "--check")
	trace, err := os.ReadFile(path)
	if code != exitOK || err != nil || bytes.Count(trace, []byte("\n")) < 100 {
		t.Errorf("exit %d, %s, %v, trace of %d bytes", code, errors, err, len(trace))
	}
	if code, _, errors := execute("run", "--trace", filepath.Join(path, "x")); code != exitUsage || strings.Count(errors, "\n") != 1 {
		t.Errorf("a trace that cannot be written: exit %d, %q", code, errors)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"run", "--seed", "x"}, {"run", "--scenario", "none"}, {"run", "--nodes", "-1"}, {"run", "--nodes", "1001"},
		{"run", "--duration", "-1s"}, {"sweep"}, {"sweep", "--seeds", "5..1"}, {"sweep", "--seeds", "a"}, {"sweep", "--seeds", "1", "--scenario", "none"},
	} {
		code, out, errors := execute(args...)
		if code != exitUsage || !strings.HasPrefix(errors, "embersim: ") || out != "" {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, out, errors)
		}
	}
}

func TestHelpAndList(t *testing.T) {
	if code, out, _ := execute("--help"); code != exitOK || !strings.Contains(out, "sweep") {
		t.Errorf("help: exit %d, %q", code, out)
	}
	code, out, _ := execute("list")
	for _, scenario := range scenarios.All() {
		if !strings.Contains(out, scenario.Name+" ") || code != exitOK {
			t.Errorf("exit %d, the list lacks %s", code, scenario.Name)
		}
	}
}

func TestSweepSumsUp(t *testing.T) {
	code, out, _ := execute("sweep", "--seeds", "3..6", "--duration", "1s", "--jobs", "2")
	if code != exitOK || !strings.Contains(out, "swarm: 4 runs: 4 ok; ") {
		t.Errorf("exit %d, %q", code, out)
	}
}

// failing is a scenario whose odd seeds are violations and whose seed 4 stalls.
func failing(options scenarios.Options) (*scenarios.Outcome, error) {
	o := &scenarios.Outcome{Report: sim.Report{Seed: options.Seed, Verdict: sim.OK, Events: 10}}
	switch {
	case options.Seed%2 == 1:
		o.Verdict, o.Detail = sim.Violation, "lost a write"
	case options.Seed == 4:
		o.Verdict, o.Detail = sim.Stalled, "nobody answers"
	}
	return o, nil
}

func TestSweepNamesTheFailures(t *testing.T) {
	command := &sweepCommand{Seeds: &sweep.Range{First: 2, Last: 5}, Jobs: 2, settings: settings{Scenario: "odd", Nodes: 4}}
	var out bytes.Buffer
	s := &session{out: &out, err: &out}
	if err := command.sweep(s, scenarios.Scenario{Name: "odd", Run: failing}, sweep.Shard{}); err != nil {
		t.Fatal(err)
	}
	want := `seed 3: violation
  lost a write
  go run ./cmd/embersim run --seed 3 --scenario odd --nodes 4
seed 4: stalled
  nobody answers
  go run ./cmd/embersim run --seed 4 --scenario odd --nodes 4
seed 5: violation
  lost a write
  go run ./cmd/embersim run --seed 5 --scenario odd --nodes 4
odd: 4 runs: 2 violation, 1 stalled, 1 ok; 40 events,`
	if got := out.String(); !strings.HasPrefix(got, want) || s.exit != exitViolation {
		t.Errorf("exit %d, got\n%s", s.exit, got)
	}
}

// A sweep in which what the scenario is about has not happened is no success, however well its runs ended.
func TestAnUnmetDemandIsReported(t *testing.T) {
	hits := func(options scenarios.Options) (*scenarios.Outcome, error) {
		o, err := failing(scenarios.Options{Seed: 2})
		o.Seed, o.Marks = options.Seed, map[string]uint64{marks.Reconnect.String(): 1}
		return o, err
	}
	scenario := scenarios.Scenario{Name: "even", Run: hits, Demands: []marks.Mark{marks.Reconnect}}
	unmet := scenario
	unmet.Demands = []marks.Mark{marks.Reconnect, marks.RefutedDeath, marks.LogFailed}
	const complaint = "FAILED, these marks have to be hit: refuted-death, log-failed\n"
	for _, test := range []struct {
		name     string
		scenario scenarios.Scenario
		settings settings
		exit     int
	}{
		{"met", scenario, settings{}, exitOK},
		{"unmet", unmet, settings{}, exitUnknown},
		{"of another size", unmet, settings{Nodes: 3}, exitOK},
	} {
		test.settings.Scenario = test.scenario.Name
		command := &sweepCommand{Seeds: &sweep.Range{First: 1, Last: 3}, Jobs: 1, settings: test.settings}
		var out bytes.Buffer
		s := &session{out: &out, err: &out}
		if err := command.sweep(s, test.scenario, sweep.Shard{}); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(out.String(), complaint); s.exit != test.exit || told != (test.exit != exitOK) {
			t.Errorf("%s: exit %d, got\n%s", test.name, s.exit, &out)
		}
	}
}

func TestEveryVerdictHasItsExitCode(t *testing.T) {
	want := map[sim.Verdict]int{
		sim.OK: 0, sim.Violation: 2, sim.Stalled: 3, sim.Crashed: 4, sim.Nondeterministic: 5, sim.Unknown: 6,
	}
	for _, verdict := range severity {
		if code, ok := exitCodes[verdict]; !ok || code != want[verdict] {
			t.Errorf("%s: exit code %d, want %d", verdict, code, want[verdict])
		}
	}
	if len(severity) != len(want) {
		t.Errorf("%d verdicts are ordered by severity, there are %d", len(severity), len(want))
	}
}

func TestNondeterminismIsToldWithTheEvent(t *testing.T) {
	world := uint64(0)
	scenario := scenarios.Scenario{Name: "odd", Run: func(options scenarios.Options) (*scenarios.Outcome, error) {
		world++ // each run sees another world
		config := cluster.DefaultConfig(world, 1, 0)
		config.Chaos, config.Journal = time.Second, options.Journal
		result, err := cluster.Run("odd", config, sim.Plan{})
		if err != nil {
			return nil, err
		}
		return &scenarios.Outcome{Report: result.Report}, nil
	}}
	seed := uint64(1)
	command := &runCommand{Seed: &seed, performance: performance{Check: true}}
	outcome, err := command.perform(&session{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, scenario)
	if err != nil || outcome.Verdict != sim.Nondeterministic || !strings.Contains(outcome.Detail, "event ") {
		t.Errorf("got %v, %v", outcome, err)
	}
}

func TestViewWritesAPage(t *testing.T) {
	directory := t.TempDir()
	script, page := filepath.Join(directory, "script"), filepath.Join(directory, "run.html")
	if code, _, errors := execute("run", "--seed", "3", "--scenario", "steady", "--duration", "2s", "--save", script); code != exitOK {
		t.Fatal(errors)
	}
	code, out, errors := execute("view", script, "-o", page)
	fromFile, err := os.ReadFile(page)
	if code != exitOK || err != nil || !strings.Contains(out, "steady, seed 3") {
		t.Fatalf("exit %d, %q, %q, %v", code, out, errors, err)
	}
	code, _, errors = execute("view", "--seed", "3", "--scenario", "steady", "--duration", "2s", "-o", page)
	fromSeed, err := os.ReadFile(page)
	if code != exitOK || err != nil || len(fromSeed) < 100_000 || len(fromFile) < 100_000 {
		t.Errorf("exit %d, %q, %v: pages of %d and %d bytes", code, errors, err, len(fromFile), len(fromSeed))
	}
	for _, args := range [][]string{{"--scenario", "detection"}, {"--seed", "3", "-o", filepath.Join(directory, "none", "x")}, {filepath.Join(directory, "none")}} {
		if code, _, errors := execute(append([]string{"view"}, args...)...); code != exitUsage || strings.Count(errors, "\n") != 1 {
			t.Errorf("view %q: exit %d, %q", args, code, errors)
		}
	}
}

func TestKindsOfFaultsAreSwitched(t *testing.T) {
	code, out, errors := execute("run", "--seed", "7", "--duration", "10s", "--faults", "delay=off,clog=on", "--faults", "reset=100ms")
	faults := line(out, "faults")
	if code != exitOK || strings.Contains(faults, "delay") || !strings.Contains(faults, "reset") {
		t.Errorf("exit %d, %s, %q", code, errors, faults)
	}
	if want := "--faults delay=off --faults clog=on --faults reset=100ms\n"; !strings.HasSuffix(line(out, "reproduce"), want) {
		t.Errorf("got %q", line(out, "reproduce"))
	}
	if _, out, _ := execute("run", "--seed", "7", "--scenario", "pause", "--duration", "20s", "--faults", "pause=off"); line(out, "faults") != "faults      none\n" {
		t.Errorf("got %q", line(out, "faults"))
	}
	for _, args := range [][]string{{"--faults", "rain=on"}, {"--faults", "wipe=on"}, {"--faults", "pause=on", "--scenario", "pause"}} {
		if code, _, errors := execute(append([]string{"run", "--seed", "1"}, args...)...); code != exitUsage || errors == "" {
			t.Errorf("%q: exit %d, %s", args, code, errors)
		}
	}
}
