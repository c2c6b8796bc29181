package keyspace

import (
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

// overwrite applies an Overwrite: it first makes the string long enough, with zeros in a gap, and then writes in place.
// The result stays a text even if it spells a number, as with extend.
func (s *Space) overwrite(e *Effect) {
	offset := int(e.Offset)
	var old Value
	_, p, found := s.find(e.Slot, e.Key)
	if found {
		old = s.store.value(*p.reference())
	}
	if end := offset + len(e.Value); !found || old.isInteger() || end > old.Len() {
		tail := make([]byte, max(end-old.Len(), 0))
		s.extend(&Effect{Kind: Append, Slot: e.Slot, Key: e.Key, Value: tail})
		s.window.foundKey = 0
		_, p, _ = s.find(e.Slot, e.Key)
	} else {
		s.recordUse(*p.reference())
	}
	copy(s.store.value(*p.reference()).text()[offset:], e.Value)
}
