package tidy

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// checkDeterminism holds the deterministic packages to their rules, and the others to having no marks.
func (c *checker) checkDeterminism() error {
	var packages []*goPackage
	for _, p := range c.module.packages {
		if len(p.source) == 0 {
			continue
		}
		if _, ok := findScope(p.dir); ok {
			packages = append(packages, p)
			continue
		}
		for _, file := range p.source {
			c.checkMarks(c.module.findMarks(file))
		}
	}
	wideImports, err := c.module.exportData(packages)
	if err != nil {
		return err
	}
	narrowImports, err := c.module.exportData(packages,
		"GOOS="+narrow.system, "GOARCH="+narrow.architecture, "CGO_ENABLED=0")
	if err != nil {
		return err
	}
	for _, p := range packages {
		c.checkDeterministicPackage(p, wideImports, narrowImports)
	}
	return nil
}

func (c *checker) checkDeterministicPackage(p *goPackage, wideImports, narrowImports *imports) {
	var marks []*mark
	s, _ := findScope(p.dir)
	for _, file := range p.source {
		c.checkHarmless(file, s)
		c.checkConcurrency(file)
		c.checkPointerFormat(file)
		marks = append(marks, c.module.findMarks(file)...)
	}
	for _, variant := range c.variants(p) {
		imports := wideImports
		if variant.platform == narrow {
			imports = narrowImports
		}
		c.checkTyped(c.typeCheck(p, variant, imports), marks)
	}
	c.checkMarks(marks)
}

// checkConcurrency reports what starts, feeds or awaits another goroutine.
func (c *checker) checkConcurrency(file *goFile) {
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		var what string
		switch node := node.(type) {
		case *ast.GoStmt:
			what = "go statement"
		case *ast.SelectStmt:
			what = "select statement"
		case *ast.ChanType:
			what = "channel type"
		case *ast.SendStmt:
			what = "channel send"
		case *ast.UnaryExpr:
			if node.Op == token.ARROW {
				what = "channel receive"
			}
		}
		if what != "" {
			c.reportAt(node.Pos(), RuleConcurrency,
				"%s in a deterministic package: return an effect and let the driver wait; what must wait is parked in "+
					"the state and answered by a later step", what)
		}
		return true
	})
}

var pointerVerb = regexp.MustCompile(`%[-+#0-9.*\[\]]*p`)

// checkPointerFormat reports %p in any string: few are not formats, and an address differs in every process.
func (c *checker) checkPointerFormat(file *goFile) {
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		literal, ok := node.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err == nil && pointerVerb.MatchString(strings.ReplaceAll(text, "%%", "")) {
			c.reportAt(literal.Pos(), RulePointerFormat,
				"%%p prints an address, which differs in every process: print an id of what it points to")
		}
		return true
	})
}
