package tidy

import (
	"go/ast"
	"regexp"
	"strings"
)

// mark is a comment that excuses a rule: "//unordered: reason" or "//float: reason". gofmt puts a space after the
// slashes where the mark stands in a doc comment, so a space is accepted.
type mark struct {
	file   string
	line   int
	rule   Rule
	word   string
	reason string
	spans  []span // the lines that it covers
	used   bool
}

// span is a range of lines, both included.
type span struct{ first, last int }

var markPattern = regexp.MustCompile(`^// ?(unordered|float):(.*)$`)

var markRules = map[string]Rule{"unordered": RuleMapOrder, "float": RuleFloat}

// findMarks returns the marks of a file with the lines that they cover: their own, the one after their comment, and
// for a float mark in a doc comment the whole declaration.
func (m *module) findMarks(file *goFile) []*mark {
	declarations := m.documentedDeclarations(file)
	var marks []*mark
	for _, group := range file.syntax.Comments {
		for _, comment := range group.List {
			match := markPattern.FindStringSubmatch(comment.Text)
			if match == nil {
				continue
			}
			line, after := m.line(comment.Pos()), m.line(group.End())+1
			found := &mark{
				file: file.name, line: line, rule: markRules[match[1]], word: match[1], reason: strings.TrimSpace(match[2]),
				spans: []span{{line, line}, {after, after}},
			}
			if declaration, ok := declarations[group]; ok && found.rule == RuleFloat {
				found.spans = append(found.spans, declaration)
			}
			marks = append(marks, found)
		}
	}
	return marks
}

// documentedDeclarations returns the lines of each declaration that has a doc comment: functions, groups and single
// lines of const, var and type, and fields.
func (m *module) documentedDeclarations(file *goFile) map[*ast.CommentGroup]span {
	declarations := map[*ast.CommentGroup]span{}
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		if doc := docComment(node); doc != nil {
			declarations[doc] = span{m.line(node.Pos()), m.line(node.End())}
		}
		return true
	})
	return declarations
}

func docComment(node ast.Node) *ast.CommentGroup {
	switch node := node.(type) {
	case *ast.FuncDecl:
		return node.Doc
	case *ast.GenDecl:
		return node.Doc
	case *ast.TypeSpec:
		return node.Doc
	case *ast.ValueSpec:
		return node.Doc
	case *ast.Field:
		return node.Doc
	}
	return nil
}

func (k *mark) covers(file string, line int, rule Rule) bool {
	if k.file != file || k.rule != rule {
		return false
	}
	for _, s := range k.spans {
		if s.first <= line && line <= s.last {
			return true
		}
	}
	return false
}

// checkMarks reports the marks that give no reason and those that excuse nothing. It comes last, when the marks that
// were needed are known.
func (c *checker) checkMarks(marks []*mark) {
	for _, k := range marks {
		switch {
		case len(strings.Fields(k.reason)) < 2:
			c.report(k.file, k.line, RuleMark, "the mark %q gives no reason: write why it is harmless here", k.word)
		case !k.used:
			c.report(k.file, k.line, RuleMark,
				"the mark %q excuses nothing on its line or on the next: remove it, or put it where it is needed", k.word)
		}
	}
}
