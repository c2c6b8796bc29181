package keyspace

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// Apply changes the data as the effect says. It is total: an effect on a key that is not there, other than Set,
// Append and Overwrite, changes nothing. The bytes of the effect are copied; keys and values lent before are no longer
// valid.
func (s *Space) Apply(e Effect) { s.ApplyLent(&e) }

// ApplyLent is Apply for callers that have the effect in memory already. It stays as it is.
func (s *Space) ApplyLent(e *Effect) {
	switch e.Kind {
	case Set:
		s.set(e)
	case Append:
		s.extend(e)
	case Overwrite:
		s.overwrite(e)
	case Delete:
		s.remove(e.Slot, e.Key)
	case ExpireAt:
		s.changeExpiry(e.Slot, e.Key, e.ExpireAt)
	case Persist:
		s.changeExpiry(e.Slot, e.Key, 0)
	case FlushSlot:
		s.flushSlot(e.Slot)
	case FlushAll:
		s.reset()
	default:
		panic(fmt.Sprintf("keyspace: effect of unknown kind %d", e.Kind))
	}
	s.upkeep()
	s.window.foundKey = 0
}

// set writes a key's value and expiry time. A value that is a number's decimal form is kept as the number.
func (s *Space) set(e *Effect) {
	n, isNumber := ParseInteger(e.Value)
	shape := func(h header) header {
		h = h.withExpiry(e.ExpireAt != 0)
		if isNumber {
			return h.withValue(number, numberBytes)
		}
		return h.withText(len(e.Value))
	}
	ref, settled := s.write(e.Slot, e.Key, shape, e.ExpireAt, false)
	if isNumber {
		b := s.store.arena.at(ref)
		b.setNumber(b.header(), n)
	} else {
		s.store.setText(ref, e.Value)
	}
	if !settled {
		s.account(e.Slot, s.store.footprint(ref))
	}
}

// extend appends to a key's value. The result stays a text even if it spells a number: what is appended to is likely to
// be again.
func (s *Space) extend(e *Effect) {
	var old Value
	if _, p, found := s.find(e.Slot, e.Key); found {
		old = s.store.value(*p.reference())
	}
	var scratch [MaxIntegerLength]byte
	var head []byte // what comes before the appended bytes and is not in its place already
	before := old.Len()
	if old.isInteger() || before <= maxInlineValue && before+len(e.Value) > maxInlineValue {
		head = append(scratch[:0], old.Bytes(&scratch)...)
	}
	shape := func(h header) header { return h.withText(before + len(e.Value)) }
	ref, settled := s.write(e.Slot, e.Key, shape, old.ExpireAt(), !old.isInteger())
	b := s.store.arena.at(ref)
	h := b.header()
	if h.encoding() == outside {
		s.store.outside.appendValue(b.index(h), head, e.Value)
	} else {
		value := b.inlineText(h)
		copy(value, head)
		copy(value[before:], e.Value)
	}
	if !settled {
		s.account(e.Slot, s.store.footprint(ref))
	}
}

// account adds to the footprints of a slot's entries.
func (s *Space) account(slot slots.Slot, bytes int64) {
	s.bytes += bytes
	s.tables[slot].bytes += bytes
}

// write finds or makes the entry of a key and gives it the header that shape makes of the one before. The caller writes
// the value and then, unless it is settled, accounts for the entry's footprint.
func (s *Space) write(slot slots.Slot, key []byte, shape func(header) header, expireAt int64, keep bool) (_ reference, settled bool) {
	hash, p, found := s.find(slot, key)
	if found {
		return s.reshape(slot, p.reference(), shape, expireAt, keep)
	}
	t := s.tables[slot]
	if t == nil {
		t = newTable()
		s.tables[slot] = t
		s.occupied.Add(slot)
		s.tableBytes += t.memory()
	}
	s.window.moved = true
	ref := s.store.create(shape(newHeader(key).withAccess(s.access.fresh)), key)
	if expireAt != 0 {
		s.expiry.add(expiryItem{at: expireAt, ref: ref, slot: slot})
		t.expiring++
	}
	s.tableBytes -= t.memory()
	t.insert(&s.store, hash, ref)
	s.tableBytes += t.memory()
	s.population.add(slot, 1)
	s.noteTable(slot, t)
	return ref, false
}

// reshape gives an entry another header and expiry time, and writes where it is now to at, the field of its table. It
// takes the entry's footprint off, for the caller to account for the new one; that is settled if nothing of the entry moves.
func (s *Space) reshape(
	slot slots.Slot, at *reference, shape func(header) header, expireAt int64, keep bool) (_ reference, settled bool) {
	ref := *at
	b := s.store.arena.at(ref)
	from := b.header()
	to := s.access.used(shape(from))
	before := b.expireAt(from)
	if to.sameShape(from) && !to.hasOutside() {
		b.setHeader(to)
		if to.ends() {
			s.expiry.reschedule(ref, before, expireAt)
		}
		return ref, true
	}
	s.account(slot, -s.store.footprint(ref))
	if from.ends() && !to.ends() {
		s.expiry.remove(b.due())
		s.tables[slot].expiring--
	}
	ref = s.store.reshape(ref, to, keep)
	*at = ref
	switch {
	case from.ends() && to.ends():
		s.expiry.items.at(s.store.arena.at(ref).due()).ref = ref
		s.expiry.reschedule(ref, before, expireAt)
	case to.ends():
		s.expiry.add(expiryItem{at: expireAt, ref: ref, slot: slot})
		s.tables[slot].expiring++
	}
	return ref, false
}

func (s *Space) remove(slot slots.Slot, key []byte) {
	hash, p, found := s.find(slot, key)
	if !found {
		return
	}
	s.window.moved = true
	ref := *p.reference()
	t := s.tables[slot]
	s.account(slot, -s.store.footprint(ref))
	if s.store.arena.at(ref).header().ends() {
		t.expiring--
	}
	s.tableBytes -= t.memory()
	t.remove(&s.store, hash, p)
	s.directory.note(slot, t)
	s.tableBytes += t.memory()
	s.population.add(slot, -1)
	s.forget(ref)
	if t.count == 0 {
		s.detach(slot)
	}
}

// forget frees an entry that is in no table any more.
func (s *Space) forget(ref reference) {
	b := s.store.arena.at(ref)
	if b.header().ends() {
		s.expiry.remove(b.due())
	}
	s.store.release(ref)
}

func (s *Space) changeExpiry(slot slots.Slot, key []byte, expireAt int64) {
	_, p, found := s.find(slot, key)
	if !found {
		return
	}
	shape := func(h header) header { return h.withExpiry(expireAt != 0) }
	if ref, settled := s.reshape(slot, p.reference(), shape, expireAt, true); !settled {
		s.account(slot, s.store.footprint(ref))
	}
}

// reset forgets all keys, but not what the hashes of expected keys are.
func (s *Space) reset() {
	s.window.moved = true
	clear(s.tables[:])
	s.directory = nil
	s.occupied = slots.Set{}
	s.store.reset()
	s.expiry = expiryIndex{store: &s.store}
	s.population, s.dropped, s.droppedExpiring = population{}, nil, 0
	s.candidates.clear()
	s.bytes, s.tableBytes = 0, 0
}
