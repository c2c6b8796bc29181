package sim

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

// Never is the deadline of a process that waits for nothing.
const Never = time.Duration(math.MaxInt64)

// million is the whole in parts per million.
const million = 1_000_000

// driftLimit bounds a clock's drift, in parts per million: a clock never stands still nor runs backwards.
const driftLimit = million / 2

// monotonicClock is the clock that one host measures durations with: it runs at a rate of its own and never jumps.
//
// It is piecewise linear. Within the current piece, with w the world's time,
//
//	read(w) = start + floor((w - origin) · rate / 10⁶)
//
// A change of rate begins a new piece at the same reading, so readings never decrease. All arithmetic is on
// integers and exact, so that the same seed gives the same readings on every architecture.
type monotonicClock struct {
	origin int64 // world time at which the current piece began
	start  int64 // reading at that time
	// Invariant: million-driftLimit <= rate <= million+driftLimit.
	rate int64 // nanoseconds of this clock in a millisecond of the world: 10⁶ + drift
}

func newMonotonicClock(world int64, reading time.Duration, drift int64) monotonicClock {
	c := monotonicClock{origin: world, start: int64(reading), rate: million}
	c.setDrift(world, drift)
	return c
}

// read returns the clock's reading at a world time at or after the origin of the current piece.
func (c *monotonicClock) read(world int64) time.Duration {
	elapsed := world - c.origin
	if c.rate == million {
		return time.Duration(c.start + elapsed)
	}
	// floor(elapsed·rate/10⁶) in two parts, each of which fits in 64 bits.
	whole, rest := elapsed/million, elapsed%million
	return time.Duration(c.start + whole*c.rate + rest*c.rate/million)
}

// worldTime returns the earliest world time, not before the origin of the current piece, at which the clock
// reads at least the given instant. It is the exact inverse of read: one nanosecond earlier the clock reads less.
// Instants too far away to be represented are never.
func (c *monotonicClock) worldTime(reading time.Duration) int64 {
	if reading == Never {
		return math.MaxInt64
	}
	if int64(reading) <= c.start {
		return c.origin
	}
	if c.rate == million {
		if elapsed := int64(reading) - c.start; elapsed >= 0 && elapsed <= math.MaxInt64-c.origin {
			return c.origin + elapsed
		}
		return math.MaxInt64
	}
	// floor(e·rate/10⁶) >= d  ⇔  e >= ceil(d·10⁶/rate), for whole numbers.
	high, low := bits.Mul64(uint64(reading)-uint64(c.start), million)
	rate := uint64(c.rate)
	low, carry := bits.Add64(low, rate-1, 0)
	high += carry
	if high >= rate {
		return math.MaxInt64
	}
	elapsed, _ := bits.Div64(high, low, rate)
	if elapsed > uint64(math.MaxInt64-c.origin) {
		return math.MaxInt64
	}
	return c.origin + int64(elapsed)
}

// setDrift begins a new piece at the given world time, in which the clock gains drift parts per million.
func (c *monotonicClock) setDrift(world, drift int64) {
	if drift < -driftLimit || drift > driftLimit {
		panic(fmt.Sprintf("sim: a drift of %d parts per million is beyond ±%d", drift, driftLimit))
	}
	c.start = int64(c.read(world))
	c.origin = world
	c.rate = million + drift
}
