package disksim

import "github.com/ember-cluster/ember/core/random"

// sectorSize is the size in bytes of what the disk writes as one.
const sectorSize = 512

// A node is a file's content, apart from its name.
type node struct {
	visible []byte
	// durable is what a crash leaves at least.
	//
	// Invariant: without failed syncs, unsynced applied to durable gives visible.
	durable []byte
	// unsynced are the operations since the last Sync, in order.
	unsynced []write
}

// A write is an operation on a file's bytes. Data are put at the offset if there are any; else the file is cut to the
// offset, or lengthened to it with zeros.
type write struct {
	order  uint64
	kind   writeKind
	offset int64
	data   []byte
}

type writeKind uint8

const (
	put writeKind = iota
	cut
	lengthen
)

// units returns how many states a crash can leave the write in, besides not done at all.
func (w write) units() int {
	if w.kind == put {
		return len(w.data)
	}
	return 1
}

// apply returns the content after the write was done, all of it or if it puts bytes the first n.
func (w write) apply(content []byte, n int) []byte {
	switch w.kind {
	case cut:
		return content[:min(w.offset, int64(len(content)))]
	case lengthen:
		return zeroTo(content, w.offset)
	}
	content = zeroTo(content, w.offset)
	kept := copy(content[w.offset:], w.data[:n])
	return append(content, w.data[kept:n]...)
}

// zeroTo returns the content lengthened with zeros to at least the size.
func zeroTo(content []byte, size int64) []byte {
	if missing := size - int64(len(content)); missing > 0 {
		content = append(content, make([]byte, missing)...)
	}
	return content
}

// scatter returns the content after a part of the write was done: of bytes put each sector by itself.
func (w write) scatter(content []byte, chance *random.Stream) []byte {
	if w.kind != put {
		if chance.Chance(random.Million / 2) {
			return w.apply(content, 0)
		}
		return content
	}
	for from := 0; from < len(w.data); {
		at := w.offset + int64(from)
		to := min(len(w.data), from+int(sectorSize-at%sectorSize))
		part := write{kind: put, offset: at, data: w.data[from:to]}
		switch draw := chance.IntN(16); {
		case draw == 0: // the sector was being written
			garbage := make([]byte, to-from)
			chance.Fill(garbage)
			part.data = garbage
			fallthrough
		case draw < 9:
			content = part.apply(content, len(part.data))
		}
		from = to
	}
	return content
}

// sync makes all unsynced writes durable.
func (n *node) sync() {
	for _, w := range n.unsynced {
		n.durable = w.apply(n.durable, w.units())
	}
	n.unsynced = nil
}

// lose makes a part of the unsynced writes durable and forgets the rest.
func (n *node) lose(chance *random.Stream) {
	for _, w := range n.unsynced {
		n.durable = w.scatter(n.durable, chance)
	}
	n.unsynced = nil
}
