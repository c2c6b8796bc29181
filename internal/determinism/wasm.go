package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// wasmProgram is a compiled wasip1 module. It can be run many times, also at the same time.
type wasmProgram struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// world is what a module sees of its surroundings, and nothing of this machine in it.
type world struct {
	seed  uint64    // of the random source, which seeds the Go runtime's map order and select
	start time.Time // of the wall clock
	tick  int64     // nanoseconds by which each reading of a clock advances it
}

func loadWasm(ctx context.Context, file string) (*wasmProgram, error) {
	code, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &wasmProgram{runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))}
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, p.runtime); err != nil {
		p.close(ctx)
		return nil, err
	}
	if p.module, err = p.runtime.CompileModule(ctx, code); err != nil {
		p.close(ctx)
		return nil, err
	}
	return p, nil
}

func (p *wasmProgram) close(ctx context.Context) {
	// Everything of it is memory; there is nothing that a failed close could lose.
	_ = p.runtime.Close(ctx)
}

// insideDirectory is where a module finds the directory that it may write into.
const insideDirectory = "/out"

func (p *wasmProgram) runner(w world) func(context.Context, func(string) []string, string) ([]byte, error) {
	return func(ctx context.Context, arguments func(string) []string, directory string) ([]byte, error) {
		var stdout, stderr bytes.Buffer
		config := w.config().
			WithArgs(append([]string{"program"}, arguments(insideDirectory)...)...).
			WithStdout(&stdout).
			WithStderr(&stderr).
			WithFSConfig(wazero.NewFSConfig().WithDirMount(directory, insideDirectory))
		instance, err := p.runtime.InstantiateModule(ctx, p.module, config)
		if instance != nil {
			_ = instance.Close(ctx) // it has ended; only its memory is left
		}
		return stdout.Bytes(), withStderr(exitError(err), stderr.String())
	}
}

// config gives each run clocks and a random source of its own.
func (w world) config() wazero.ModuleConfig {
	var source [32]byte
	source[0] = byte(w.seed)
	now := w.start.UnixNano()
	read := func() int64 { now += w.tick; return now }
	return wazero.NewModuleConfig().
		WithName(""). // anonymous, so that several can run at the same time
		WithRandSource(rand.NewChaCha8(source)).
		WithWalltime(func() (int64, int32) { n := read(); return n / 1e9, int32(n % 1e9) }, 1).
		WithNanotime(read, 1).
		WithNanosleep(func(nanoseconds int64) { now += nanoseconds })
}

// exitError turns the end of a module into what the end of a process would be.
func exitError(err error) error {
	exit, ok := err.(*sys.ExitError)
	switch {
	case !ok:
		return err
	case exit.ExitCode() == 0:
		return nil
	case exit.ExitCode() == sys.ExitCodeDeadlineExceeded:
		return context.DeadlineExceeded
	}
	return fmt.Errorf("exit status %d", exit.ExitCode())
}
