package main

import (
	"io"

	"github.com/alecthomas/kong"
)

// subcommand is what embernode does beside being a node. Its fields are its flags.
type subcommand interface {
	run(out io.Writer) error
}

// runSubcommand parses the arguments of a subcommand and runs it. It returns the exit status.
func runSubcommand(name string, c subcommand, args []string, stdout, stderr io.Writer, description string) int {
	helped := false
	parser, err := kong.New(c, kong.Name("embernode "+name), kong.Writers(stdout, stdout), kong.Exit(func(int) { helped = true }),
		kong.Description(description), kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 110}))
	if err != nil {
		panic("embernode: the declaration of " + name + " is broken: " + err.Error())
	}
	_, err = parser.Parse(args)
	switch {
	case helped:
		return 0
	case err == nil:
		err = c.run(stdout)
	}
	if err != nil {
		return complain(stderr, err)
	}
	return 0
}
