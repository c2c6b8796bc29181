package gossip

import (
	"math"
	"testing"
)

func TestLogarithmsAgreeWithFloatingPoint(t *testing.T) {
	const unit = 1 << fractionBits
	for x := uint64(1); x < 1<<40; x += 1 + x/7 {
		if got, want := float64(log2Fixed(x))/unit, math.Log2(float64(x)); math.Abs(got-want) > 1e-8 {
			t.Errorf("log2(%d) = %v, want %v", x, got, want)
		}
	}
	for power := range 64 {
		if got := log2Fixed(1 << power); got != uint64(power)*unit {
			t.Errorf("log2(2^%d) = %#x", power, got)
		}
	}
	if got := math.Log2(10) * unit; math.Abs(got-log2Ten) > 1 {
		t.Errorf("log2(10) is %v, not %v", got, int64(log2Ten))
	}
}

func TestRoundedLogarithms(t *testing.T) {
	for _, c := range []struct {
		x          uint64
		ten, power int
	}{
		{1, 0, 0}, {2, 1, 1}, {3, 1, 2}, {4, 1, 2}, {5, 1, 3}, {9, 1, 4}, {10, 1, 4}, {11, 2, 4}, {100, 2, 7}, {101, 3, 7}, {129, 3, 8},
		{1000, 3, 10}, {1001, 4, 10}, {10_000_000_000_000_000_000, 19, 64}, {math.MaxUint64, 20, 64},
	} {
		if got := ceilLog10(c.x); got != c.ten {
			t.Errorf("⌈log10(%d)⌉ = %d, want %d", c.x, got, c.ten)
		}
		if got := ceilLog2(c.x); got != c.power {
			t.Errorf("⌈log2(%d)⌉ = %d, want %d", c.x, got, c.power)
		}
	}
}

func TestScaleDoesNotOverflow(t *testing.T) {
	if got := scale(1<<62, 1<<40, 1<<41); got != 1<<61 {
		t.Errorf("half of 2^62 is %d", got)
	}
}
