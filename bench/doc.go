// Command bench runs embernode beside Redis, and beside Valkey where it is installed, under the same load and prints what
// each makes of it, with the bars that embernode is held to:
//
//	go run ./bench                        # the throughput suites, about six minutes
//	go run ./bench --suite full           # all suites, about fifteen minutes and 5 GB of memory
//	go run ./bench --suite memory,offered --repeats 5 --json >result.json
//	go run ./bench --servers redis,redis  # how far two equal servers seem to differ here
//	go run ./bench --suite full --keys 10000 --requests 20000 --repeats 1 --seconds 1
//
// The suites:
//
//	pipelines  SET and GET of 64-byte values, with 1, 16 and 64 requests sent at a time
//	cached     GET with so few keys that the processor's caches hold them
//	commands   INCR, MGET and MSET of ten keys with a common hash tag, EXPIRE
//	offered    latency when all servers are offered half of what the baseline can do, in an open loop
//	memory     resident bytes per key: 64-byte values, 8-byte values, with a time to live
//	collector  the share of the processor that embernode's garbage collector takes, and its longest pause, under load
//	growth     throughput with many keys over that with few
//
// How many keys each of them has follows from --keys: a hundredth of it in cached, five times as many in collector, a tenth
// and ten times as many in growth.
//
// Every server is started by this command on a free port of the loopback, as a cluster of one node that owns all the
// slots and keeps nothing on disk, and is stopped by its process. All of them are filled with the same keys first, so a
// GET always finds one. The load is redis-benchmark's, the same program for all, and package load's where that cannot do
// what is measured.
//
// A shared machine is not the same from one minute to the next. So the runs are interleaved, A B A B, each figure is the
// median of several runs with the lowest and the highest beside it, and beside the throughput stands the processor time
// that the server took per request: it depends less on what else the machine does, and without pipelining, where the
// client is the limit, it is the one that tells servers apart.
package main
