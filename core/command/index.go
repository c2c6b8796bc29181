package command

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// index finds the rows of commands by name. It is read for every command that arrives, so it is a table of its own: a Go map
// would hash the whole name, in its one letter case.
//
// The place of a name depends on its length and on its first letters, without regard to case; entries whose places meet lie
// behind each other.
type index struct {
	// places has a length that is a power of two, and is at most a quarter full.
	places []indexEntry
	shift  uint
}

// indexEntry is a row with its name as packName packs it.
type indexEntry struct {
	packed uint64
	row    *Row // nil: the place is free
	// whole says that packed says all of the name: up to eight letters. In a letter, setting the bit of lower case maps
	// nothing but its own two cases to it.
	whole bool
}

// newIndex returns the index of rows with different names.
func newIndex(rows []*Row) index {
	bits := uint(4)
	for 1<<bits < 4*len(rows) {
		bits++
	}
	x := index{places: make([]indexEntry, 1<<bits), shift: 64 - bits}
	for _, row := range rows {
		packed := packName([]byte(row.Name))
		at := x.home(packed)
		for ; x.places[at].row != nil; at = x.after(at) {
			if x.places[at].row.Name == row.Name {
				panic(fmt.Sprintf("command: there are two rows %q", row.Name))
			}
		}
		x.places[at] = indexEntry{packed: packed, row: row, whole: len(row.Name) <= 8 && isLetters(row.Name)}
	}
	return x
}

func isLetters(name string) bool {
	return strings.IndexFunc(name, func(c rune) bool { return c < 'a' || c > 'z' }) < 0
}

// find returns the row of a name in any letter case, or nil.
func (x *index) find(name []byte) *Row {
	packed := packName(name)
	for at := x.home(packed); x.places[at].row != nil; at = x.after(at) {
		e := &x.places[at]
		if e.packed == packed && len(e.row.Name) == len(name) && (e.whole || isWord(name, e.row.Name)) {
			return e.row
		}
	}
	return nil
}

func (x *index) after(at int) int { return (at + 1) & (len(x.places) - 1) }

// home returns the place at which the search for a name begins (multiplicative hashing, Knuth, TAOCP 6.4).
func (x *index) home(packed uint64) int {
	const multiplier = 0x9e37_79b9_7f4a_7c15
	return int(packed * multiplier >> x.shift)
}

// packName packs up to eight bytes of a name into a word, letters in lower case.
func packName(name []byte) uint64 {
	const lowerCase = 0x2020_2020_2020_2020 // the bit in which the cases of a letter differ, in each byte
	switch n := len(name); {
	case n >= 8:
		return binary.LittleEndian.Uint64(name) | lowerCase
	case n >= 4: // two halves that overlap in the middle
		return uint64(binary.LittleEndian.Uint32(name)) | uint64(binary.LittleEndian.Uint32(name[n-4:]))<<32 | lowerCase
	case n == 3:
		return uint64(name[0]) | uint64(name[1])<<8 | uint64(name[2])<<16 | lowerCase
	case n == 0:
		return lowerCase
	default: // one byte or two
		return uint64(name[0]) | uint64(name[n-1])<<8 | lowerCase
	}
}
