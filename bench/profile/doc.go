// Command profile writes profiles of embernode under load, for go tool pprof:
//
//	go run ./bench/profile                       # SET, then GET, 16 pipelined, 1,000,000 keys
//	go run ./bench/profile --pipeline 1 --seconds 20 --command "INCR counter:__rand_int__"
//	go tool pprof -top bench/out/SET-cpu.pprof
//
// For each command it writes two files, named after it: NAME-cpu.pprof, where the processor's time went, and NAME-allocs.pprof,
// what was allocated meanwhile. Both cover the same seconds of the load.
package main
