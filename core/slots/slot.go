package slots

import (
	"bytes"
	"strconv"
)

// Slot is the number of a hash slot, in [0, Count).
type Slot uint16

// Count is the number of hash slots of a cluster.
const Count = 16384

// A mask replaces the division of the specification.
const _ = -uint(Count & (Count - 1)) // fails to compile unless Count is a power of two

// Of returns the slot of a key.
func Of(key []byte) Slot {
	return Slot(CRC16(HashTag(key)) & (Count - 1))
}

// HashTag returns the part of key that decides its slot: what stands between the first '{' and the first '}' behind
// it, or the whole key if there is no such pair or nothing between the two. The result aliases key.
func HashTag(key []byte) []byte {
	open := bytes.IndexByte(key, '{')
	if open < 0 {
		return key
	}
	tag := key[open+1:]
	// An empty or unclosed first tag ends the search: a later pair of braces does not count.
	if length := bytes.IndexByte(tag, '}'); length > 0 {
		return tag[:length]
	}
	return key
}

// Valid reports whether s is a slot of a cluster, not a number beyond.
func (s Slot) Valid() bool { return s < Count }

// String returns the slot's decimal number.
func (s Slot) String() string { return strconv.Itoa(int(s)) }
