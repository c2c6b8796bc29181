package disksim

import (
	"errors"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// ErrFault is the cause of every failure that a switch of Faults has brought about, except a full disk's.
var ErrFault = errors.New("input/output error")

// Faults says what goes wrong at a disk. The zero value is a disk without faults. Rates are parts of random.Million.
type Faults struct {
	// LyingSyncs is the rate of syncs that report success and make nothing durable. A later honest Sync does.
	LyingSyncs int
	// SyncErrors is the rate of syncs that fail. Of the unsynced writes to a file any part is durable then, and the
	// rest never will be, although it stays visible until a crash and the next Sync succeeds.
	SyncErrors int
	// ReadErrors is the rate of reads that fail.
	ReadErrors int
	// WriteErrors is the rate of appends that fail, having written a part, and of directory operations that fail.
	WriteErrors int
	// Capacity is the size in bytes at which the disk is full, 0 for no limit. What is there already stays.
	Capacity int64
	// Slow multiplies Latency, if it is more than 1.
	Slow int
}

// Timing is what Latency draws from.
type Timing struct {
	// Minimum is the shortest time that a sync takes, Mean the mean of what comes on top of it, which is distributed
	// exponentially.
	Minimum, Mean time.Duration
}

// DefaultTiming is about that of a datacentre's NVMe drive.
var DefaultTiming = Timing{Minimum: 100 * time.Microsecond, Mean: 150 * time.Microsecond}

// SetFaults changes what goes wrong from now on.
func (d *Disk) SetFaults(f Faults) {
	d.faults = f
}

// Faults returns what goes wrong now.
func (d *Disk) Faults() Faults {
	return d.faults
}

// Latency draws how long a sync that begins now takes. The disk itself takes no time: whoever drives it lets this
// much of his own time go by before he calls Sync.
func (d *Disk) Latency() time.Duration {
	latency := d.timing.Minimum + d.latencies.draw().Exponential(d.timing.Mean)
	return latency * time.Duration(max(d.faults.Slow, 1))
}

// fails draws whether an operation with the given rate of failure fails.
func (d *Disk) fails(rate int) bool {
	return rate > 0 && d.failures.draw().Chance(rate)
}

// Flip inverts the bits of mask in one stored byte of the file, which must be synced: damage done by the medium. It
// reports false if there is no such byte.
func (d *Disk) Flip(name string, offset int64, mask byte) bool {
	n := d.visible.find(name)
	if n == nil || offset < 0 || offset >= int64(len(n.durable)) {
		return false
	}
	n.durable[offset] ^= mask
	if offset < int64(len(n.visible)) {
		n.visible[offset] ^= mask
	}
	return true
}

// Rot inverts one bit somewhere in the durable bytes of the disk, each one equally likely, and returns where. It
// reports false if nothing is durable.
func (d *Disk) Rot() (name string, offset int64, ok bool) {
	var total int64
	for _, e := range d.visible {
		total += int64(len(e.node.durable))
	}
	if total == 0 {
		return "", 0, false
	}
	at := int64(d.failures.draw().Uint64N(uint64(total)))
	for _, e := range d.visible {
		if size := int64(len(e.node.durable)); at >= size {
			at -= size
			continue
		}
		return e.name, at, d.Flip(e.name, at, 1<<d.failures.draw().IntN(8))
	}
	panic("disksim: the files' sizes do not add up")
}

// streams are the disk's sources of chance, one for each use, so that one more draw of the one moves no other.
type streams struct {
	crashes, failures, latencies chances
}

func newStreams(source *random.Stream) streams {
	one := func() chances { return chances{stream: *random.New(source.Uint64())} }
	return streams{crashes: one(), failures: one(), latencies: one()}
}

// chances are a source of chance: one stream for all time, or one for each instant if there is a clock.
type chances struct {
	stream  random.Stream
	moments random.Moments
	now     func() time.Duration
}

func (c *chances) draw() *random.Stream {
	if c.now != nil {
		return c.moments.At(c.now())
	}
	return &c.stream
}
