package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every replacement still fits the source, once. A change of the product that breaks this must adapt the bug.
func TestEveryBugApplies(t *testing.T) {
	bugs, err := loadBugs()
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) < 25 {
		t.Errorf("there are %d bugs only", len(bugs))
	}
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	stories := map[string]string{}
	for _, b := range bugs {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(b.file)))
		if err != nil {
			t.Errorf("%s: %v", b.name, err)
			continue
		}
		if _, err := b.apply(string(source)); err != nil {
			t.Error(err)
		}
		if other, told := stories[b.story]; told {
			t.Errorf("%s and %s tell the same story", b.name, other)
		}
		stories[b.story] = b.name
	}
}

const sample = `A story.
caught-by: linearizability
file: core/node.go
-- old --
	a := 1
-- new --
	a := 2
`

func TestABugIsRead(t *testing.T) {
	b, err := parseBug("sample", sample)
	if err != nil {
		t.Fatal(err)
	}
	want := bug{
		name: "sample", story: "A story.", check: "linearizability", scenario: "swarm", file: "core/node.go",
		old: "\ta := 1", new: "\ta := 2",
	}
	if b != want {
		t.Errorf("got %+v\nwant %+v", b, want)
	}
	got, err := b.apply("func f() {\n\ta := 1\n}\n")
	if err != nil || got != "func f() {\n\ta := 2\n}\n" {
		t.Errorf("applied: %q, %v", got, err)
	}
	for _, source := range []string{"", "\ta := 1\n\ta := 1\n"} {
		if _, err := b.apply(source); err == nil {
			t.Errorf("it applies to %q", source)
		}
	}
}

func TestAnEmptyReplacementRemovesTheText(t *testing.T) {
	b, err := parseBug("sample", strings.Replace(sample, "\ta := 2\n", "", 1))
	if err != nil || b.new != "" {
		t.Errorf("got %q, %v", b.new, err)
	}
}

func TestABadFileIsRefused(t *testing.T) {
	for _, change := range [][2]string{
		{"-- old --", "-- before --"}, {"-- new --", "-- after --"}, {"file:", "place:"},
		{"file: core/node.go\n", ""}, {"a := 2", "a := 1"}, {"caught-by: linearizability\n", ""}, {"caught-by:", "test: ./core\ncaught-by:"},
		{"caught-by: linearizability\n", "test: ./core\n"}, {"caught-by:", "because: it is so\ncaught-by:"},
	} {
		if b, err := parseBug("sample", strings.Replace(sample, change[0], change[1], 1)); err == nil {
			t.Errorf("%q for %q gives %+v", change[1], change[0], b)
		}
	}
}
