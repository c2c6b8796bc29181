//go:build !wasm

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ember-cluster/ember/sim/scenarios"
)

// divergeCommand is `embersim diverge`.
type divergeCommand struct {
	Files []string `arg:"" optional:"" help:"Two traces to compare, as run --trace FILE --hashes writes them; or one file of a run, to run it twice." type:"existingfile"`
	Seed  *uint64  `help:"Seed of the run, if there is no file."`
	settings
	Other string `help:"Program for the second run, such as an embersim of another version or architecture; this one again if left out." type:"existingfile" placeholder:"PROGRAM"`
}

// Run executes the command.
func (c *divergeCommand) Run(s *session) error {
	if len(c.Files) == 2 {
		return compareFiles(s, c.Files[0], c.Files[1])
	}
	run, err := c.runArguments()
	if err != nil {
		return err
	}
	this, err := os.Executable()
	if err != nil {
		return err
	}
	other := c.Other
	if other == "" {
		other = this
	}
	directory, err := os.MkdirTemp("", "embersim-diverge-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	var traces [2]string
	for i, program := range []string{this, other} {
		traces[i] = filepath.Join(directory, fmt.Sprint(i))
		if err := traceRun(program, append(run, "--trace", traces[i], "--hashes", "--json")); err != nil {
			return err
		}
	}
	return compareFiles(s, traces[0], traces[1])
}

// runArguments is the command line of the run that takes place twice.
func (c *divergeCommand) runArguments() ([]string, error) {
	switch {
	case len(c.Files) == 1 && c.Seed == nil:
		return []string{"replay", c.Files[0]}, nil
	case len(c.Files) > 0 || c.Seed == nil:
		return nil, errors.New("diverge takes two traces, the file of a run, or --seed")
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	if _, err := scenarios.Find(c.Scenario); err != nil {
		return nil, err
	}
	return c.arguments(*c.Seed), nil
}

// traceRun lets another process run something. What the run comes to does not matter here.
func traceRun(program string, args []string) error {
	var complaint bytes.Buffer
	command := exec.Command(program, args...)
	command.Stderr = &complaint
	err := command.Run()
	var exited *exec.ExitError
	if errors.As(err, &exited) && exited.ExitCode() > exitUsage {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return nil
}

// compareFiles compares two traces, and tells where they part.
func compareFiles(s *session, first, second string) error {
	var readers [2]io.Reader
	for i, path := range []string{first, second} {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		readers[i] = file
	}
	d, err := compareTraces(readers[0], readers[1])
	switch {
	case err != nil:
		return err
	case !d.found:
		fmt.Fprintf(s.out, "the runs are the same, in %d events and effects\n", d.line)
	default:
		s.exit = exitNondeterministic
		fmt.Fprint(s.out, d)
	}
	return nil
}

const (
	linesBefore = 8 // that both traces have, before the difference
	linesAfter  = 4 // of either trace, from the difference on
)

// divergence is where two traces part.
type divergence struct {
	line   int // so many lines are the same
	found  bool
	before []string
	after  [2][]string
}

// compareTraces reads two traces up to their first difference.
func compareTraces(first, second io.Reader) (divergence, error) {
	var d divergence
	scanners := [2]*bufio.Scanner{bufio.NewScanner(first), bufio.NewScanner(second)}
	for _, scanner := range scanners {
		scanner.Buffer(nil, 1<<24)
	}
	for {
		more := [2]bool{scanners[0].Scan(), scanners[1].Scan()}
		if err := errors.Join(scanners[0].Err(), scanners[1].Err()); err != nil {
			return d, err
		}
		if !more[0] && !more[1] {
			if d.line == 0 {
				return d, errors.New("neither trace has any line")
			}
			return d, nil
		}
		if !more[0] || !more[1] || scanners[0].Text() != scanners[1].Text() {
			d.found = true
			for i, scanner := range scanners {
				for n := 0; more[i] && n < linesAfter; n++ {
					d.after[i] = append(d.after[i], scanner.Text())
					more[i] = scanner.Scan()
				}
			}
			return d, nil
		}
		d.line++
		d.before = append(d.before, scanners[0].Text())
		if len(d.before) > linesBefore {
			d.before = d.before[1:]
		}
	}
}

func (d divergence) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the runs differ after %d events and effects that are the same; the last of these:\n", d.line)
	for _, line := range d.before {
		b.WriteString("  " + line + "\n")
	}
	for i, name := range []string{"first", "second"} {
		fmt.Fprintf(&b, "then the %s run:\n", name)
		if len(d.after[i]) == 0 {
			b.WriteString("  has ended\n")
		}
		for _, line := range d.after[i] {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}
