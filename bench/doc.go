// Command bench runs embernode beside Redis, and beside Valkey where it is installed, under the same load and prints what
// each makes of it:
//
//	go run ./bench                        # about four minutes
//	go run ./bench --keys 5000000 --repeats 5 --json >result.json
//	go run ./bench --servers redis,redis  # how far two equal servers seem to differ here
//
// Every server is started by this command on a free port of the loopback, as a cluster of one node that owns all the
// slots and keeps nothing on disk, and is stopped by its process. All of them are filled with the same keys first, so a
// GET always finds one. The load is redis-benchmark's, the same program for all.
//
// A shared machine is not the same from one minute to the next. So the runs are interleaved, A B A B, each figure is the
// median of several runs, and beside the throughput stands the processor time that the server took per request: it
// depends less on what else the machine does, and without pipelining, where the client is the limit, it is the one that
// tells servers apart.
package main
