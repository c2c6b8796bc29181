// Package slots counts with more than 32 bits.
package slots

import "math"

const capacity int = 1 << 40 // want platform

const capacityBytes int64 = 1 << 40

const longest int = math.MaxInt - 2

const longestBytes int64 = math.MaxInt64
