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
	name string
	// run executes the program. directory is one on this machine that the program may write into, and that
	// inside names from its point of view.
	run func(ctx context.Context, arguments func(inside string) []string, directory string) (stdout []byte, err error)
}

// surroundings are the platforms that one program was built for.
type surroundings struct {
	all     []platform
	skipped []string // what cannot be run on this machine, and why
	wasm    *wasmProgram
}

// build compiles a main package for every platform into directory.
func build(ctx context.Context, program, directory string) (*surroundings, error) {
	result := &surroundings{}
	native, err := compile(ctx, program, directory, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	result.all = append(result.all,
		platform{"native", processRunner(native)},
		platform{"native, 1 CPU", processRunner(native, "GOMAXPROCS=1", "GOGC=10", "TZ=Pacific/Kiritimati")})

	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		narrow, err := compile(ctx, program, directory, "linux", "386")
		if err != nil {
			return nil, err
		}
		result.all = append(result.all, platform{"386", processRunner(narrow)})
	} else {
		result.skipped = append(result.skipped, "386: only linux/amd64 runs it")
	}

	module, err := compile(ctx, program, directory, "wasip1", "wasm")
	if err != nil {
		return nil, err
	}
	result.wasm, err = loadWasm(ctx, module)
	if err != nil {
		return nil, err
	}
	result.all = append(result.all,
		platform{"wasm 1", result.wasm.runner(world{seed: 1, start: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), tick: 1})},
		platform{"wasm 2", result.wasm.runner(world{seed: 2, start: time.Date(2038, 1, 20, 0, 0, 0, 0, time.UTC), tick: 977})})
	return result, nil
}

func (s *surroundings) close(ctx context.Context) {
	s.wasm.close(ctx)
}

// compile builds one binary, without cgo, so that nothing of the machine's C library takes part.
func compile(ctx context.Context, program, directory, system, architecture string) (string, error) {
	output := filepath.Join(directory, "program-"+system+"-"+architecture)
	command := exec.CommandContext(ctx, "go", "build", "-o", output, program)
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s for %s/%s: %w\n%s", program, system, architecture, err, text)
	}
	return output, nil
}

// processRunner runs a binary of this machine, with some of its environment replaced.
func processRunner(binary string, environment ...string) func(context.Context, func(string) []string, string) ([]byte, error) {
	return func(ctx context.Context, arguments func(string) []string, directory string) ([]byte, error) {
		command := exec.CommandContext(ctx, binary, arguments(directory)...)
		command.Env = append(os.Environ(), environment...)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		stdout, err := command.Output()
		if err != nil && ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		return stdout, withStderr(err, stderr.String())
	}
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
