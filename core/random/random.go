// Package random gives every part of Ember its own reproducible stream of pseudo-random numbers.
//
// A stream is named. Its numbers depend on the seed and on the name only, so a part that draws more or less than
// before does not move the numbers of any other part: "net/3→5", "disk/2" and "client/7" are independent. All
// arithmetic is on integers, so a stream is the same on every architecture.
//
// The generator is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018),
// its state filled by SplitMix64 as its authors recommend. It is not for cryptography.
package random

import (
	"math/bits"
	"time"
)

// Stream is one reproducible sequence. It is not safe for concurrent use.
type Stream struct {
	// Invariant: never all zero, the one state that xoshiro256** cannot leave.
	state [4]uint64
}

// New returns the stream of a bare seed. Streams of different seeds are unrelated.
func New(seed uint64) *Stream {
	s := &Stream{}
	s.restart(seed)
	return s
}

// restart makes the stream that of a bare seed.
func (s *Stream) restart(seed uint64) {
	// SplitMix64 gives each number once in its period, so that at most one of these is zero.
	s.state[0] = splitMix(&seed)
	s.state[1] = splitMix(&seed)
	s.state[2] = splitMix(&seed)
	s.state[3] = splitMix(&seed)
}

// Derive returns the stream that the seed gives to a name.
func Derive(seed uint64, name string) *Stream { return New(derive(seed, name)) }

// derive returns the seed of a name.
func derive(seed uint64, name string) uint64 {
	// FNV-1a of the name, folded into the seed through one SplitMix64 round so that
	// neighbouring seeds and similar names do not give related states.
	hash := uint64(0xcbf29ce484222325)
	for i := 0; i < len(name); i++ {
		hash = (hash ^ uint64(name[i])) * 0x100000001b3
	}
	return splitMix(&hash) ^ bits.RotateLeft64(splitMix(&seed), 32)
}

func splitMix(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// Uint64 returns the next 64 uniformly distributed bits.
func (s *Stream) Uint64() uint64 {
	state := &s.state
	result := bits.RotateLeft64(state[1]*5, 7) * 9
	shifted := state[1] << 17
	state[2] ^= state[0]
	state[3] ^= state[1]
	state[1] ^= state[2]
	state[0] ^= state[3]
	state[2] ^= shifted
	state[3] = bits.RotateLeft64(state[3], 45)
	return result
}

// Uint64N returns a uniform number in [0, n). It panics if n is 0.
//
// The method is Lemire's ("Fast random integer generation in an interval", 2019): exact, and it nearly never draws twice.
func (s *Stream) Uint64N(n uint64) uint64 {
	if n == 0 {
		panic("random: empty interval")
	}
	high, low := bits.Mul64(s.Uint64(), n)
	if low < n {
		for threshold := -n % n; low < threshold; {
			high, low = bits.Mul64(s.Uint64(), n)
		}
	}
	return high
}

// IntN returns a uniform number in [0, n). It panics if n is not positive.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("random: empty interval")
	}
	return int(s.Uint64N(uint64(n)))
}

// Between returns a uniform number in [low, high], both included. It panics if high < low.
func (s *Stream) Between(low, high int64) int64 {
	if high < low {
		panic("random: empty interval")
	}
	width := uint64(high-low) + 1
	if width == 0 { // the whole range of int64
		return int64(s.Uint64())
	}
	return low + int64(s.Uint64N(width))
}

// Duration returns a uniform duration in [low, high], both included.
func (s *Stream) Duration(low, high time.Duration) time.Duration {
	return time.Duration(s.Between(int64(low), int64(high)))
}

// Million is the whole in the unit of Chance: parts per million.
const Million = 1_000_000

// Chance reports true with a probability of perMillion parts in a million. It draws
// one number whatever the probability, so a rate can be changed without moving later draws.
func (s *Stream) Chance(perMillion int) bool {
	return s.Uint64N(Million) < uint64(max(perMillion, 0))
}

// Exponential returns an exponentially distributed duration of the given mean, at most about 44 times the mean.
func (s *Stream) Exponential(mean time.Duration) time.Duration {
	// -ln(u) = ln2 · (64 - log2(x)) for a uniform x in [1, 2^64), with log2 in 16.16 fixed point.
	minusLog2 := int64(64<<16) - log2(s.Uint64()|1)
	const ln2Fixed = 45426 // ln 2 · 2^16
	scale := uint64(minusLog2) * ln2Fixed >> 16
	high, low := bits.Mul64(uint64(mean), scale)
	return time.Duration(high<<48 | low>>16)
}

// log2Steps holds log2(1 + i/256) in 16.16 fixed point.
var log2Steps = func() (steps [257]int64) {
	for i := range steps {
		steps[i] = exactLog2(uint64(256+i)) - 8<<16
	}
	return steps
}()

// log2 returns log2(x) in 16.16 fixed point, between steps by a straight line: at most 2/2^16 off.
func log2(x uint64) int64 {
	exponent := bits.Len64(x) - 1
	mantissa := x << (63 - exponent) // its top bit is the 1 before the point
	step := mantissa >> 55 & 0xff
	rest := int64(mantissa >> 39 & 0xffff)
	low, high := log2Steps[step], log2Steps[step+1]
	return int64(exponent)<<16 + low + (high-low)*rest>>16
}

// exactLog2 returns log2(x) in 16.16 fixed point, rounded down, by repeated squaring of the mantissa.
func exactLog2(x uint64) int64 {
	exponent := bits.Len64(x) - 1
	mantissa := x << (63 - exponent) // in [2^63, 2^64): a number in [1, 2) times 2^63
	result := int64(exponent) << 16
	for bit := int64(1 << 15); bit > 0; bit >>= 1 {
		high, low := bits.Mul64(mantissa, mantissa)
		if high>>63 != 0 { // the square is in [2, 4)
			result |= bit
			mantissa = high
		} else {
			mantissa = high<<1 | low>>63
		}
	}
	return result
}

// Shuffle permutes n elements uniformly by calling swap (Fisher–Yates).
func (s *Stream) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, s.IntN(i+1))
	}
}

// Fill overwrites p with random bytes.
func (s *Stream) Fill(p []byte) {
	var word uint64
	for i := range p {
		if i%8 == 0 {
			word = s.Uint64()
		}
		p[i] = byte(word)
		word >>= 8
	}
}
