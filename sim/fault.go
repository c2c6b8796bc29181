package sim

import (
	"fmt"
	"time"
)

// FaultKind names a way in which the world goes wrong.
type FaultKind uint8

const (
	// Faults of the network act on the links between Hosts and Peers, both ways unless said otherwise. No Peers
	// stands for all hosts that are not among Hosts.

	FaultPartition       FaultKind = iota + 1 // nothing passes
	FaultPartitionOneWay                      // nothing passes from Hosts to Peers
	FaultClog                                 // what arrives is held until the end of the fault
	FaultLoss                                 // Amount parts per million of packets are lost
	FaultDelay                                // packets take Amount nanoseconds more
	FaultDuplicate                            // Amount parts per million of datagrams arrive twice
	FaultReorder                              // Amount parts per million of datagrams are overtaken by later ones
	FaultCorrupt                              // Amount parts per million of datagrams have some bits flipped
	FaultThrottle                             // links carry at most Amount bytes per second
	FaultReset                                // streams break, at once

	// Faults of machines act on each of Hosts.

	FaultPause    // the host stops, and goes on at the end as if nothing had been; what arrives waits
	FaultCrash    // it loses power: process, unsynced bytes, streams and timers are gone; it starts at the end
	FaultKill     // its process dies, and the disk loses nothing; it starts at the end
	FaultWipe     // it crashes, and finds an empty disk when it starts at the end
	FaultUpgrade  // its process dies, and it starts at the end as release Amount of its program; see Host.Release
	FaultRestart  // it starts, at once, if it is down for whatever reason
	FaultSlow     // handling an event takes Amount nanoseconds more
	FaultDrift    // its monotonic clock gains Amount parts per million
	FaultWallJump // its wall clock jumps by Amount nanoseconds, and back at the end

	// Faults of disks act on each of Hosts.

	FaultDiskFull       // nothing more can be written
	FaultDiskSlow       // syncs take Amount times as long
	FaultDiskReadError  // Amount parts per million of reads fail
	FaultDiskWriteError // Amount parts per million of writes fail
	FaultDiskSyncError  // Amount parts per million of syncs fail
	FaultDiskLyingSync  // Amount parts per million of syncs of files succeed and make nothing durable
	FaultDiskBitRot     // Amount bits of what is durable flip, at once

	faultKinds = iota + 1
)

// amountUnit is what the Amount of a kind is measured in.
type amountUnit uint8

const (
	unitNone     amountUnit = iota // Amount is 0
	unitRate                       // parts per million, "50000ppm"
	unitDrift                      // the same, and may be negative
	unitDuration                   // nanoseconds, "20ms"
	unitJump                       // the same, and may be negative
	unitSpeed                      // bytes per second, "1000B/s"
	unitTimes                      // a number, "3x"
	unitRelease                    // the number of a release, "3"
)

// faultTraits is what the kinds have in common or not. Everything else about a kind is in World.beginFault.
var faultTraits = [faultKinds]struct {
	name    string
	unit    amountUnit
	network bool // acts on links
	instant bool // happens at once, and For has no meaning
	down    bool // the host is down until the end
}{
	FaultPartition:       {name: "partition", network: true},
	FaultPartitionOneWay: {name: "partition-one-way", network: true},
	FaultClog:            {name: "clog", network: true},
	FaultLoss:            {name: "loss", unit: unitRate, network: true},
	FaultDelay:           {name: "delay", unit: unitDuration, network: true},
	FaultDuplicate:       {name: "duplicate", unit: unitRate, network: true},
	FaultReorder:         {name: "reorder", unit: unitRate, network: true},
	FaultCorrupt:         {name: "corrupt", unit: unitRate, network: true},
	FaultThrottle:        {name: "throttle", unit: unitSpeed, network: true},
	FaultReset:           {name: "reset", network: true, instant: true},
	FaultPause:           {name: "pause"},
	FaultCrash:           {name: "crash", down: true},
	FaultKill:            {name: "kill", down: true},
	FaultWipe:            {name: "wipe", down: true},
	FaultUpgrade:         {name: "upgrade", unit: unitRelease, down: true},
	FaultRestart:         {name: "restart", instant: true},
	FaultSlow:            {name: "slow", unit: unitDuration},
	FaultDrift:           {name: "clock-drift", unit: unitDrift},
	FaultWallJump:        {name: "wall-jump", unit: unitJump},
	FaultDiskFull:        {name: "disk-full"},
	FaultDiskSlow:        {name: "disk-slow", unit: unitTimes},
	FaultDiskReadError:   {name: "disk-read-error", unit: unitRate},
	FaultDiskWriteError:  {name: "disk-write-error", unit: unitRate},
	FaultDiskSyncError:   {name: "disk-sync-error", unit: unitRate},
	FaultDiskLyingSync:   {name: "disk-lying-sync", unit: unitRate},
	FaultDiskBitRot:      {name: "disk-bit-rot", unit: unitTimes, instant: true},
}

// String returns the name that plans use.
func (k FaultKind) String() string {
	if k == 0 || int(k) >= faultKinds {
		return fmt.Sprintf("fault-%d", uint8(k))
	}
	return faultTraits[k].name
}

// ParseFaultKind returns the kind of that name.
func ParseFaultKind(name string) (FaultKind, error) {
	for kind := FaultKind(1); kind < faultKinds; kind++ {
		if faultTraits[kind].name == name {
			return kind, nil
		}
	}
	return 0, fmt.Errorf("sim: there is no kind of fault %q", name)
}

// FaultKinds returns all kinds.
func FaultKinds() []FaultKind {
	kinds := make([]FaultKind, 0, faultKinds-1)
	for kind := FaultKind(1); kind < faultKinds; kind++ {
		kinds = append(kinds, kind)
	}
	return kinds
}

// Network reports whether faults of this kind act on links between hosts.
func (k FaultKind) Network() bool { return k < faultKinds && faultTraits[k].network }

// Instant reports whether faults of this kind happen at once, so that For has no meaning.
func (k FaultKind) Instant() bool { return k < faultKinds && faultTraits[k].instant }

// Down reports whether faults of this kind keep hosts down until they end.
func (k FaultKind) Down() bool { return k < faultKinds && faultTraits[k].down }

// Chance reports whether the amount of faults of this kind is a chance, in parts per million.
func (k FaultKind) Chance() bool { return k < faultKinds && faultTraits[k].unit == unitRate }

// A Fault is one thing that goes wrong for a while. It is data: drawn before the run, printed, saved, edited, shrunk.
//
// Faults that overlap add up: a host is paused while any fault pauses it, rates, delays and factors are summed.
type Fault struct {
	At     time.Duration // when it begins, in virtual time
	For    time.Duration // how long it lasts. 0: until the world is healed
	Kind   FaultKind
	Hosts  []string // at least one name
	Peers  []string // faults of the network: the other side. None: every host that is not among Hosts
	Amount int64    // how much, as the kind says
}

// Check returns what is wrong with the fault, nil if it can be applied, provided that the hosts exist.
func (f Fault) Check() error {
	if f.Kind == 0 || int(f.Kind) >= faultKinds {
		return fmt.Errorf("sim: there is no kind of fault %d", f.Kind)
	}
	if f.At < 0 || f.For < 0 {
		return fmt.Errorf("sim: fault %v begins or ends before time", f.Kind)
	}
	if len(f.Hosts) == 0 {
		return fmt.Errorf("sim: fault %v names no host", f.Kind)
	}
	if len(f.Peers) > 0 && !f.Kind.Network() {
		return fmt.Errorf("sim: fault %v has no peers", f.Kind)
	}
	for _, names := range [][]string{f.Hosts, f.Peers} {
		for _, name := range names {
			if !validName(name) {
				return fmt.Errorf("sim: %q cannot be the name of a host", name)
			}
		}
	}
	return f.checkAmount()
}

// Bounds of amounts. They keep sums of many faults within 64 bits.
const (
	maxDelay = int64(24 * time.Hour)
	maxJump  = int64(1) << 58 // nanoseconds by which a wall clock jumps: nine years
	maxSpeed = int64(1) << 40 // bytes per second
	maxTimes = 1000
)

func (f Fault) checkAmount() error {
	low, high := int64(1), maxSpeed
	switch faultTraits[f.Kind].unit {
	case unitNone:
		low, high = 0, 0
	case unitRate:
		high = million
	case unitDrift:
		low, high = -driftLimit, driftLimit
	case unitDuration:
		high = maxDelay
	case unitJump:
		low, high = -maxJump, maxJump
	case unitTimes:
		high = maxTimes
	case unitRelease:
		low = 0
	}
	if f.Amount < low || f.Amount > high {
		return fmt.Errorf("sim: the amount of fault %v is %d, it must be from %d to %d", f.Kind, f.Amount, low, high)
	}
	return nil
}
