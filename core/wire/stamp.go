package wire

import "encoding/binary"

// stampSize is the size of a stamp's binary form: its fields in their order, 8 bytes each.
const stampSize = 3 * 8

// Stamp names one configuration of a cluster: a generation and a version have one content, and the hash is that content's. Two nodes
// with equal stamps have equal configurations.
type Stamp struct{ Generation, Version, Hash uint64 }

// Newer reports whether a configuration is newer than another, by generation and then by version.
func (a Stamp) Newer(b Stamp) bool {
	return a.Generation > b.Generation || a.Generation == b.Generation && a.Version > b.Version
}

// Append appends the stamp's binary form.
func (a Stamp) Append(dst []byte) []byte {
	return AppendUint64(AppendUint64(AppendUint64(dst, a.Generation), a.Version), a.Hash)
}

// stampAt reads what Append wrote, of which there is enough.
func stampAt(data []byte) Stamp {
	return Stamp{
		Generation: binary.BigEndian.Uint64(data), Version: binary.BigEndian.Uint64(data[8:]), Hash: binary.BigEndian.Uint64(data[16:]),
	}
}

// Stamp reads a stamp.
func (r *Reader) Stamp() Stamp {
	return Stamp{Generation: r.Uint64(), Version: r.Uint64(), Hash: r.Uint64()}
}
