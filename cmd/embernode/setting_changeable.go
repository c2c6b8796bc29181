package main

import (
	"errors"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/core/command"
)

// setting is the value of a parameter that CONFIG SET can change too. Package command reads it, under the name of the flag.
type setting string

// Decode implements kong.MapperValue.
func (v *setting) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().IsEOL() {
		return errors.New("missing value")
	}
	return takeSetting((*string)(v), ctx.Value.Name, ctx.Scan.Pop().String())
}

// outputLimits is the value of client-output-buffer-limit.
type outputLimits string

// Decode implements kong.MapperValue: on the command line every word up to the next flag belongs to the value.
func (v *outputLimits) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().IsEOL() {
		return errors.New("missing value")
	}
	var words []string
	for !ctx.Scan.Peek().IsEOL() && !strings.HasPrefix(ctx.Scan.Peek().String(), "--") {
		words = append(words, ctx.Scan.Pop().String())
	}
	return takeSetting((*string)(v), ctx.Value.Name, strings.Join(words, " "))
}

func (*outputLimits) severalWords() {}

// takeSetting takes a value if CONFIG SET would.
func takeSetting(target *string, name, value string) error {
	scratch := command.DefaultSettings()
	if err := scratch.Set(name, value); err != nil {
		return err
	}
	*target = value
	return nil
}

// isChangeable reports whether CONFIG SET can change a parameter.
func isChangeable(name string) bool {
	defaults := command.DefaultSettings()
	for _, p := range defaults.Parameters() {
		if p.Name == name {
			return true
		}
	}
	return false
}
