// Command determinism is the gate behind the promise "one seed, one history": it runs the simulator on the same seeds in
// surroundings that differ in everything a program could depend on by mistake, and fails if any two of them disagree.
//
//	go run ./internal/determinism --seeds 1..5 --scenario swarm
//	go run ./internal/determinism --seeds 7 --scenario swarm -- --nodes 9
//
// What differs between the runs:
//
//   - native, twice: two processes, each with its own map seeds, addresses and goroutine timing; the second one has a
//     single processor, a busy garbage collector and another time zone.
//   - 386: int, pointers and alignment are narrower, and another compiler back end orders the instructions.
//   - wasm, twice: the wasip1 build under wazero, each with its own seeded random source and its own clock. The Go runtime
//     draws from that source the seeds of map order and of select, so a difference there can be repeated, unlike the
//     native one. Floating point is rounded by another implementation.
//
// Compared are the hash over every event that `embersim run --json` prints, and the rest of its report but for real
// time. On a difference both runs are repeated with a trace, and the first line that differs is printed.
//
// Package tidy forbids what usually breaks the promise; this program measures whether it holds.
package main
