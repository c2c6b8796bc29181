//go:build !wasm

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// childVariable makes the test's program an embersim, so that diverge can run it again.
const childVariable = "EMBERSIM_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, false))
	}
	os.Exit(m.Run())
}

func TestTwoProcessesDoTheSame(t *testing.T) {
	t.Setenv(childVariable, "1")
	path := savedFailure(t) // that a run fails makes no difference
	for _, args := range [][]string{{"diverge", "--seed", "3", "--duration", "2s"}, {"diverge", path}} {
		code, out, errors := execute(args...)
		if code != exitOK || !strings.HasPrefix(out, "the runs are the same, in ") {
			t.Errorf("%q: exit %d, %s\n%s", args, code, errors, out)
		}
	}
	if code, _, errors := execute("diverge", "--seed", "3", "--nodes", "5000"); code != exitUsage || !strings.Contains(errors, "1 to 1000 nodes") {
		t.Errorf("a run that cannot be: exit %d, %s", code, errors)
	}
}

// tracesOf returns the trace with hashes of a run, and that of the run with an edit of its file.
func tracesOf(t *testing.T, old, edited string) (first, second string) {
	t.Helper()
	directory := t.TempDir()
	saved, changed := filepath.Join(directory, "a.sim"), filepath.Join(directory, "b.sim")
	execute("run", "--seed", "3", "--scenario", "steady", "--duration", "1s", "--save", saved)
	text, err := os.ReadFile(saved)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%v, or there is no %q in\n%s", err, old, text)
	}
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), old, edited, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	first, second = saved+".trace", changed+".trace"
	execute("replay", saved, "--trace", first, "--hashes")
	execute("replay", changed, "--trace", second, "--hashes")
	return first, second
}

func TestTheFirstDifferenceIsNamed(t *testing.T) {
	first, second := tracesOf(t, "seed 3", "seed 4")
	code, out, _ := execute("diverge", first, second)
	if code != exitNondeterministic || !strings.Contains(out, "the runs differ after ") || strings.Count(out, "\n") > 20 {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out, _ = execute("diverge", first, first)
	if code != exitOK || !strings.HasPrefix(out, "the runs are the same") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestTracesAreCompared(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{"a\nb\nc\n", "a\nb\nd\n", "differ after 2 events and effects that are the same; the last of these:\n  a\n  b\nthen the first run:\n  c\nthen the second run:\n  d\n"},
		{"a\n", "a\nb\n", "differ after 1 events and effects that are the same; the last of these:\n  a\nthen the first run:\n  has ended\nthen the second run:\n  b\n"},
		{"a\n", "", "differ after 0 "},
	} {
		d, err := compareTraces(strings.NewReader(c.first), strings.NewReader(c.second))
		if err != nil || !d.found || !strings.Contains(d.String(), c.want) {
			t.Errorf("%q and %q: %v\n%v", c.first, c.second, err, d)
		}
	}
	if d, err := compareTraces(strings.NewReader("a\nb\n"), strings.NewReader("a\nb\n")); err != nil || d.found || d.line != 2 {
		t.Errorf("equal traces: %v, %v", d, err)
	}
	if _, err := compareTraces(strings.NewReader(""), strings.NewReader("")); err == nil {
		t.Error("nothing was compared with nothing")
	}
}

func TestDivergeNeedsTwoRuns(t *testing.T) {
	for _, args := range [][]string{{"diverge"}, {"diverge", "--seed", "1", "--scenario", "odd"}, {"diverge", "a", "b", "c"}} {
		if code, _, errors := execute(args...); code != exitUsage || errors == "" {
			t.Errorf("%q: exit %d, %s", args, code, errors)
		}
	}
}
