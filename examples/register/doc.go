// Command register shows how a protocol of one's own is simulated: an atomic register on replicas, of which a minority may fail
// (Attiya, Bar-Noy, Dolev, "Sharing memory robustly in message-passing systems", JACM 42(1), 1995).
//
//	go run ./examples/register            sweep the register as it should be
//	go run ./examples/register --hasty    sweep one with a bug; shrink the first failure, write a page to look at
//
// The protocol is protocol.go, a hundred and some lines against sim.Process: a replica, which keeps a value on its disk, and a
// client. What it promises is in check.go: every history of reads and writes is linearizable. What happens to it is drawn in
// story.go. The rest is the framework's: network, disks, clocks, faults, shrinking, the page.
//
// The bug is the classic one: a read that returns what it has found before it has made sure that later reads find it too.
package main
