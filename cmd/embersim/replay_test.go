package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASavedRunIsReplayed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.sim")
	_, run, _ := execute("run", "--seed", "11", "--duration", "3s", "--save", path)
	code, replay, errors := execute("replay", path, "--check")
	if code != exitOK || errors != "" {
		t.Fatalf("exit %d, %s", code, errors)
	}
	for _, name := range []string{"seed", "setting", "faults", "operations", "redirects", "events", "verdict"} {
		if line(run, name) == "" || line(run, name) != line(replay, name) {
			t.Errorf("the run has %q, the replay %q", line(run, name), line(replay, name))
		}
	}
}

func TestAReplayStopsAndShowsANode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.sim")
	execute("run", "--seed", "11", "--duration", "3s", "--save", path)
	code, out, errors := execute("replay", path, "--until", "500", "--dump", "node-1")
	if code != exitOK || !strings.HasPrefix(out, "node-1 at ") || !strings.Contains(out, "stopped after event 500") {
		t.Errorf("exit %d, %s\n%s", code, errors, out)
	}
	if code, _, _ := execute("replay", path, "--dump", "node-99"); code != exitUsage {
		t.Errorf("a node that there is not: exit %d", code)
	}
}

func TestFilesThatDoNotFitAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.sim")
	execute("run", "--seed", "11", "--duration", "1s", "--save", path)
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for edit, words := range map[string]string{
		"format 1→format 9":                  "only 1 is understood",
		"program ember→program x":            `the script is of "x"`,
		"set gossip →set gossip colour=red ": `gossip has no value "colour"`,
	} {
		old, changed, _ := strings.Cut(edit, "→")
		if err := os.WriteFile(path, []byte(strings.Replace(string(saved), old, changed, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errors := execute("replay", path); code != exitUsage || !strings.Contains(errors, words) || !strings.Contains(errors, path) {
			t.Errorf("%s: exit %d, %s", edit, code, errors)
		}
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(saved), "version ", "version 0.0.", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errors := execute("replay", path); code != exitOK || !strings.Contains(errors, "the run may be another one") {
		t.Errorf("another version: exit %d, %s", code, errors)
	}
	if code, _, errors := execute("run", "--scenario", "detection", "--save", path); code != exitUsage || !strings.Contains(errors, "many runs") {
		t.Errorf("a scenario of many runs: exit %d, %s", code, errors)
	}
}
