package tidy

import (
	"bufio"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestFixture checks the rules against testdata/module, a module full of breaches: each line that says so must be
// reported, and no other line may be. Each rule must be broken there at least once.
func TestFixture(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/module")); err != nil {
		t.Fatal(err)
	}
	wanted := readWanted(t, root)
	addGenerated(t, root, wanted)

	findings, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	broken := map[Rule]bool{}
	for _, f := range findings {
		broken[f.Rule] = true
		key := expectation(f.File, f.Line, f.Rule)
		if !wanted[key] {
			t.Errorf("reported what is right: %s", f)
		}
		delete(wanted, key)
	}
	for _, missed := range slices.Sorted(maps.Keys(wanted)) {
		t.Errorf("not reported: %s", missed)
	}
	for _, rule := range Rules() {
		if !broken[rule] {
			t.Errorf("no example of a breach of %s", rule)
		}
	}
}

func expectation(file string, line int, rule Rule) string {
	return fmt.Sprintf("%s:%d %s", file, line, rule)
}

// wantPattern matches "// want rule rule" and, for the line that is n below or above, "// want+n rule".
var wantPattern = regexp.MustCompile(`// want([+-]\d+)?((?: [a-z-]+)+)$`)

func readWanted(t *testing.T, root string) map[string]bool {
	wanted := map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := os.Open(filepath.Join(root, name))
		if err != nil {
			return err
		}
		defer file.Close()
		lines := bufio.NewScanner(file)
		for number := 1; lines.Scan(); number++ {
			match := wantPattern.FindStringSubmatch(lines.Text())
			if match == nil {
				continue
			}
			distance, _ := strconv.Atoi(match[1])
			for _, rule := range strings.Fields(match[2]) {
				wanted[expectation(name, number+distance, Rule(rule))] = true
			}
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return wanted
}

// addGenerated adds what is better made than kept: long files, and words that no file of this repository may have.
func addGenerated(t *testing.T, root string, wanted map[string]bool) {
	const comment = "// Package sim is long.\n"
	function := func(lines int) string { return "\nfunc long() {\n" + strings.Repeat("\t_ = 1\n", lines-2) + "}\n" }
	files := map[string]string{
		"sim/long_file.go":         "package sim\n" + strings.Repeat("// A line.\n", maxFileLines),
		"sim/full_file.go":         "package sim\n" + strings.Repeat("// A line.\n", maxFileLines-1),
		"sim/scenarios/long.go":    comment + "package scenarios\n" + function(maxFunctionLines+1),
		"cmd/embernode/full.go":    comment + "package main\n" + function(maxFunctionLines) + "\nfunc main() {}\n",
		"sim/long_test.go":         "package sim\n" + strings.Repeat("// A line.\n", maxFileLines) + function(200),
		"docs/notes.md":            "First.\n" + "TO" + "DO: the rest.\nA mastodon is no to" + "do.\n",
		".ci/run":                  "cd /" + "root/ember\ncd \"${ROOT}/tmp/x\" ./home/x\n",
		"core/wire/testdata/a.txt": "open /" + "home/someone/a.txt\nhttps://example.com/home/someone\n",
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	wanted[expectation("sim/long_file.go", maxFileLines+1, RuleFileLength)] = true
	wanted[expectation("sim/scenarios/long.go", 4, RuleFunctionLength)] = true
	wanted[expectation("docs/notes.md", 2, RuleUnfinished)] = true
	wanted[expectation(".ci/run", 1, RuleMachinePath)] = true
	wanted[expectation("core/wire/testdata/a.txt", 1, RuleMachinePath)] = true
}

// TestTableIsOrdered shows that the table itself lets arrows go down only: a package that others may import comes
// before them, so it cannot have been allowed to import them.
func TestTableIsOrdered(t *testing.T) {
	place := map[string]int{}
	for i, r := range dependencies {
		if _, twice := place[r.packages]; twice {
			t.Errorf("two rows for %s", r.packages)
		}
		place[r.packages] = i
	}
	for i, r := range dependencies {
		for _, allowed := range r.ours {
			for packages, above := range place {
				if matches(allowed, packages) && above > i {
					t.Errorf("%s may import %s, which comes later", r.packages, packages)
				}
			}
		}
	}
}

// TestPatterns pins the notation of the table.
func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"core", "core", true},
		{"core", "core/wire", false},
		{"core/**", "core", true},
		{"core/**", "core/wire/deep", true},
		{"core/**", "corelation", false},
		{"net/netip", "net", false},
	} {
		if got := matches(test.pattern, test.name); got != test.want {
			t.Errorf("matches(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
}
