package sim

import (
	"fmt"
	"time"
)

// FaultKind names a way in which the world goes wrong. Rates are in parts per million.
type FaultKind uint8

const (
	// Faults of the network act on the links between Hosts and Peers, both ways unless said otherwise. No Peers
	// stands for all hosts that are not among Hosts.

	FaultPartition       FaultKind = iota + 1 // nothing passes
	FaultPartitionOneWay                      // nothing passes from Hosts to Peers
	FaultClog                                 // what arrives waits until the end of the fault
	FaultLoss                                 // this rate of packets is lost
	FaultDelay                                // packets take Amount nanoseconds more
	FaultDuplicate                            // this rate of datagrams arrives twice
	FaultReorder                              // this rate of datagrams is overtaken by later ones
	FaultCorrupt                              // this rate of datagrams has some bits flipped
	FaultThrottle                             // links carry at most Amount bytes per second
	FaultReset                                // the streams between Hosts and Peers break, at once

	// Faults of hosts act on each of Hosts.

	FaultPause    // stops, and goes on later as if nothing had been
	FaultCrash    // loses power: process, unsynced bytes, streams and timers are gone; starts again at the end
	FaultKill     // the process alone dies, and its disk loses nothing; starts again at the end
	FaultWipe     // crashes, and finds an empty disk when it starts again at the end
	FaultRestart  // starts now, if it is down for whatever reason
	FaultSlow     // handling an event takes Amount nanoseconds more
	FaultDrift    // the monotonic clock gains Amount parts per million
	FaultWallJump // the wall clock jumps by Amount nanoseconds, and back at the end

	// Faults of the disks of Hosts.

	FaultDiskFull       // nothing more can be written
	FaultDiskSlow       // a sync takes Amount nanoseconds more
	FaultDiskReadError  // this rate of reads fails
	FaultDiskWriteError // this rate of writes and syncs fails
	FaultDiskLyingSync  // syncs succeed and make nothing durable
	FaultDiskBitRot     // Amount bits of synced bytes flip, at once

	faultKinds = iota
)

// A Fault is one thing that goes wrong for a while. It is data: it is drawn before the run, printed, saved, edited and shrunk.
type Fault struct {
	At     time.Duration // when it begins, in virtual time
	For    time.Duration // how long it lasts; 0: until the world is healed. Without meaning for what happens at once
	Kind   FaultKind
	Hosts  []string // names, as given to AddHost
	Peers  []string // network faults: the other side; none: every host that is not among Hosts
	Amount int64    // how much, in the unit of the kind
}

func (f Fault) String() string { return fmt.Sprint(f.Kind) }

// An Input is something that the outside world asks of a host, such as an operation of a client: an EventInput with these
// arguments. A host that is down never gets it.
type Input struct {
	At   time.Duration // virtual time
	Host string
	Args []string
}

// A Plan is all that is decided about a run before it begins.
type Plan struct {
	Faults []Fault
	Inputs []Input
}
