package tidy

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// The limits of the style ratchet. They bind source, not tests: a test may be long, logic may not.
const (
	maxFileLines     = 600
	maxFunctionLines = 80
)

// vagueNames say nothing of what a package or a file is for.
var vagueNames = []string{"common", "helper", "helpers", "misc", "util", "utils"}

// obviousMethods need no comment: their names and signatures are the standard library's, and so are their meanings.
var obviousMethods = []string{"Error", "Format", "GoString", "Is", "Len", "Less", "String", "Swap", "Unwrap"}

// checkStyle reports what makes code hard to read or to find.
func (c *checker) checkStyle() {
	for _, p := range c.module.packages {
		c.checkNames(p)
		if len(p.source) > 0 {
			c.checkPackageDoc(p)
		}
		contracts := interfaceMethods(p)
		for _, file := range p.source {
			c.checkLengths(file)
			if file.syntax.Name.Name != "main" { // nobody can import what a command exports
				c.checkExported(file, contracts)
			}
		}
	}
}

func (c *checker) checkNames(p *goPackage) {
	const advice = "name what it is for"
	if base := path.Base(p.dir); slices.Contains(vagueNames, base) {
		c.reportAt(p.all()[0].syntax.Package, RuleName, "the package name %q says nothing: %s", base, advice)
	}
	for _, file := range p.all() {
		stem := strings.TrimSuffix(path.Base(file.name), ".go")
		for _, word := range strings.Split(stem, "_") {
			if slices.Contains(vagueNames, word) {
				c.reportAt(file.syntax.Package, RuleName, "%q in a file's name says nothing: %s", word, advice)
			}
		}
	}
}

func (c *checker) checkPackageDoc(p *goPackage) {
	for _, file := range p.source {
		if file.syntax.Doc != nil {
			return
		}
	}
	c.reportAt(p.source[0].syntax.Package, RulePackageDoc,
		"package %s has no package comment: add a doc.go that tells what it is for and which source it follows", p.dir)
}

func (c *checker) checkLengths(file *goFile) {
	if file.lines > maxFileLines {
		c.report(file.name, file.lines, RuleFileLength,
			"the file has %d lines, the limit is %d: split it by what its parts do", file.lines, maxFileLines)
	}
	for _, declaration := range file.syntax.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := c.module.line(function.End()) - c.module.line(function.Pos()) + 1; lines > maxFunctionLines {
			c.reportAt(function.Pos(), RuleFunctionLength,
				"%s has %d lines, the limit is %d: give its steps names", function.Name.Name, lines, maxFunctionLines)
		}
	}
}

// interfaceMethods returns the names of the methods of a package's own interfaces: what they mean is told there, and need
// not be told again by each type that has them.
func interfaceMethods(p *goPackage) map[string]bool {
	names := map[string]bool{}
	for _, file := range p.source {
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			if contract, ok := node.(*ast.InterfaceType); ok {
				for _, method := range contract.Methods.List {
					for _, name := range method.Names {
						names[name.Name] = true
					}
				}
			}
			return true
		})
	}
	return names
}

// checkExported reports exported functions, methods, types, constants and variables without a comment.
func (c *checker) checkExported(file *goFile, contracts map[string]bool) {
	for _, declaration := range file.syntax.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			if declaration.Doc == nil && isPublic(declaration, contracts) {
				c.reportUndocumented(declaration.Name)
			}
		case *ast.GenDecl:
			c.checkExportedGroup(declaration)
		}
	}
}

// isPublic reports whether users of a package see a function, and need to be told what it does.
func isPublic(function *ast.FuncDecl, contracts map[string]bool) bool {
	if !function.Name.IsExported() {
		return false
	}
	if function.Recv == nil {
		return true
	}
	name := function.Name.Name
	return isExportedReceiver(function.Recv.List[0].Type) && !contracts[name] && !slices.Contains(obviousMethods, name)
}

func isExportedReceiver(receiver ast.Expr) bool {
	switch receiver := receiver.(type) {
	case *ast.Ident:
		return receiver.IsExported()
	case *ast.StarExpr:
		return isExportedReceiver(receiver.X)
	case *ast.ParenExpr:
		return isExportedReceiver(receiver.X)
	case *ast.IndexExpr:
		return isExportedReceiver(receiver.X)
	case *ast.IndexListExpr:
		return isExportedReceiver(receiver.X)
	}
	return false
}

// checkExportedGroup accepts the comment of a group, of one of its lines, or at the end of that line. The values of an
// enumeration need none beside that of their type.
func (c *checker) checkExportedGroup(group *ast.GenDecl) {
	if group.Tok == token.IMPORT || group.Doc != nil || isEnumeration(group) {
		return
	}
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && spec.Comment == nil {
				c.reportUndocumented(spec.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && spec.Doc == nil && spec.Comment == nil {
					c.reportUndocumented(name)
				}
			}
		}
	}
}

// isEnumeration reports whether a group lists the constants of one type of its package.
func isEnumeration(group *ast.GenDecl) bool {
	if group.Tok != token.CONST || len(group.Specs) < 2 {
		return false
	}
	of, ok := group.Specs[0].(*ast.ValueSpec).Type.(*ast.Ident)
	if !ok || !of.IsExported() {
		return false
	}
	for _, spec := range group.Specs[1:] {
		if named, ok := spec.(*ast.ValueSpec).Type.(*ast.Ident); ok && named.Name != of.Name {
			return false
		}
	}
	return true
}

func (c *checker) reportUndocumented(name *ast.Ident) {
	c.reportAt(name.Pos(), RuleExportedDoc,
		"%s is exported without a comment: tell its meaning, units, errors and source, or make it private", name.Name)
}
