package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/core/resp"
)

// configFile is a configuration file in Redis's format: a directive and its arguments on each line, quoted as on an inline
// command line; lines that begin with # are comments. It gives kong the values of flags that the command line lacks.
type configFile struct {
	values   map[string]string // by flag; the last line of several counts, unless they add up
	warnings []warning
}

// readConfigFile reads and checks a file. Errors name the file and the line.
func readConfigFile(path string, flags []*kong.Flag) (*configFile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = cause.Err
		}
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	file := &configFile{values: map[string]string{}}
	for i, line := range bytes.Split(content, []byte("\n")) {
		if err := file.line(bytes.TrimSpace(line), flags); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return file, nil
}

func (f *configFile) line(line []byte, flags []*kong.Flag) error {
	if len(line) == 0 || line[0] == '#' {
		return nil
	}
	words, err := splitWords(line)
	if err != nil {
		return err
	}
	name, args := strings.ToLower(words[0]), words[1:]
	if foreign, ok := foreignDirectives[name]; ok {
		text, err := foreign.accept(args)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if text != "" {
			f.warnings = append(f.warnings, warning{name, text})
		}
		return nil
	}
	flag := findFlag(flags, name)
	if flag == nil {
		return fmt.Errorf("unknown directive '%s'", words[0])
	}
	_, list := flag.Target.Addr().Interface().(interface{ severalWords() })
	if len(args) == 0 || len(args) > 1 && !list {
		return fmt.Errorf("%s: wrong number of arguments", name)
	}
	value := strings.Join(args, " ")
	scratch := reflect.New(flag.Target.Type()).Elem()
	scan := kong.ScanAsType(kong.FlagValueToken, value)
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, scratch); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if _, adding := flag.Target.Interface().(outputLimits); adding && f.values[name] != "" {
		value = f.values[name] + " " + value
	}
	f.values[name] = value
	return nil
}

// splitWords splits a line as Redis splits inline commands, with the same quotes and escapes.
func splitWords(line []byte) ([]string, error) {
	if line[0] == '*' { // to the parser that is the start of a command in its other form
		return []string{string(line)}, nil
	}
	var parser resp.Parser
	args, _, err := parser.Next(append(bytes.Clone(line), '\n'))
	if err != nil {
		return nil, errors.New("unbalanced quotes, or a line that is too long")
	}
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = string(arg)
	}
	return words, nil
}

// findFlag returns the flag that is also a directive, or nil.
func findFlag(flags []*kong.Flag, name string) *kong.Flag {
	for _, flag := range flags {
		if flag.Name == name && name != "help" && name != "version" {
			return flag
		}
	}
	return nil
}

// Validate implements kong.Resolver.
func (f *configFile) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (f *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if value, ok := f.values[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}
