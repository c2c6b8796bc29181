package command

import (
	"encoding/binary"
	"fmt"
)

// index finds the rows of commands by name. It is read for every command that arrives, so it is a table of its own: a Go map
// would hash the whole name, in its one letter case.
//
// The place of a name depends on its length and on its first letters, without regard to case; rows whose places meet lie
// behind each other.
type index struct {
	// places has a length that is a power of two, and is at most a quarter full.
	places []*Row
	shift  uint
}

// newIndex returns the index of rows with different names.
func newIndex(rows []*Row) index {
	bits := uint(4)
	for 1<<bits < 4*len(rows) {
		bits++
	}
	x := index{places: make([]*Row, 1<<bits), shift: 64 - bits}
	for _, row := range rows {
		at := x.home([]byte(row.Name))
		for ; x.places[at] != nil; at = x.after(at) {
			if x.places[at].Name == row.Name {
				panic(fmt.Sprintf("command: there are two rows %q", row.Name))
			}
		}
		x.places[at] = row
	}
	return x
}

// find returns the row of a name in any letter case, or nil.
func (x *index) find(name []byte) *Row {
	for at := x.home(name); x.places[at] != nil; at = x.after(at) {
		if isWord(name, x.places[at].Name) {
			return x.places[at]
		}
	}
	return nil
}

func (x *index) after(at int) int { return (at + 1) & (len(x.places) - 1) }

// home returns the place at which the search for a name begins.
func (x *index) home(name []byte) int {
	const (
		lowerCase  = 0x2020_2020_2020_2020 // the bit in which the cases of a letter differ, in each byte
		multiplier = 0x9e37_79b9_7f4a_7c15 // spreads the low bits over the high ones (Knuth, TAOCP 6.4)
	)
	var word uint64
	switch n := len(name); {
	case n >= 8:
		word = binary.LittleEndian.Uint64(name)
	case n >= 4: // two halves that overlap in the middle
		word = uint64(binary.LittleEndian.Uint32(name)) | uint64(binary.LittleEndian.Uint32(name[n-4:]))<<32
	default:
		for i, b := range name {
			word |= uint64(b) << (8 * i)
		}
	}
	return int(((word | lowerCase) + uint64(len(name))) * multiplier >> x.shift)
}
