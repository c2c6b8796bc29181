package tidy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
)

// platform is one that a deterministic package must compile and behave alike on.
type platform struct{ system, architecture string }

func (p platform) String() string { return p.system + "/" + p.architecture }

var platforms = []platform{
	{"linux", "amd64"},
	narrow,
	{"linux", "arm64"},
	{"darwin", "arm64"},
	{"wasip1", "wasm"},
}

// variant is a set of files that make up a package on some platform.
type variant struct {
	platform platform
	files    []*goFile
}

// variants returns the different sets of files of a package, each once for 32 and once for 64 bits. A file that no
// platform builds is reported: it would escape the typed rules.
func (c *checker) variants(p *goPackage) []variant {
	var variants []variant
	seen, built := map[string]bool{}, map[string]bool{}
	for _, platform := range platforms {
		v := variant{platform: platform}
		key := fmt.Sprint(platform == narrow)
		for _, file := range p.source {
			if c.isBuilt(file, platform) {
				v.files = append(v.files, file)
				key += " " + file.name
				built[file.name] = true
			}
		}
		if len(v.files) > 0 && !seen[key] {
			seen[key] = true
			variants = append(variants, v)
		}
	}
	for _, file := range p.source {
		if !built[file.name] {
			c.report(file.name, 1, RulePlatform,
				"no platform of internal/tidy/platform.go builds this file, so nobody checks it: mend its build constraint")
		}
	}
	return variants
}

func (c *checker) isBuilt(file *goFile, p platform) bool {
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled, context.BuildTags = p.system, p.architecture, false, nil
	absolute := c.module.absolute(file.name)
	match, err := context.MatchFile(strings.TrimSuffix(absolute, path.Base(file.name)), path.Base(file.name))
	return err == nil && match
}

// imports gives the types of imported packages, from what the compiler exported for them on one platform.
type imports struct {
	files    map[string]string // import path → export data
	importer types.Importer
}

// narrow is the platform of 32 bits. Its imports differ in constants such as math.MaxInt; those of all others agree in
// what a deterministic package may import.
var narrow = platform{"linux", "386"}

// exportData compiles what the packages import, by the go command and from its cache where it can.
func (m *module) exportData(packages []*goPackage, environment ...string) (*imports, error) {
	result := &imports{files: map[string]string{}}
	result.importer = importer.ForCompiler(m.files, "gc", result.open)
	if len(packages) == 0 {
		return result, nil
	}
	arguments := []string{"list", "-e", "-export", "-deps", "-json=ImportPath,Export"}
	for _, p := range packages {
		arguments = append(arguments, "./"+p.dir)
	}
	command := exec.Command("go", arguments...)
	command.Dir = m.root
	command.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var listed struct{ ImportPath, Export string }
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return result, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		result.files[listed.ImportPath] = listed.Export
	}
}

func (i *imports) open(importPath string) (io.ReadCloser, error) {
	name := i.files[importPath]
	if name == "" {
		return nil, fmt.Errorf("%s does not compile", importPath)
	}
	return os.Open(name)
}

// typed is the syntax of a package with what the type checker found out about it.
type typed struct {
	files []*goFile
	info  types.Info
}

func (c *checker) typeCheck(p *goPackage, v variant, imports *imports) *typed {
	result := &typed{files: v.files, info: types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}}
	config := types.Config{
		Importer: imports.importer,
		Sizes:    types.SizesFor("gc", v.platform.architecture),
		Error: func(err error) {
			var at types.Error
			if errors.As(err, &at) && at.Pos != token.NoPos {
				c.reportAt(at.Pos, RulePlatform, "does not compile for %s: %s", v.platform, at.Msg)
			}
		},
	}
	var syntax []*ast.File
	for _, file := range v.files {
		syntax = append(syntax, file.syntax)
	}
	// Errors went to config.Error; what could be typed is in info all the same.
	_, _ = config.Check(path.Join(c.module.path, p.dir), c.module.files, syntax, &result.info)
	return result
}
