package keyspace

import (
	"bytes"
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// Apply changes the data as the effect says. It is total: an effect on a key that is not there, other than Set,
// Append and Overwrite, changes nothing. The bytes of the effect are copied; values lent before are no longer valid.
func (s *Space) Apply(e Effect) {
	switch e.Kind {
	case Set:
		r := s.obtain(e.Slot, e.Key)
		before := r.footprint()
		r.content.set(e.Value)
		s.bytes += r.footprint() - before
		s.expiry.change(e.Slot, r, e.ExpireAt)
	case Append:
		r := s.obtain(e.Slot, e.Key)
		before := r.footprint()
		r.content.extend(e.Value)
		s.bytes += r.footprint() - before
	case Overwrite:
		s.overwrite(&e)
	case Delete:
		s.remove(e.Slot, e.Key)
	case ExpireAt:
		s.changeExpiry(e.Slot, e.Key, e.ExpireAt)
	case Persist:
		s.changeExpiry(e.Slot, e.Key, 0)
	case FlushSlot:
		s.flushSlot(e.Slot)
	case FlushAll:
		*s = Space{key: s.key}
	default:
		panic(fmt.Sprintf("keyspace: effect of unknown kind %d", e.Kind))
	}
}

// obtain returns the record of a key, a new and empty one if there is none.
func (s *Space) obtain(slot slots.Slot, key []byte) *record {
	t := s.tables[slot]
	hash := s.key.sum(key)
	if index, found := t.search(hash, key); found {
		return t.cells[index].record
	}
	if t == nil {
		t = &table{}
		s.tables[slot] = t
		s.occupied.Add(slot)
	}
	r := &record{key: bytes.Clone(key)}
	if r.key == nil {
		r.key = []byte{}
	}
	t.insert(hash, r)
	s.count++
	s.bytes += r.footprint()
	return r
}

func (s *Space) remove(slot slots.Slot, key []byte) {
	t := s.tables[slot]
	index, found := t.search(s.key.sum(key), key)
	if !found {
		return
	}
	r := t.cells[index].record
	s.forget(slot, r)
	t.remove(index)
	s.releaseIfEmpty(slot)
}

// forget takes a record out of all sums and indexes but its table.
func (s *Space) forget(slot slots.Slot, r *record) {
	s.expiry.change(slot, r, 0)
	s.bytes -= r.footprint()
	s.count--
}

func (s *Space) releaseIfEmpty(slot slots.Slot) {
	if s.tables[slot].count == 0 {
		s.tables[slot] = nil
		s.occupied.Remove(slot)
	}
}

func (s *Space) changeExpiry(slot slots.Slot, key []byte, at int64) {
	t := s.tables[slot]
	if index, found := t.search(s.key.sum(key), key); found {
		s.expiry.change(slot, t.cells[index].record, at)
	}
}

func (s *Space) flushSlot(slot slots.Slot) {
	t := s.tables[slot]
	if t == nil {
		return
	}
	for _, c := range t.cells {
		if c.record != nil {
			s.forget(slot, c.record)
		}
	}
	s.tables[slot] = nil
	s.occupied.Remove(slot)
}

// What a record takes beside its key and value, and what its place in the expiry index takes, roughly: for footprint.
const (
	recordOverhead = 112
	expiryOverhead = 24
)

// footprint estimates the bytes that a record takes without its place in the expiry index.
func (r *record) footprint() int64 {
	return int64(recordOverhead + len(r.key) + len(r.bytes))
}
