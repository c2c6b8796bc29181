package keyspace

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// Check verifies all invariants of the Space and names the first that does not hold. It visits every key and every block,
// but of the slots that should be empty only a part, the next each time: there are so many that they would take most of its time.
func (s *Space) Check() error {
	seen := inventory{outside: make([]bool, s.store.outside.parts.length)}
	for slot, ok := s.occupied.Next(0); ok; slot, ok = s.occupied.Next(slot + 1) {
		t := s.tables[slot]
		if t == nil {
			return fmt.Errorf("keyspace: slot %d: no table, marked as occupied", slot)
		}
		if err := s.checkTable(slot, t, &seen); err != nil {
			return fmt.Errorf("keyspace: slot %d: %w", slot, err)
		}
		if err := s.directory.check(slot, t); err != nil {
			return fmt.Errorf("keyspace: slot %d: %w", slot, err)
		}
	}
	if err := s.checkEmpty(); err != nil {
		return err
	}
	if err := s.checkDropped(&seen); err != nil {
		return err
	}
	want := totals{
		keys: s.Len(), expiring: s.expiry.size(), dropped: s.droppedExpiring,
		bytes: s.bytes, tables: s.tableBytes, live: s.store.arena.live,
	}
	if seen.totals != want {
		return fmt.Errorf("keyspace: tables hold %+v, totals say %+v", seen.totals, want)
	}
	if !s.candidates.sorted() {
		return fmt.Errorf("keyspace: candidates for eviction out of order")
	}
	if err := s.population.check(s); err != nil {
		return err
	}
	if err := s.expiry.check(); err != nil {
		return err
	}
	if err := s.store.outside.check(seen.outside); err != nil {
		return err
	}
	return s.store.arena.check()
}

// checkedAtOnce is how many slots are looked at whether they are as empty as they should be.
const checkedAtOnce = slots.Count / 16

// checkEmpty verifies that no slot has a table without being marked as occupied.
func (s *Space) checkEmpty() error {
	for range checkedAtOnce {
		slot := s.nextChecked
		s.nextChecked = (slot + 1) % slots.Count
		if s.tables[slot] != nil && !s.occupied.Contains(slot) {
			return fmt.Errorf("keyspace: slot %d: a table, not marked as occupied", slot)
		}
		if s.directory != nil && s.directory[slot] != nil && s.tables[slot] == nil {
			return fmt.Errorf("keyspace: slot %d: in the directory without a table", slot)
		}
	}
	return nil
}

// inventory is what was found on the way through the tables.
type inventory struct {
	totals
	// outside marks the numbers of outside parts that some entry has.
	outside []bool
}

type totals struct {
	keys, expiring int
	dropped        int // of those that expire, not counted in keys
	bytes, tables  int64
	live           uint64 // units of blocks
}

// checkDropped visits the entries that are still to be freed.
func (s *Space) checkDropped(seen *inventory) error {
	before := seen.totals
	for i := range s.dropped {
		d := &s.dropped[i]
		for bucket := d.from; bucket < d.size(); bucket++ {
			b := d.at(bucket)
			for used := b.used(); used != 0; used = used.rest() {
				ref := b.references[used.first()]
				if err := s.checkEntry(slots.Of(s.store.key(ref)), ref, seen); err != nil {
					return fmt.Errorf("keyspace: dropped: %w", err)
				}
			}
		}
		seen.tables += d.heldBytes()
	}
	seen.dropped = seen.expiring - before.expiring
	seen.keys, seen.bytes = before.keys, before.bytes
	return nil
}

// check verifies the sums over slots.
func (p *population) check(s *Space) error {
	var want population
	for slot, ok := s.occupied.Next(0); ok; slot, ok = s.occupied.Next(slot + 1) {
		want.add(slot, s.tables[slot].count)
	}
	if *p != want {
		return fmt.Errorf("keyspace: the groups of slots have %d keys, counted as %d", want.keys, p.keys)
	}
	return nil
}

// heldBytes counts the memory of the buckets.
func (a *array) heldBytes() int64 {
	size := len(a.direct)
	for _, segment := range a.segments {
		size += len(segment)
	}
	return int64(size) * bucketBytes
}

func (s *Space) checkTable(slot slots.Slot, t *table, seen *inventory) error {
	if err := s.store.checkSizes(t); err != nil {
		return err
	}
	before := seen.totals
	seen.tables += tableBytes
	arrays := []*array{&t.current}
	if t.next != nil {
		arrays = append(arrays, t.next)
	}
	for _, a := range arrays {
		seen.tables += a.heldBytes()
		if err := s.checkArray(slot, t, a, seen); err != nil {
			return err
		}
	}
	if found := seen.keys - before.keys; found != t.count {
		return fmt.Errorf("%d keys, counted as %d", found, t.count)
	}
	expiring, bytes := seen.expiring-before.expiring, seen.bytes-before.bytes
	if expiring != t.expiring || bytes != t.bytes {
		return fmt.Errorf("%d keys of %d that end and %d bytes, counted as %d and %d", expiring, t.count, bytes, t.expiring, t.bytes)
	}
	return nil
}

// checkSizes verifies that a table has a size that suits its number of keys.
func (s *store) checkSizes(t *table) error {
	resting := t.next == nil
	switch {
	case t.count == 0:
		return fmt.Errorf("a table without keys")
	case resting && t.moved != 0, !resting && (t.moved >= t.current.homes || t.current.homes <= s.directHomes):
		return fmt.Errorf("%d of %d homes are moved, resize under way %t", t.moved, t.current.homes, !resting)
	case resting && tooFull(t.count, t.current.homes):
		return fmt.Errorf("%d keys with %d homes", t.count, t.current.homes)
	case resting && t.current.homes <= s.directHomes && tooEmpty(t.count, t.current.homes):
		return fmt.Errorf("%d keys with %d homes", t.count, t.current.homes)
	}
	return nil
}

// checkArray verifies that each key can be found in an array of a table and that the overflow counts are right.
func (s *Space) checkArray(slot slots.Slot, t *table, a *array, seen *inventory) error {
	first := 0
	if a == &t.current {
		first = t.moved
	}
	passes := make([]uint32, a.size())
	for i := first; i < a.size(); i++ {
		b := a.at(i)
		for used := b.used(); used != 0; used = used.rest() {
			lane := used.first()
			ref := b.references[lane]
			if err := s.checkEntry(slot, ref, seen); err != nil {
				return err
			}
			hash := s.store.hashAt(ref)
			home := a.home(hash)
			if b.tag(lane) != tagOf(hash) {
				return fmt.Errorf("key %q has another tag in bucket %d", s.store.key(ref), i)
			}
			if t.arrayOf(hash) != a || home > i || home < first {
				return fmt.Errorf("key %q with home %d is in bucket %d, or in the wrong array", s.store.key(ref), home, i)
			}
			for passed := home; passed < i; passed++ {
				passes[passed]++
			}
		}
	}
	return a.checkOverflow(first, passes)
}

func (a *array) checkOverflow(first int, passes []uint32) error {
	for i := first; i < a.size(); i++ {
		if b := a.at(i); b.overflow != passes[i] {
			return fmt.Errorf("%d keys have to go past bucket %d, which says %d", passes[i], i, b.overflow)
		}
	}
	return nil
}

func (s *Space) checkEntry(slot slots.Slot, ref reference, seen *inventory) error {
	b := s.store.arena.at(ref)
	h := b.header()
	if !h.live() || h.kind() != String {
		return fmt.Errorf("the block at %#x has the header %#x", ref, uint64(h))
	}
	if h.hasOutside() {
		index := int(b.index(h))
		if index >= len(seen.outside) || seen.outside[index] {
			return fmt.Errorf("the parts outside with the number %d are missing or another's too", index)
		}
		seen.outside[index] = true
	}
	key := s.store.key(ref)
	if owner := slots.Of(key); owner != slot {
		return fmt.Errorf("key %q belongs to slot %d", key, owner)
	}
	seen.keys++
	seen.bytes += s.store.footprint(ref)
	seen.live += uint64(h.units())
	if !h.ends() {
		return nil
	}
	seen.expiring++
	due := b.due()
	if due >= s.expiry.size() {
		return fmt.Errorf("key %q has no place %d of the expiry index", key, due)
	}
	if item := *s.expiry.items.at(due); item.ref != ref || item.slot != slot || item.at > b.expireAt(h) {
		return fmt.Errorf("key %q, which ends at %d, has the item %+v of the expiry index", key, b.expireAt(h), item)
	}
	return nil
}

// check verifies the order of the heap. That each item is at its entry's place follows from the tables' check and the
// equal numbers.
func (x *expiryIndex) check() error {
	for i := 1; i < x.size(); i++ {
		parent, item := *x.items.at((i - 1) / expiryArity), *x.items.at(i)
		if x.compare(parent, item) >= 0 {
			return fmt.Errorf("keyspace: expiry index: %q at %d lies below %q at %d",
				x.store.key(item.ref), item.at, x.store.key(parent.ref), parent.at)
		}
	}
	return nil
}

// check verifies that each number is an entry's or free, and the sum.
func (o *outsideTable) check(used []bool) error {
	for i := range o.free.length {
		index := *o.free.at(i)
		if used[index] {
			return fmt.Errorf("keyspace: the parts outside with the number %d are free and used, or free twice", index)
		}
		used[index] = true
	}
	var bytes int64
	for i := range o.parts.length {
		if !used[i] {
			return fmt.Errorf("keyspace: the parts outside with the number %d are nobody's", i)
		}
		bytes += o.at(uint32(i)).memory()
	}
	if bytes != o.bytes {
		return fmt.Errorf("keyspace: %d bytes outside, counted as %d", bytes, o.bytes)
	}
	return nil
}

// check verifies what the directory has of a slot with a table.
func (d *directory) check(slot slots.Slot, t *table) error {
	if d == nil || d[slot] == nil {
		return nil
	}
	if want := t.homesInPlace(); len(want) == 0 || len(d[slot]) != len(want) || &d[slot][0] != &want[0] {
		return fmt.Errorf("the directory has %d homes, which are not the %d of the table", len(d[slot]), len(want))
	}
	return nil
}
