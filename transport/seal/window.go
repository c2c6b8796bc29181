package seal

const (
	windowWords = 33
	// windowSize is how far behind the newest number one may be and still be told from a repetition. One word more is
	// kept, so that the window moves by whole words.
	windowSize = 64 * (windowWords - 1)
)

// A window knows which numbers of a session were taken, by RFC 4303, section 3.4.3, in the form of RFC 6479.
type window struct {
	// next is one more than the greatest number taken, 0 if there is none.
	next uint64
	// bits has the numbers next-windowSize to next-1: number n at bit n%64 of word n/64, words in a ring.
	bits [windowWords]uint64
}

// isFresh reports whether a number has surely not been taken.
func (w *window) isFresh(number uint64) bool {
	switch {
	case number >= w.next:
		return true
	case w.next-number > windowSize:
		return false
	}
	return w.bits[number/64%windowWords]&(1<<(number%64)) == 0
}

// take notes a fresh number.
func (w *window) take(number uint64) {
	if number >= w.next {
		if w.next > 0 {
			w.clear((w.next-1)/64, number/64)
		}
		w.next = number + 1
	}
	w.bits[number/64%windowWords] |= 1 << (number % 64)
}

// clear empties the words after one up to another, counted from 0 for number 0.
func (w *window) clear(after, last uint64) {
	for i := range min(last-after, windowWords) {
		w.bits[(after+1+i)%windowWords] = 0
	}
}
