package sim

// backlog is a first-in first-out queue of items: a ring whose size is a power of two.
type backlog struct {
	ring  []item
	first int
	count int
}

func (b *backlog) len() int { return b.count }

func (b *backlog) push(it item) {
	if b.count == len(b.ring) {
		grown := make([]item, max(16, 2*len(b.ring)))
		n := copy(grown, b.ring[b.first:])
		copy(grown[n:], b.ring[:b.first])
		b.ring, b.first = grown, 0
	}
	b.ring[(b.first+b.count)&(len(b.ring)-1)] = it
	b.count++
}

// pop removes and returns the item that was pushed first. The backlog must not be empty.
func (b *backlog) pop() item {
	it := b.ring[b.first]
	b.first = (b.first + 1) & (len(b.ring) - 1)
	b.count--
	return it
}
