package linearizability

import (
	"math"
	"time"
)

// interval is the instants from low to high, both included.
type interval struct{ low, high time.Duration }

// plus returns the interval moved by a duration. It stays within what a duration can hold.
func (i interval) plus(d time.Duration) interval {
	return interval{saturatingAdd(i.low, d), saturatingAdd(i.high, d)}
}

// clockRounding is what a server's clock in whole milliseconds can be off from one that is exact.
const clockRounding = time.Millisecond

// readings returns what the clocks of the servers can show while an operation takes effect at an instant of i.
func (i interval) readings(maxClockError time.Duration) interval {
	slack := saturatingAdd(maxClockError, clockRounding)
	return interval{saturatingAdd(i.low, -slack), saturatingAdd(i.high, slack)}
}

// intersect returns what both have in common; false if that is nothing.
func (i interval) intersect(other interval) (interval, bool) {
	both := interval{max(i.low, other.low), min(i.high, other.high)}
	return both, both.low <= both.high
}

func saturatingAdd(a, b time.Duration) time.Duration {
	sum := a + b
	switch {
	case b > 0 && sum < a:
		return Never
	case b < 0 && sum > a:
		return math.MinInt64
	case a == Never: // what never happens does not happen a little earlier
		return Never
	}
	return sum
}

// milliseconds returns n milliseconds, or what a duration can hold of them.
func milliseconds(n int64) time.Duration {
	const limit = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(max(n, -limit), limit)) * time.Millisecond
}
