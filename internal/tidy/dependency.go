package tidy

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// checkDependencies holds every import against the table.
func (c *checker) checkDependencies() {
	for _, p := range c.module.packages {
		allowed, ok := find(p.dir)
		if !ok {
			first := p.all()[0]
			c.reportAt(first.syntax.Package, RuleDependency,
				"package %s is not in the dependency table: add a row for it to internal/tidy/table.go", p.dir)
			continue
		}
		for _, file := range p.source {
			for _, spec := range file.syntax.Imports {
				c.checkImport(p, allowed, spec)
			}
		}
		for _, file := range p.tests {
			for _, spec := range file.syntax.Imports {
				c.checkTestImport(p, allowed, spec)
			}
		}
	}
}

func (c *checker) checkImport(p *goPackage, allowed row, spec *ast.ImportSpec) {
	name := importPath(spec)
	if local, ok := c.module.local(name); ok {
		if !matchesAny(allowed.ours, local) {
			c.reportAt(spec.Pos(), RuleDependency,
				"%s may not import %s: it may import %s (internal/tidy/table.go); "+
					"move what both need down, or let the package that composes them pass it in",
				p.dir, local, list(allowed.ours))
		}
		return
	}
	if isStandard(name) || within(allowed.others, name) {
		return
	}
	c.reportAt(spec.Pos(), RuleDependency,
		"%s may not import %s: of other modules it may import %s (internal/tidy/table.go)", p.dir, name, list(allowed.others))
}

func (c *checker) checkTestImport(p *goPackage, allowed row, spec *ast.ImportSpec) {
	name := importPath(spec)
	if _, ok := c.module.local(name); ok || isStandard(name) {
		return
	}
	if within(slices.Concat(allowed.others, testLibraries), name) {
		return
	}
	c.reportAt(spec.Pos(), RuleDependency,
		"the tests of %s may not import %s: of other modules they may import %s (internal/tidy/table.go)",
		p.dir, name, list(slices.Concat(allowed.others, testLibraries)))
}

// checkHarmless holds the standard imports of a deterministic package against the list of harmless ones.
func (c *checker) checkHarmless(file *goFile, s scope) {
	for _, spec := range file.syntax.Imports {
		name := importPath(spec)
		if !isStandard(name) || matchesAny(harmless, name) || matchesAny(s.also, name) {
			continue
		}
		reason, known := instead[name]
		if !known {
			reason = "it is not on the list of packages that are known to be harmless; " +
				"if it is, add it to internal/tidy/table.go"
		}
		c.reportAt(spec.Pos(), RuleImport, "a deterministic package may not import %q: %s", name, reason)
	}
}

func importPath(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic("tidy: the parser accepted the import path " + spec.Path.Value)
	}
	return name
}

// isStandard follows the go command: only other modules have a dot in the first element of their path.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
