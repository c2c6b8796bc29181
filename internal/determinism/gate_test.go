package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own binary be the process of a module.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == wasmMode {
		os.Exit(runModule(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// plantedCase runs one mode of testdata/planted.
func plantedCase(mistake string) scene {
	return scene{
		name:      mistake,
		arguments: []string{mistake},
		traced:    func(file string) []string { return []string{mistake, file} },
	}
}

func plantedOutcome(stdout []byte) (outcome, error) {
	if len(stdout) == 0 {
		return outcome{}, errors.New("no output")
	}
	return outcome{hash: string(bytes.TrimSpace(stdout))}, nil
}

// TestGate shows that the gate opens for a program that is a function of its arguments, and that each kind of mistake
// closes it.
func TestGate(t *testing.T) {
	// The go command sees what a test opens, not what a process that it starts does: read the program's source, so that a
	// change of it invalidates the cached result of this test.
	if _, err := os.ReadFile("testdata/planted/main.go"); err != nil {
		t.Fatal(err)
	}
	ctx, directory := t.Context(), t.TempDir()
	platforms, err := build(ctx, "./testdata/planted", directory)
	if err != nil {
		t.Fatal(err)
	}
	mistakes := []string{"map-order", "select", "clock", "int-size", "address", "time-zone", "failure"}
	g := gate{platforms: platforms.all, extract: plantedOutcome, jobs: 2, timeout: time.Minute}
	for _, mistake := range append([]string{"none"}, mistakes...) {
		g.cases = append(g.cases, plantedCase(mistake))
	}
	comparisons := g.run(ctx)

	none := comparisons[0]
	if !none.same() {
		t.Errorf("the gate is closed to a program without a mistake: %q", none.problems())
	}
	if got := g.locate(ctx, none, len(g.platforms)-1, directory); !strings.Contains(got, "agree") {
		t.Errorf("equal traces: %s", got)
	}
	for _, c := range comparisons[1:] {
		if c.same() {
			t.Errorf("the gate is open to %s", c.scene.name)
		}
	}
	checkWasmDisagree(t, g, comparisons)
	checkEndless(t, g)

	var out bytes.Buffer
	if err := explain(ctx, g, comparisons, directory, &out); !errors.Is(err, errDifferent) {
		t.Errorf("explain returned %v", err)
	}
	for _, want := range []string{
		"an invariant is broken", "exit status 3",
		// The first 64 lines of the trace are the same, and int-size and clock differ in the one after them.
		"the traces part at line 65:",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the explanation lacks %q:\n%s", want, out.String())
		}
	}
}

// checkWasmDisagree shows that the two wasm worlds find by themselves, and the same way each time, what they are for.
func checkWasmDisagree(t *testing.T, g gate, comparisons []comparison) {
	n := len(g.platforms)
	for _, c := range comparisons {
		one, two := c.results[n-2].outcome.hash, c.results[n-1].outcome.hash
		different := c.scene.name == "map-order" || c.scene.name == "select" || c.scene.name == "clock"
		if (one != two) != different {
			t.Errorf("%s: the hashes of wasm are %s and %s", c.scene.name, one, two)
		}
		if again := g.runOne(t.Context(), g.platforms[n-1], c.scene); again.outcome.hash != two {
			t.Errorf("%s: wasm 2 has the hash %s, and again %s", c.scene.name, two, again.outcome.hash)
		}
	}
}

// checkEndless shows that a run that does not end is stopped, and named as such, on every platform.
func checkEndless(t *testing.T, g gate) {
	g.timeout, g.cases = 100*time.Millisecond, []scene{plantedCase("endless")}
	for _, r := range g.run(t.Context())[0].results {
		if !errors.Is(r.err, context.DeadlineExceeded) {
			t.Errorf("%s: an endless run gives %v", r.platform, r.err)
		}
	}
}

// TestReport shows what of the simulator's report is compared.
func TestReport(t *testing.T) {
	report := func(hash, events string) string {
		return fmt.Sprintf(`{"seed":1,"hash":%s,"verdict":"ok","events":%s,"wall_ns":12,"operations":{"ok":1}}`, hash, events)
	}
	outcomeOf := func(text string) outcome {
		t.Helper()
		o, err := simulatorOutcome([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	base := outcomeOf(report(`"ab"`, "7"))
	if base.hash != "ab" {
		t.Errorf("hash %q", base.hash)
	}
	if other := outcomeOf(strings.Replace(report(`"ab"`, "7"), "12", "13", 1)); other != base {
		t.Errorf("real time counts: %v, %v", base, other)
	}
	if other := outcomeOf(report(`"ab"`, "8")); other == base {
		t.Error("the number of events does not count")
	}
	for _, bad := range []string{"", "panic: no\n", `{"seed":1}`} {
		if _, err := simulatorOutcome([]byte(bad)); err == nil {
			t.Errorf("%q passes as a report", bad)
		}
	}
}

// TestUnchanged shows that an edit between two builds is noticed, and that the same source gives the same binary.
func TestUnchanged(t *testing.T) {
	directory, binaries := t.TempDir(), t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(directory, "main.go"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(directory, "main.go")
	write("package main\n\nfunc main() { println(1) }\n")
	native, err := compile(t.Context(), program, binaries, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkUnchanged(t.Context(), program, native); err != nil {
		t.Error(err)
	}
	write("package main\n\nfunc main() { println(2) }\n")
	if err := checkUnchanged(t.Context(), program, native); err == nil {
		t.Error("an edit went unnoticed")
	}
}

func TestSeeds(t *testing.T) {
	got, err := parseSeeds("3,5..7,18446744073709551614..18446744073709551615")
	if want := "[3 5 6 7 18446744073709551614 18446744073709551615]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
	for _, bad := range []string{"", "x", "1,", "2..1", "1..", "-1", "1..100001", "0..18446744073709551615"} {
		if got, err := parseSeeds(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestFirstDifference(t *testing.T) {
	directory := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		a, b string
		line int
		want [2]string
	}{
		{"", "", 0, [2]string{}},
		{"x\ny\n", "x\ny\n", 0, [2]string{}},
		{"x\ny\n", "x\nz\n", 2, [2]string{"y", "z"}},
		{"x\ny\n", "x\n", 2, [2]string{"y", "(end)"}},
		{"x", "", 1, [2]string{"x", "(end)"}},
	} {
		line, texts, err := firstDifference(write("a", test.a), write("b", test.b))
		if err != nil || line != test.line || line > 0 && texts != test.want {
			t.Errorf("%q, %q: line %d, %q, %v", test.a, test.b, line, texts, err)
		}
	}
}

// TestOptions shows that mistakes on the command line are told before anything is built.
func TestOptions(t *testing.T) {
	for _, arguments := range [][]string{{"--seeds", "a"}, {"--nonsense"}} {
		var out bytes.Buffer
		if err := run(context.Background(), arguments, &out, &out); err == nil || errors.Is(err, errDifferent) {
			t.Errorf("%q: %v", arguments, err)
		}
	}
}
