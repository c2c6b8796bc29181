package keyspace

import (
	"bytes"
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// Check verifies all invariants of the Space and names the first that does not hold. It visits every key.
func (s *Space) Check() error {
	var totals spaceTotals
	for slot := slots.Slot(0); slot.Valid(); slot++ {
		t := s.tables[slot]
		if s.occupied.Contains(slot) != (t != nil) {
			return fmt.Errorf("keyspace: slot %d: table there %t, marked as occupied %t", slot, t != nil, s.occupied.Contains(slot))
		}
		if t == nil {
			continue
		}
		if err := s.checkTable(slot, t, &totals); err != nil {
			return fmt.Errorf("keyspace: slot %d: %w", slot, err)
		}
	}
	want := spaceTotals{keys: s.count, expiring: len(s.expiry.items), bytes: s.bytes}
	if totals != want {
		return fmt.Errorf("keyspace: tables hold %+v, totals say %+v", totals, want)
	}
	return s.expiry.check()
}

type spaceTotals struct {
	keys, expiring int
	bytes          int64
}

func (s *Space) checkTable(slot slots.Slot, t *table, totals *spaceTotals) error {
	if err := t.check(); err != nil {
		return err
	}
	for _, c := range t.cells {
		r := c.record
		if r == nil {
			continue
		}
		if owner := slots.Of(r.key); owner != slot {
			return fmt.Errorf("key %q belongs to slot %d", r.key, owner)
		}
		if hash := s.key.sum(r.key); hash != c.hash {
			return fmt.Errorf("key %q has hash %#x, its cell says %#x", r.key, hash, c.hash)
		}
		totals.keys++
		totals.bytes += r.footprint()
		if r.expireAt == 0 {
			continue
		}
		totals.expiring++
		if r.due >= len(s.expiry.items) || s.expiry.items[r.due] != (expiryItem{at: r.expireAt, record: r, slot: slot}) {
			return fmt.Errorf("key %q is not at its place %d of the expiry index", r.key, r.due)
		}
	}
	return nil
}

// check verifies the order, the places and the count.
func (t *table) check() error {
	tooFull := t.count*growDenominator > t.homes*growNumerator
	tooEmpty := t.count == 0 || t.homes > minHomes && t.count*shrinkDenominator < t.homes
	if tooFull || tooEmpty || len(t.cells) < t.homes {
		return fmt.Errorf("%d keys in %d cells with %d homes", t.count, len(t.cells), t.homes)
	}
	count, firstOfRun := 0, 0
	var before cell
	for i, c := range t.cells {
		if c.record == nil {
			if i >= t.homes {
				return fmt.Errorf("free cell %d behind the %d homes", i, t.homes)
			}
			firstOfRun = i + 1
			continue
		}
		count++
		if at := home(c.hash, t.homes); at > i || at < firstOfRun {
			return fmt.Errorf("cell %d: its home %d is behind it, or a free cell lies between", i, at)
		}
		if before.record != nil && compareCells(before, c) >= 0 {
			return fmt.Errorf("cell %d: %q comes after %q", i, c.record.key, before.record.key)
		}
		before = c
	}
	if count != t.count {
		return fmt.Errorf("%d keys, counted as %d", count, t.count)
	}
	return nil
}

func compareCells(a, b cell) int {
	switch {
	case a.hash < b.hash:
		return -1
	case a.hash > b.hash:
		return 1
	}
	return bytes.Compare(a.record.key, b.record.key)
}

// check verifies the order of the heap. That each item is at its record's place follows from the tables' check and the
// equal numbers.
func (x *expiryIndex) check() error {
	for i := 1; i < len(x.items); i++ {
		if parent := x.items[(i-1)/expiryArity]; parent.compare(x.items[i]) >= 0 {
			return fmt.Errorf("keyspace: expiry index: %q at %d lies below %q at %d",
				x.items[i].record.key, x.items[i].at, parent.record.key, parent.at)
		}
	}
	return nil
}
