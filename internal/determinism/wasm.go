package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// A module is run in a process of its own, which is this program again with other arguments. It could be run in this
// one, but then it could be stopped only by a check in each of its loops, which makes it three times slower.

// wasmMode is the first argument of such a process. It is followed by the number of a world, the module's file, the
// directory of compiled modules, the directory that the module may write into, and the module's own arguments.
const wasmMode = "run-wasm-module"

// world is what a module sees of its surroundings, and nothing of this machine in it.
type world struct {
	seed  byte      // of the random source, which seeds the Go runtime's map order and select
	start time.Time // of the clocks
	tick  int64     // nanoseconds by which each reading of a clock advances it
}

var worlds = []world{
	{seed: 1, start: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), tick: 1},
	{seed: 2, start: time.Date(2038, 1, 20, 0, 0, 0, 0, time.UTC), tick: 977},
}

// insideDirectory is where a module finds the directory that it may write into.
const insideDirectory = "/out"

// wasmPlatforms returns a platform per world. The module is compiled to machine code once, into directory.
func wasmPlatforms(ctx context.Context, module, directory string) ([]platform, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	runtime, _, err := loadModule(ctx, module, directory)
	if err != nil {
		return nil, err
	}
	if err := runtime.Close(ctx); err != nil {
		return nil, err
	}
	var platforms []platform
	for i := range worlds {
		platforms = append(platforms, platform{
			name:            fmt.Sprintf("wasm %d", i+1),
			insideDirectory: insideDirectory,
			command: func(outside string, arguments []string) []string {
				return append([]string{self, wasmMode, strconv.Itoa(i), module, directory, outside}, arguments...)
			},
		})
	}
	return platforms, nil
}

// loadModule compiles a module, or finds it compiled.
func loadModule(ctx context.Context, module, directory string) (wazero.Runtime, wazero.CompiledModule, error) {
	code, err := os.ReadFile(module)
	if err != nil {
		return nil, nil, err
	}
	cache, err := wazero.NewCompilationCacheWithDir(directory)
	if err != nil {
		return nil, nil, err
	}
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	_, err = wasi_snapshot_preview1.Instantiate(ctx, runtime)
	var compiled wazero.CompiledModule
	if err == nil {
		compiled, err = runtime.CompileModule(ctx, code)
	}
	if err != nil {
		return nil, nil, errors.Join(err, runtime.Close(ctx))
	}
	return runtime, compiled, nil
}

// runModule is what the process of wasmMode does. It returns the exit status.
func runModule(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) < 4 {
		panic(fmt.Sprintf("%s: %q", wasmMode, arguments))
	}
	number, err := strconv.Atoi(arguments[0])
	if err != nil {
		panic(fmt.Sprintf("%s: %q", wasmMode, arguments))
	}
	runtime, compiled, err := loadModule(ctx, arguments[1], arguments[2])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	config := worlds[number].config().
		WithArgs(append([]string{"program"}, arguments[4:]...)...).
		WithStdout(stdout).
		WithStderr(stderr).
		WithFSConfig(wazero.NewFSConfig().WithDirMount(arguments[3], insideDirectory))
	_, err = runtime.InstantiateModule(ctx, compiled, config)
	var exit *sys.ExitError
	switch {
	case errors.As(err, &exit):
		return int(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func (w world) config() wazero.ModuleConfig {
	now := w.start.UnixNano()
	read := func() int64 { now += w.tick; return now }
	return wazero.NewModuleConfig().
		WithRandSource(rand.NewChaCha8([32]byte{w.seed})).
		WithWalltime(func() (int64, int32) { n := read(); return n / 1e9, int32(n % 1e9) }, 1).
		WithNanotime(read, 1).
		WithNanosleep(func(nanoseconds int64) { now += nanoseconds })
}
