// Command profile writes profiles of embernode under load, for go tool pprof:
//
//	go run ./bench/profile                       # SET, then GET, 16 pipelined, 1,000,000 keys
//	go run ./bench/profile --pipeline 1 --seconds 20 --command "INCR counter:__rand_int__"
//	go tool pprof -top bench/out/SET-cpu.pprof
//
// For each command it writes two files, named after it: NAME-cpu.pprof, where the processor's time went, and NAME-allocs.pprof,
// what was allocated meanwhile. Both cover the same seconds of the load.
//
// embernode is compiled by such profiles: the compiler inlines what they show to be hot, which saves 8 to 9% of the instructions of a
// GET or SET (https://go.dev/doc/pgo). To make them anew after the hot path has changed much:
//
//	for p in 1 16 64; do go run ./bench/profile --pipeline $p --out bench/out/$p; done
//	go tool pprof -proto bench/out/*/*-cpu.pprof > cmd/embernode/default.pgo
package main
