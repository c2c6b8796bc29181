package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// platform is one of the surroundings that a program is run in.
type platform struct {
	name        string
	environment []string // what is added to this process's own, or replaced in it
	// command is the command line of a run, given a directory of this machine that it may write into.
	command func(directory string, arguments []string) []string
	// insideDirectory is that directory as the program sees it, if it sees it under another name.
	insideDirectory string
}

// surroundings are the platforms that one program was built for.
type surroundings struct {
	all     []platform
	skipped []string // what cannot be run on this machine, and why
}

// build compiles a main package for every platform into directory.
func build(ctx context.Context, program, directory string) (*surroundings, error) {
	native, err := compile(ctx, program, directory, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	result := &surroundings{all: []platform{
		{name: "native", command: binary(native)},
		{name: "native, 1 CPU", command: binary(native),
			environment: []string{"GOMAXPROCS=1", "GOGC=10", "TZ=Pacific/Kiritimati"}},
	}}
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		narrow, err := compile(ctx, program, directory, "linux", "386")
		if err != nil {
			return nil, err
		}
		result.all = append(result.all, platform{name: "386", command: binary(narrow)})
	} else {
		result.skipped = append(result.skipped, "386: only linux/amd64 runs it")
	}
	module, err := compile(ctx, program, directory, "wasip1", "wasm")
	if err != nil {
		return nil, err
	}
	if err := checkUnchanged(ctx, program, native); err != nil {
		return nil, err
	}
	wasm, err := wasmPlatforms(ctx, module, directory)
	if err != nil {
		return nil, err
	}
	result.all = append(result.all, wasm...)
	return result, nil
}

// compile builds one binary, without cgo, so that nothing of the machine's C library takes part, and without a profile, which would
// have the standard library compiled anew for each platform.
func compile(ctx context.Context, program, directory, system, architecture string) (string, error) {
	output := filepath.Join(directory, "program-"+system+"-"+architecture)
	command := exec.CommandContext(ctx, "go", "build", "-pgo=off", "-o", output, program)
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s for %s/%s: %w\n%s", program, system, architecture, err, text)
	}
	return output, nil
}

// checkUnchanged builds the native binary again: if somebody edits the program meanwhile, then its builds for the
// other platforms are other programs, and the gate would blame the platforms.
func checkUnchanged(ctx context.Context, program, native string) error {
	directory := filepath.Join(filepath.Dir(native), "again")
	again, err := compile(ctx, program, directory, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	first, err := os.ReadFile(native)
	if err != nil {
		return err
	}
	second, err := os.ReadFile(again)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return fmt.Errorf("the sources of %s changed while they were built: run the gate again", program)
	}
	return nil
}

// binary runs a program of this machine.
func binary(file string) func(string, []string) []string {
	return func(_ string, arguments []string) []string { return append([]string{file}, arguments...) }
}

// run executes the program. Its arguments may name files in the directory that inside stands for.
func (p platform) run(ctx context.Context, arguments func(inside string) []string, directory string) (stdout []byte, err error) {
	inside := directory
	if p.insideDirectory != "" {
		inside = p.insideDirectory
	}
	line := p.command(directory, arguments(inside))
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Env = append(os.Environ(), p.environment...)
	command.WaitDelay = time.Second
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err = command.Output()
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return stdout, withStderr(err, stderr.String())
}

// withStderr adds the end of what a failed run had to say.
func withStderr(err error, stderr string) error {
	const limit = 2000
	stderr = strings.TrimSpace(stderr)
	if err == nil || stderr == "" {
		return err
	}
	if len(stderr) > limit {
		stderr = "…" + stderr[len(stderr)-limit:]
	}
	return fmt.Errorf("%w: %s", err, stderr)
}
