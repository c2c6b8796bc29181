package tidy

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
)

// Finding is one breach of a house rule.
type Finding struct {
	File    string // slash-separated, relative to the root of the module
	Line    int    // from 1
	Rule    Rule
	Message string // what is wrong, and what to do instead
}

// Rule names a house rule, as it appears in a finding.
type Rule string

// The rules; doc.go says what each one asks for.
const (
	RuleDependency     Rule = "dependency"
	RuleImport         Rule = "import"
	RuleConcurrency    Rule = "concurrency"
	RuleClock          Rule = "clock"
	RuleMapOrder       Rule = "map-order"
	RuleFloat          Rule = "float"
	RulePointerFormat  Rule = "pointer-format"
	RuleMark           Rule = "mark"
	RulePlatform       Rule = "platform"
	RulePackageDoc     Rule = "package-doc"
	RuleExportedDoc    Rule = "exported-doc"
	RuleFileLength     Rule = "file-length"
	RuleFunctionLength Rule = "function-length"
	RuleName           Rule = "name"
	RuleUnfinished     Rule = "unfinished"
	RuleMachinePath    Rule = "machine-path"
)

// Rules lists every rule.
func Rules() []Rule {
	return []Rule{
		RuleDependency, RuleImport, RuleConcurrency, RuleClock, RuleMapOrder, RuleFloat, RulePointerFormat, RuleMark,
		RulePlatform, RulePackageDoc, RuleExportedDoc, RuleFileLength, RuleFunctionLength, RuleName, RuleUnfinished,
		RuleMachinePath,
	}
}

// String is the form that editors and CI systems turn into a link.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: [%s] %s", f.File, f.Line, f.Rule, f.Message)
}

// Check holds the module at root against all the rules and returns what breaks them, ordered by place. The error is for
// what stops the check itself: a file that does not parse, or a go command that fails.
func Check(root string) ([]Finding, error) {
	m, err := load(root)
	if err != nil {
		return nil, err
	}
	c := &checker{module: m, seen: map[finding]bool{}}
	c.checkDependencies()
	c.checkStyle()
	if err := c.checkDeterminism(); err != nil {
		return nil, err
	}
	if err := c.checkTexts(); err != nil {
		return nil, err
	}
	slices.SortFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	return c.findings, nil
}

// checker gathers the findings of one module.
type checker struct {
	module   *module
	findings []Finding
	seen     map[finding]bool
}

// finding is a place and a rule: a line is reported once per rule, however many of its expressions break it and for
// however many platforms it is looked at.
type finding struct {
	file string
	line int
	rule Rule
}

func (c *checker) report(file string, line int, rule Rule, format string, args ...any) {
	key := finding{file, line, rule}
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	c.findings = append(c.findings, Finding{file, line, rule, fmt.Sprintf(format, args...)})
}

func (c *checker) reportAt(pos token.Pos, rule Rule, format string, args ...any) {
	p := c.module.files.Position(pos)
	c.report(p.Filename, p.Line, rule, format, args...)
}
