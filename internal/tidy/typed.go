package tidy

import (
	"go/ast"
	"go/types"
	"slices"
)

// checkTyped applies the rules that need types to one variant of a package.
func (c *checker) checkTyped(t *typed, marks []*mark) {
	for _, file := range t.files {
		var sorted map[ast.Expr]bool // calls whose result is sorted at once
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.File:
				sorted = t.sortedCalls(node)
			case *ast.RangeStmt:
				if ranged := t.info.TypeOf(node.X); ranged != nil && isMap(ranged) {
					c.reportUnlessMarked(node, marks, RuleMapOrder,
						"a range over a map visits its keys in a new order each time: sort them first "+
							"(slices.Sorted(maps.Keys(m))), keep an ordered index beside the map, or mark it "+
							"`//unordered: reason` if no order can be observed")
				}
			case *ast.CallExpr:
				if sorted[node] {
					return false
				}
			case *ast.Ident:
				c.checkUse(t, node, marks)
			}
			if expression, ok := node.(ast.Expr); ok && t.isFloat(expression) {
				c.reportUnlessMarked(node, marks, RuleFloat,
					"floating point rounds differently between architectures: use integers (parts per million, "+
						"nanoseconds), or mark it `//float: reason` where a value is only formatted for a client")
			}
			return true
		})
	}
}

func (c *checker) reportUnlessMarked(node ast.Node, marks []*mark, rule Rule, message string) {
	position := c.module.files.Position(node.Pos())
	excused := false
	for _, k := range marks {
		if k.covers(position.Filename, position.Line, rule) {
			k.used, excused = true, true
		}
	}
	if !excused {
		c.reportAt(node.Pos(), rule, "%s", message)
	}
}

// clock names what reads the clock, waits for it or depends on the machine's time zone.
var clock = []string{
	"After", "AfterFunc", "LoadLocation", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
}

// visiting names the functions of package maps that visit a map in its own order.
var visiting = []string{"All", "DeleteFunc", "EqualFunc", "Keys", "Values"}

// checkUse looks at the name of something imported, called or taken as a value.
func (c *checker) checkUse(t *typed, name *ast.Ident, marks []*mark) {
	object := t.info.Uses[name]
	if object == nil || object.Pkg() == nil {
		return
	}
	switch object.Pkg().Path() {
	case "time":
		if slices.Contains(clock, object.Name()) && !isTimeMethod(object) {
			c.reportAt(name.Pos(), RuleClock,
				"time.%s depends on the machine's clock: use the instant that came with the event, and NextDeadline to be "+
					"called again", object.Name())
		}
	case "maps":
		if slices.Contains(visiting, object.Name()) {
			c.reportUnlessMarked(name, marks, RuleMapOrder,
				"maps."+object.Name()+" visits the map in a new order each time: pass it to slices.Sorted at once, or mark "+
					"it `//unordered: reason` if no order can be observed")
		}
	case "runtime/debug":
		if object.Name() != "Stack" {
			c.reportAt(name.Pos(), RuleImport, "debug.%s shows the machine: only debug.Stack, for a report, is allowed",
				object.Name())
		}
	}
}

// isTimeMethod tells time.Time.After, which compares two instants, from time.After, which waits. Time.Local, which
// asks for the machine's zone, stays forbidden.
func isTimeMethod(object types.Object) bool {
	function, ok := object.(*types.Func)
	return ok && function.Signature().Recv() != nil && object.Name() != "Local"
}

// sortedCalls finds maps.Keys and maps.Values as the argument of slices.Sorted: their order is gone at once.
func (t *typed) sortedCalls(file *ast.File) map[ast.Expr]bool {
	sorted := map[ast.Expr]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || !t.isCallOf(call, "slices", "Sorted") || len(call.Args) != 1 {
			return true
		}
		if inner, ok := call.Args[0].(*ast.CallExpr); ok &&
			(t.isCallOf(inner, "maps", "Keys") || t.isCallOf(inner, "maps", "Values")) {
			sorted[inner] = true
		}
		return true
	})
	return sorted
}

func (t *typed) isCallOf(call *ast.CallExpr, pkg, name string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	object := t.info.Uses[selector.Sel]
	return object != nil && object.Pkg() != nil && object.Pkg().Path() == pkg && object.Name() == name
}

// isMap looks through names and type parameters.
func isMap(t types.Type) bool {
	if parameter, ok := types.Unalias(t).(*types.TypeParam); ok {
		return constraintHas(parameter.Constraint().Underlying(), isMap)
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

func constraintHas(constraint types.Type, is func(types.Type) bool) bool {
	set, ok := constraint.(*types.Interface)
	if !ok {
		return is(constraint)
	}
	for i := range set.NumEmbeddeds() {
		switch embedded := set.EmbeddedType(i).(type) {
		case *types.Union:
			for j := range embedded.Len() {
				if is(embedded.Term(j).Type()) {
					return true
				}
			}
		default:
			if constraintHas(embedded.Underlying(), is) {
				return true
			}
		}
	}
	return false
}

// isFloat reports whether an expression computes a floating-point value or a name defines something that holds one.
// Constant arithmetic is exact, so an untyped constant such as 0.5 in 0.5*1000 is none.
func (t *typed) isFloat(expression ast.Expr) bool {
	if name, ok := expression.(*ast.Ident); ok {
		object := t.info.Defs[name]
		if object == nil {
			object = t.info.Uses[name]
		}
		switch object.(type) {
		case *types.Var, *types.Const, *types.TypeName:
			return object.Pkg() != nil && holdsFloat(object.Type())
		case nil, *types.Func, *types.PkgName, *types.Label, *types.Builtin, *types.Nil:
			return false
		}
	}
	value, ok := t.info.Types[expression]
	return ok && value.IsValue() && holdsFloat(value.Type)
}

// holdsFloat looks into unnamed composite types; a named type has its own definition, which is looked at there.
func holdsFloat(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Info()&(types.IsFloat|types.IsComplex) != 0 && t.Info()&types.IsUntyped == 0
	case *types.Named:
		basic, ok := t.Underlying().(*types.Basic)
		return ok && holdsFloat(basic)
	case *types.Pointer:
		return holdsFloat(t.Elem())
	case *types.Slice:
		return holdsFloat(t.Elem())
	case *types.Array:
		return holdsFloat(t.Elem())
	case *types.Map:
		return holdsFloat(t.Key()) || holdsFloat(t.Elem())
	}
	return false
}
