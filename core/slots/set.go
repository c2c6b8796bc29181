package slots

import (
	"fmt"
	"math/bits"
	"strings"
)

// Set is a set of slots: a bitmap of 2 KiB. The zero value is the empty set. It is a value: assignment copies it and
// == compares the contents. Methods that visit one slot take a pointer, so that a loop over slots does not copy the
// bitmap each time; those that read every word anyway take the value.
type Set struct {
	// words[s/64] has bit s%64 set if the slot s is in the set.
	words [Count / wordBits]uint64
}

const wordBits = 64

// Add puts slot into the set. It panics if slot is not Valid, as all methods do that change the set.
func (s *Set) Add(slot Slot) {
	word, bit := s.place(slot)
	*word |= bit
}

// Remove takes slot out of the set.
func (s *Set) Remove(slot Slot) {
	word, bit := s.place(slot)
	*word &^= bit
}

// place returns the word that holds slot, and slot's bit in it.
func (s *Set) place(slot Slot) (word *uint64, bit uint64) {
	if !slot.Valid() {
		panic(fmt.Sprintf("slots: slot %d is not within 0-%d", slot, Count-1))
	}
	return &s.words[slot/wordBits], 1 << (slot % wordBits)
}

// AddRange puts every slot of r into the set.
func (s *Set) AddRange(r Range) {
	s.eachWord(r, func(word *uint64, mask uint64) { *word |= mask })
}

// RemoveRange takes every slot of r out of the set.
func (s *Set) RemoveRange(r Range) {
	s.eachWord(r, func(word *uint64, mask uint64) { *word &^= mask })
}

// eachWord calls change with each word that r touches and the mask of r's bits in it.
func (s *Set) eachWord(r Range, change func(word *uint64, mask uint64)) {
	if !r.Valid() {
		panic(fmt.Sprintf("slots: range %d-%d is not within 0-%d", r.First, r.Last, Count-1))
	}
	firstWord, lastWord := r.First/wordBits, r.Last/wordBits
	for i := firstWord; i <= lastWord; i++ {
		mask := ^uint64(0)
		if i == firstWord {
			mask &= ^uint64(0) << (r.First % wordBits)
		}
		if i == lastWord {
			mask &= ^uint64(0) >> (wordBits - 1 - r.Last%wordBits)
		}
		change(&s.words[i], mask)
	}
}

// Contains reports whether slot is in the set. A slot that is not Valid is in no set.
func (s *Set) Contains(slot Slot) bool {
	return slot.Valid() && s.words[slot/wordBits]>>(slot%wordBits)&1 != 0
}

// Next returns the lowest slot of the set that is not below from, and false if there is none. All slots in order:
//
//	for slot, ok := set.Next(0); ok; slot, ok = set.Next(slot + 1) { … }
func (s *Set) Next(from Slot) (Slot, bool) {
	return s.scan(from, 0)
}

// nextAbsent returns the lowest slot that is not in the set and not below from.
func (s *Set) nextAbsent(from Slot) (Slot, bool) {
	return s.scan(from, ^uint64(0))
}

// scan returns the lowest slot from from on whose bit, after an XOR with flip, is set.
func (s *Set) scan(from Slot, flip uint64) (Slot, bool) {
	if !from.Valid() {
		return 0, false
	}
	visible := ^uint64(0) << (from % wordBits) // hides the slots below from, in the first word only
	for i := int(from / wordBits); i < len(s.words); i++ {
		if word := (s.words[i] ^ flip) & visible; word != 0 {
			return Slot(i*wordBits + bits.TrailingZeros64(word)), true
		}
		visible = ^uint64(0)
	}
	return 0, false
}

// Len returns the number of slots in the set.
func (s Set) Len() int {
	n := 0
	for _, word := range &s.words {
		n += bits.OnesCount64(word)
	}
	return n
}

// Empty reports whether the set has no slot.
func (s Set) Empty() bool { return s == Set{} }

// Union returns the slots that are in s, in other or in both.
func (s Set) Union(other Set) Set {
	for i := range s.words {
		s.words[i] |= other.words[i]
	}
	return s
}

// Intersect returns the slots that are in both sets.
func (s Set) Intersect(other Set) Set {
	for i := range s.words {
		s.words[i] &= other.words[i]
	}
	return s
}

// Subtract returns the slots of s that are not in other.
func (s Set) Subtract(other Set) Set {
	for i := range s.words {
		s.words[i] &^= other.words[i]
	}
	return s
}

// Overlaps reports whether the two sets have a slot in common.
func (s Set) Overlaps(other Set) bool {
	for i := range s.words {
		if s.words[i]&other.words[i] != 0 {
			return true
		}
	}
	return false
}

// Ranges returns the set as the fewest ranges, in ascending order; nil if it is empty.
func (s Set) Ranges() []Range {
	var ranges []Range
	for first, ok := s.Next(0); ok; {
		end, found := s.nextAbsent(first)
		if !found {
			end = Count
		}
		ranges = append(ranges, Range{First: first, Last: end - 1})
		first, ok = s.Next(end)
	}
	return ranges
}

// Append appends the set's ranges, separated by single spaces, as CLUSTER NODES shows them; nothing if it is empty.
func (s Set) Append(dst []byte) []byte {
	for i, r := range s.Ranges() {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = r.Append(dst)
	}
	return dst
}

// String returns the set's ranges, as in "0-5 7".
func (s Set) String() string { return string(s.Append(nil)) }

// ParseSet reads ranges that are separated by single spaces, in any order; the empty text is the empty set. A slot that
// is named twice is an error: where slots are written down by hand it is a slip. The error is a *ParseError.
func ParseSet(text string) (Set, error) {
	var set Set
	if text == "" {
		return set, nil
	}
	for word := range strings.SplitSeq(text, " ") {
		r, err := ParseRange(word)
		if err != nil {
			return Set{}, err
		}
		if taken, ok := set.Next(r.First); ok && taken <= r.Last {
			return Set{}, &ParseError{Text: word, Reason: "names slot " + taken.String() + " a second time"}
		}
		set.AddRange(r)
	}
	return set, nil
}
