package main

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// bug is one planted bug.
type bug struct {
	name  string
	story string
	// check is the one that should catch it, by the name that sim.Failure gives it.
	check string
	// scenario is what the simulator runs, "swarm" by default. With test, a package's tests are run instead, because the simulator
	// cannot show the bug.
	scenario, test, because string
	// file is the source file, by its path below the module's root. Old stands in it exactly once and becomes new.
	file, old, new string
}

//go:embed bugs
var bugFiles embed.FS

// loadBugs returns the bugs in the order of their names.
func loadBugs() ([]bug, error) {
	entries, err := fs.ReadDir(bugFiles, "bugs")
	if err != nil {
		return nil, err
	}
	var bugs []bug
	for _, entry := range entries {
		text, err := fs.ReadFile(bugFiles, path.Join("bugs", entry.Name()))
		if err != nil {
			return nil, err
		}
		b, err := parseBug(strings.TrimSuffix(entry.Name(), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		bugs = append(bugs, b)
	}
	return bugs, nil
}

// The lines that separate the parts of a bug's file.
const (
	oldMark = "\n-- old --\n"
	newMark = "\n-- new --\n"
)

// parseBug reads a bug's file; see the package documentation for its form.
func parseBug(name, text string) (bug, error) {
	head, replacement, found := strings.Cut(text, oldMark)
	if !found {
		return bug{}, fmt.Errorf("%s: there is no line %q", name, strings.TrimSpace(oldMark))
	}
	b := bug{name: name, scenario: "swarm"}
	// An empty replacement leaves the mark at the very start or end.
	b.old, b.new, found = strings.Cut("\n"+replacement, newMark)
	if !found {
		return bug{}, fmt.Errorf("%s: there is no line %q", name, strings.TrimSpace(newMark))
	}
	b.old, b.new = strings.TrimPrefix(b.old, "\n"), strings.TrimSuffix(b.new, "\n")
	lines := strings.Split(head, "\n")
	b.story = lines[0]
	for _, line := range lines[1:] {
		if err := b.setting(line); err != nil {
			return bug{}, err
		}
	}
	return b, b.validate()
}

// setting reads one "key: value" line.
func (b *bug) setting(line string) error {
	key, value, _ := strings.Cut(line, ": ")
	switch key {
	case "caught-by":
		b.check = value
	case "scenario":
		b.scenario = value
	case "test":
		b.test = value
	case "because":
		b.because = value
	case "file":
		b.file = value
	default:
		return fmt.Errorf("%s: there is no setting %q", b.name, line)
	}
	return nil
}

// validate reports a bug that nothing can come of.
func (b *bug) validate() error {
	switch {
	case b.story == "" || b.file == "" || b.old == "":
		return fmt.Errorf("%s: the story, the file or the old text is missing", b.name)
	case b.old == b.new:
		return fmt.Errorf("%s: the replacement changes nothing", b.name)
	case (b.test == "") == (b.check == ""):
		return fmt.Errorf("%s: either a check of the simulator catches it or a package's tests", b.name)
	case (b.test == "") != (b.because == ""):
		return fmt.Errorf("%s: a package's tests catch it for a reason, which is told as because", b.name)
	}
	return nil
}

// apply returns the source with the bug in it.
func (b *bug) apply(source string) (string, error) {
	if n := strings.Count(source, b.old); n != 1 {
		return "", fmt.Errorf("%s: the old text stands in %s %d times, not once: adapt the bug to the present source", b.name, b.file, n)
	}
	return strings.Replace(source, b.old, b.new, 1), nil
}
