package sweep

import (
	"fmt"
	"strconv"
	"strings"
)

// Range is a range of seeds, both ends included.
type Range struct{ First, Last uint64 }

// maxCount bounds the seeds of a range; it would take a thousand machines years to pass it.
const maxCount = 1 << 40

// UnmarshalText reads A..B, or a single seed.
func (r *Range) UnmarshalText(text []byte) error {
	low, high, ranged := strings.Cut(string(text), "..")
	if !ranged {
		high = low
	}
	first, err := strconv.ParseUint(low, 10, 64)
	last, lastErr := strconv.ParseUint(high, 10, 64)
	if err != nil || lastErr != nil || last < first || last-first >= maxCount {
		return fmt.Errorf("%q is not a range of seeds such as 1..500", text)
	}
	r.First, r.Last = first, last
	return nil
}

// MarshalText writes A..B.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r Range) String() string { return fmt.Sprintf("%d..%d", r.First, r.Last) }

// Count returns the number of seeds in the range.
func (r Range) Count() uint64 { return r.Last - r.First + 1 }
