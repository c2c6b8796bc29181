package tidy

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is every Go file of one module, parsed. Files are named by their path below root in all positions.
type module struct {
	root     string
	path     string // the module's import path
	files    *token.FileSet
	packages []*goPackage // ordered by directory
}

// goPackage is the Go files of one directory, of all platforms and of its external test package too.
type goPackage struct {
	dir    string // slash-separated, relative to root; "." is the root itself
	source []*goFile
	tests  []*goFile
}

// goFile is one parsed file.
type goFile struct {
	name   string // path below root
	lines  int
	syntax *ast.File
}

func load(root string) (*module, error) {
	modulePath, err := readModulePath(root)
	if err != nil {
		return nil, err
	}
	m := &module{root: root, path: modulePath, files: token.NewFileSet()}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name != root && (isIgnoredDirectory(entry.Name()) || isModule(name)) {
			return fs.SkipDir
		}
		return m.loadPackage(name)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(m.packages, func(a, b *goPackage) int { return cmp.Compare(a.dir, b.dir) })
	return m, nil
}

// isIgnoredDirectory follows the go command.
func isIgnoredDirectory(name string) bool {
	return name == "testdata" || name == "vendor" || name == "node_modules" || name[0] == '.' || name[0] == '_'
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func readModulePath(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", errors.New("go.mod names no module")
}

// loadPackage parses the files of one directory. It reads the directory and the files through package os, so that the
// go command, which watches what a test opens, runs this test again when any of them changes.
func (m *module) loadPackage(dir string) error {
	relative, err := filepath.Rel(m.root, dir)
	if err != nil {
		return err
	}
	p := &goPackage{dir: filepath.ToSlash(relative)}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || name[0] == '.' || name[0] == '_' {
			continue
		}
		file, err := m.parse(path.Join(p.dir, name))
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, "_test.go") {
			p.tests = append(p.tests, file)
		} else {
			p.source = append(p.source, file)
		}
	}
	if len(p.source)+len(p.tests) > 0 {
		m.packages = append(m.packages, p)
	}
	return nil
}

func (m *module) parse(name string) (*goFile, error) {
	text, err := os.ReadFile(m.absolute(name))
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(m.files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	lines := strings.Count(string(text), "\n")
	if !strings.HasSuffix(string(text), "\n") {
		lines++
	}
	return &goFile{name: name, lines: lines, syntax: syntax}, nil
}

// absolute is the place of a file on disk.
func (m *module) absolute(name string) string {
	return filepath.Join(m.root, filepath.FromSlash(name))
}

// line is the line of a position in its file.
func (m *module) line(pos token.Pos) int {
	return m.files.Position(pos).Line
}

// local returns the part of an import path below this module, if it is one of ours.
func (m *module) local(importPath string) (string, bool) {
	if importPath == m.path {
		return ".", true
	}
	return strings.CutPrefix(importPath, m.path+"/")
}

// all returns the files of a package, tests last.
func (p *goPackage) all() []*goFile {
	return slices.Concat(p.source, p.tests)
}
