package tidy

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// textFiles are the endings of the files that people write. Files of .ci have none.
var textFiles = []string{
	".conf", ".css", ".csv", ".go", ".html", ".js", ".json", ".md", ".mod", ".s", ".sh", ".txt", ".yaml", ".yml",
}

// unwatched directories are not written by people, or break the rules on purpose.
var unwatched = []string{".git", "node_modules", "bench/out", "internal/tidy/testdata"}

// The words are put together here so that this file does not break its own rule.
var (
	unfinished  = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	machinePath = regexp.MustCompile(`(^|[^\w.}*~-])(/(home|Users|root|tmp|work)/\w|[A-Z]:\\Users\\)`)
)

// checkTexts reads every text file, source or not, hidden directories included.
func (c *checker) checkTexts() error {
	root := c.module.root
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			if slices.Contains(unwatched, relative) || slices.Contains(unwatched, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if slices.Contains(textFiles, path.Ext(relative)) || strings.HasPrefix(relative, ".ci/") {
			return c.checkText(relative)
		}
		return nil
	})
}

func (c *checker) checkText(name string) error {
	text, err := os.ReadFile(c.module.absolute(name))
	if err != nil {
		return err
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if word := unfinished.FindString(line); word != "" {
			c.report(name, number, RuleUnfinished, "%s: finish it, or state the limit in the documentation", word)
		}
		if machinePath.MatchString(line) {
			c.report(name, number, RuleMachinePath,
				"a path of a developer's machine: use a path relative to the repository, or a temporary directory that is asked for")
		}
	}
	return nil
}
