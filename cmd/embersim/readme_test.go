package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// measured matches what differs from one run of a seed to the next: the wall time, and what follows from it.
var measured = regexp.MustCompile(`in [\d.]+m?s, \d+ times|"wall_ns":\d+`)

// What the README says that a command prints is what it prints.
func TestTheReadmeShowsWhatCommandsPrint(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := measured.ReplaceAllString(string(page), "…")
	t.Chdir(t.TempDir()) // where pages are written
	for command, around := range map[string][2]string{
		"list":                       {"$ go run ./cmd/embersim list\n", "```"},
		"run --seed 42":              {"$ go run ./cmd/embersim run --seed 42\n", "\n$"},
		"run --seed 42 --json":       {"```json\n", "```"},
		"view --seed 42 -o run.html": {"$ go run ./cmd/embersim view --seed 42 -o run.html\n", "$"},
	} {
		code, out, errors := execute(strings.Fields(command)...)
		if code != exitOK {
			t.Fatalf("%s: exit %d, %s", command, code, errors)
		}
		if shown := around[0] + measured.ReplaceAllString(out, "…") + around[1]; !strings.Contains(readme, shown) {
			t.Errorf("the README does not show what %q prints:\n%s", command, shown)
		}
	}
}
