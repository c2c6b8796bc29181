// Command mutants plants bugs into Ember, one at a time, and measures how soon the simulator catches each.
//
//	go run ./sim/mutants                        all of them
//	go run ./sim/mutants --only stale-read      one
//	go run ./sim/mutants --shrink               all, and how small their runs become
//
// A planted bug is a file in bugs: a story in one line, which checker should catch it, and one small replacement in one file of
// the product.
//
//	A key that is past its time is still read for a second.
//	caught-by: linearizability
//	file: core/command/context.go
//	-- old --
//		if value.Expired(c.Wall) {
//	-- new --
//		if value.Expired(c.Wall - 1000) {
//
// The simulator is built with the replacement laid over the source (go build -overlay), so a bug never lives in the product, and
// runs seed after seed until one ends badly. A last run of that seed without the bug must end well: what was caught is the bug.
// With "scenario: NAME" it runs another scenario than swarm. With "test: ./package" the package's tests are run instead, and
// "because: ..." says why no run of the simulator can show the bug.
//
// With --shrink the run that caught a bug is made small: at most ten faults and twenty operations should be left of it, within two
// minutes.
//
// A bug that survives its seeds is a defect of the simulator: of its workload, its faults or its checkers. The same data tell the
// reverse when the product changes: `go test` fails as soon as a replacement no longer fits the source.
//
// The idea is mutation testing (DeMillo, Lipton, Sayward 1978), with bugs that somebody might have written instead of random
// ones; FoundationDB's simulator and etcd's robustness tests plant bugs of their own history for the same end.
package main
