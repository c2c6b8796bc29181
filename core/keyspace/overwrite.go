package keyspace

import (
	"slices"
	"strconv"

	"github.com/ember-cluster/ember/core/wire"
)

// Overwrite exists beside Set so that one bit of a string of 512 MiB can change without the log, and all who read it,
// taking 512 MiB for that.

// decodeOffset reads the offset of an Overwrite whose value has the given length. What would make a string that is too
// long is refused here, so that Apply never has to make room for it.
func decodeOffset(reader *wire.Reader, length int) uint32 {
	offset := reader.Uvarint()
	if offset > uint64(MaxStringLength-length) {
		reader.Fail(wire.TooLarge)
		return 0
	}
	return uint32(offset)
}

// overwrite applies an Overwrite.
func (s *Space) overwrite(e *Effect) {
	r := s.obtain(e.Slot, e.Key)
	before := r.footprint()
	r.content.overwrite(int(e.Offset), e.Value)
	s.bytes += r.footprint() - before
}

// overwrite puts value over the bytes from offset on. The result stays bytes even if it spells a number, as with extend.
func (c *content) overwrite(offset int, value []byte) {
	if c.integer {
		*c = content{bytes: strconv.AppendInt(nil, c.number, 10)}
	}
	if end := offset + len(value); end > len(c.bytes) {
		old := len(c.bytes)
		c.bytes = slices.Grow(c.bytes, end-old)[:end]
		clear(c.bytes[old:]) // the buffer may have held another value before
	}
	copy(c.bytes[offset:], value)
}
