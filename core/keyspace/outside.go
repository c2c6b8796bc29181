package keyspace

// outsideParts is what of an entry does not lie in its block: it would waste the arena, and to move it would take too long
// for a step. Collections will be further fields of it.
type outsideParts struct {
	// key is nil if the key is in the block, value if the value is.
	key, value []byte
}

// outsideTable numbers the entries with parts outside, so that blocks hold numbers and no pointers.
type outsideTable struct {
	parts pages[outsideParts]
	// free are numbers to be used again.
	free pages[uint32]
	// bytes is the memory of all keys and values here.
	bytes int64
}

func (o *outsideTable) at(index uint32) *outsideParts { return o.parts.at(int(index)) }

// add returns the number of new parts.
func (o *outsideTable) add() uint32 {
	if n := o.free.length; n > 0 {
		index := *o.free.at(n - 1)
		o.free.pop()
		return index
	}
	o.parts.push(outsideParts{})
	return uint32(o.parts.length - 1)
}

// release forgets parts.
func (o *outsideTable) release(index uint32) {
	p := o.at(index)
	o.bytes -= p.memory()
	*p = outsideParts{}
	o.free.push(index)
}

// memory returns the bytes that the table and what it holds take.
func (o *outsideTable) memory() int64 {
	return o.bytes + int64(o.parts.room)*outsidePartsBytes + int64(o.free.room)*4
}

func (p *outsideParts) memory() int64 { return int64(cap(p.key) + cap(p.value)) }

// length returns the bytes of content.
func (p *outsideParts) length() int64 { return int64(len(p.key) + len(p.value)) }

func (o *outsideTable) setKey(index uint32, key []byte) {
	p := o.at(index)
	o.bytes -= p.memory()
	p.key = append([]byte(nil), key...)
	o.bytes += p.memory()
}

// setValue copies a value. The old buffer is kept unless it would be mostly empty.
func (o *outsideTable) setValue(index uint32, value []byte) {
	p := o.at(index)
	o.bytes -= p.memory()
	if n := len(value); cap(p.value) < n || cap(p.value) > 2*n {
		p.value = make([]byte, 0, n)
	}
	p.value = append(p.value[:0], value...)
	o.bytes += p.memory()
}

// dropValue forgets a value that is in the block from now on.
func (o *outsideTable) dropValue(index uint32) {
	p := o.at(index)
	o.bytes -= int64(cap(p.value))
	p.value = nil
}

// appendValue extends a value by two texts.
func (o *outsideTable) appendValue(index uint32, first, second []byte) {
	p := o.at(index)
	o.bytes -= p.memory()
	p.value = append(append(p.value, first...), second...)
	o.bytes += p.memory()
}
