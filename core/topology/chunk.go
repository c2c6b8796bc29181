package topology

import (
	"slices"

	"github.com/ember-cluster/ember/core/wire"
)

// An update can be larger than a message, so it goes in chunks, each with the stamp of what the update leads to:
//
//	generation, version, hash (8 each), total, offset (uvarints), bytes (the rest)
//
// The receiver asks for each by its offset. Whoever answers may be another node every time: equal stamps and bases give
// equal updates.

// MaxChunkOverhead is the most bytes of a chunk that are not the update's.
const MaxChunkOverhead = 3*8 + 5 + 5

// Chunk is a part of an update.
type Chunk struct {
	Stamp         Stamp
	Total, Offset int
	Data          []byte
}

// CutChunk returns the part of an update that begins at an offset and has at most size bytes of it.
func CutChunk(stamp Stamp, update []byte, offset, size int) Chunk {
	return Chunk{Stamp: stamp, Total: len(update), Offset: offset, Data: update[offset:min(len(update), offset+size)]}
}

// Append appends the chunk's binary form.
func (c Chunk) Append(dst []byte) []byte {
	dst = c.Stamp.Append(dst)
	dst = wire.AppendUvarint(dst, uint64(c.Total))
	dst = wire.AppendUvarint(dst, uint64(c.Offset))
	return append(dst, c.Data...)
}

// DecodeChunk reads what Append wrote. Its data aliases the argument. The error is a *wire.Error.
func DecodeChunk(data []byte) (Chunk, error) {
	r := wire.NewReader(data)
	c := Chunk{Stamp: r.Stamp()}
	total, offset := r.Uvarint(), r.Uvarint()
	if r.Err() == nil && (total == 0 || total > uint64(MaxUpdateBytes) || offset >= total || uint64(r.Len()) > total-offset || r.Len() == 0) {
		r.Fail(wire.Malformed)
	}
	c.Data = r.Bytes(r.Len())
	if err := r.Finish(); err != nil {
		return Chunk{}, err
	}
	c.Total, c.Offset = int(total), int(offset)
	return c, nil
}

// Assembly puts an update together out of its chunks. The zero value has none.
type Assembly struct {
	stamp Stamp
	total int
	data  []byte
}

// Add takes a chunk. One that does not come next is passed over: of another update, unless it is that one's first, or with
// another offset than Want. It returns the update once it is whole, and forgets it.
func (a *Assembly) Add(c Chunk) (update []byte, whole bool) {
	if c.Offset == 0 && (c.Stamp != a.stamp || c.Total != a.total) {
		*a = Assembly{stamp: c.Stamp, total: c.Total}
	}
	if c.Stamp != a.stamp || c.Total != a.total || c.Offset != len(a.data) || len(c.Data) > a.total-len(a.data) {
		return nil, false
	}
	a.data = append(a.data, c.Data...)
	if len(a.data) < a.total {
		return nil, false
	}
	update = slices.Clip(a.data)
	*a = Assembly{}
	return update, true
}

// Want returns which update is on its way, and the offset to ask for next; false if none is.
func (a *Assembly) Want() (Stamp, int, bool) { return a.stamp, len(a.data), a.total > 0 }
