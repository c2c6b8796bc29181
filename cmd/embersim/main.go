// Command embersim runs Ember in a deterministic simulator. A run is a function of its seed and its settings: whatever goes
// wrong in it goes wrong again.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/sim"
)

// Exit codes. A script can tell from them what a run came to.
const (
	exitOK               = 0
	exitUsage            = 1 // bad arguments, or a file that cannot be written
	exitViolation        = 2
	exitStalled          = 3
	exitCrashed          = 4
	exitNondeterministic = 5
	exitUnknown          = 6
)

// exitCodes gives the code of each verdict.
var exitCodes = map[sim.Verdict]int{
	sim.OK: exitOK, sim.Violation: exitViolation, sim.Stalled: exitStalled, sim.Crashed: exitCrashed,
	sim.Nondeterministic: exitNondeterministic, sim.Unknown: exitUnknown,
}

// cli is the command line.
type cli struct {
	Run    runCommand    `cmd:"" help:"Run one scenario and print what happened."`
	Replay replayCommand `cmd:"" help:"Run what a file says, which run --save or shrink has written."`
	Shrink shrinkCommand `cmd:"" help:"Make a failing run smaller, and write it to a file."`
	Sweep  sweepCommand  `cmd:"" help:"Run one scenario on a range of seeds."`
	Report reportCommand `cmd:"" help:"Add up what several machines have printed by sweep --json."`
	List   listCommand   `cmd:"" help:"List the scenarios."`
	View   viewCommand   `cmd:"" help:"Write a run as a page to look at, search and step through."`
	Bench  benchCommand  `cmd:"" help:"Measure the simulator's own speed."`
	hostCommands
}

// session is what every command is given.
type session struct {
	out, err io.Writer
	// terminal says that err is a terminal, on which a progress bar can be drawn.
	terminal bool
	// exit is the code to leave with if the command itself succeeds.
	exit int
}

// memoryLimit is the memory in use, in bytes, from which on garbage is collected more often.
const memoryLimit = 2 << 30

func main() {
	// A run allocates a few megabytes that live to its end; collecting them at every doubling would cost a fifth of it. What a
	// large run may take is bounded.
	debug.SetGCPercent(1600)
	debug.SetMemoryLimit(memoryLimit)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, isTerminal(os.Stderr)))
}

// run executes one command line and returns the exit code.
func run(args []string, out, errors io.Writer, terminal bool) int {
	s := &session{out: out, err: errors, terminal: terminal}
	exited := -1
	parser, err := kong.New(&cli{},
		kong.Name("embersim"),
		kong.Description("Deterministic simulation of Ember clusters: one seed, one history."),
		kong.Writers(out, errors),
		kong.Exit(func(code int) { exited = code }),
		kong.Bind(s),
	)
	if err != nil {
		panic("embersim: the command line is malformed: " + err.Error())
	}
	context, err := parser.Parse(args)
	if exited >= 0 { // --help has been answered
		return exited
	}
	if err == nil {
		err = context.Run()
	}
	if err != nil {
		fmt.Fprintf(errors, "embersim: %v\n", explain(err))
		return exitUsage
	}
	return s.exit
}

// explain adds where to look to an error of the command line.
func explain(err error) error {
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%w; see embersim --help", err)
	}
	return err
}
