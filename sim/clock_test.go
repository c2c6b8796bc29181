package sim

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// naiveReading is the definition, in numbers of any size.
func naiveReading(c monotonicClock, world int64) *big.Int {
	reading := new(big.Int).Mul(big.NewInt(world-c.origin), big.NewInt(c.rate))
	reading.Div(reading, big.NewInt(million)) // rounds down
	return reading.Add(reading, big.NewInt(c.start))
}

func drawClock(t *rapid.T) (c monotonicClock, world int64) {
	world = rapid.Int64Range(0, 1<<55).Draw(t, "origin")
	reading := time.Duration(rapid.Int64Range(-1<<55, 1<<55).Draw(t, "start"))
	drift := rapid.Int64Range(-driftLimit, driftLimit)
	c = newMonotonicClock(world, reading, drift.Draw(t, "drift"))
	for range rapid.IntRange(0, 5).Draw(t, "changes") {
		before := c
		world += rapid.Int64Range(0, 1<<50).Draw(t, "later")
		c.setDrift(world, drift.Draw(t, "drift"))
		if c.read(world) != before.read(world) {
			t.Fatalf("a change of drift moved the reading from %d to %d", before.read(world), c.read(world))
		}
	}
	return c, world
}

func TestClockReadsAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, world := drawClock(t)
		world += rapid.Int64Range(0, 1<<60).Draw(t, "now")
		if got, want := c.read(world), naiveReading(c, world); big.NewInt(int64(got)).Cmp(want) != 0 {
			t.Fatalf("%+v at %d reads %d, want %v", c, world, got, want)
		}
		if c.read(world+1) < c.read(world) {
			t.Fatalf("%+v runs backwards at %d", c, world)
		}
	})
}

// worldTime is the earliest time at which the clock has got there.
func TestClockInverseIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawClock(t)
		reading := c.start + rapid.Int64Range(-1000, 1<<60).Draw(t, "ahead")
		world := c.worldTime(time.Duration(reading))
		if world < c.origin {
			t.Fatalf("%+v reads %d at %d, before its origin", c, reading, world)
		}
		if got := naiveReading(c, world); got.Cmp(big.NewInt(reading)) < 0 {
			t.Fatalf("%+v reads %v at %d, want at least %d", c, got, world, reading)
		}
		if world > c.origin && naiveReading(c, world-1).Cmp(big.NewInt(reading)) >= 0 {
			t.Fatalf("%+v reads %d earlier than at %d", c, reading, world)
		}
	})
}

func TestClockFarAway(t *testing.T) {
	c := newMonotonicClock(5, 0, -driftLimit)
	for _, reading := range []time.Duration{Never, Never - 1, Never / 2} {
		if got := c.worldTime(reading); got < math.MaxInt64-10 && reading != Never/2 || got < 0 {
			t.Errorf("a slow clock reads %d at %d", reading, got)
		}
	}
	fast := newMonotonicClock(math.MaxInt64-10, 0, 0)
	if got := fast.worldTime(11); got != math.MaxInt64 {
		t.Errorf("beyond the end of time: %d", got)
	}
	behind := newMonotonicClock(0, math.MinInt64/2, driftLimit)
	if got := behind.worldTime(math.MaxInt64 / 2); got != 6148914691236517205 {
		t.Errorf("across half of all readings: %d", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a clock that stands still is possible")
		}
	}()
	c.setDrift(10, -million)
}
