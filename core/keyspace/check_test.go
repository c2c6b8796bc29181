package keyspace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
)

// broken returns a Space with something of everything: a resize, long keys and values, free blocks, chunks given back.
func broken() *Space {
	s := New(1)
	s.store.directHomes, s.directoryKeys = 1, 1
	s.store.arena.limit = 256
	for i := range 40 {
		s.Apply(set(fmt.Sprintf("{tag}%d", i), fmt.Sprint("value ", i), int64(i%3)*1000))
		s.Apply(set(fmt.Sprint("key", i), strings.Repeat("v", i*100), 0))
	}
	for i := range 40 {
		if i%3 != 0 {
			key := fmt.Appendf(nil, "key%d", i)
			s.Apply(remove(key))
		}
	}
	for i := 40; s.tables[slots.Of([]byte("{tag}"))].next == nil; i++ {
		s.Apply(set(fmt.Sprintf("{tag}%d", i), "", 0))
	}
	return s
}

// lastUsed returns the last bucket of the slot's current array that holds a key, and a lane of it.
func lastUsed(s *Space, slot slots.Slot) (*bucket, int) {
	a := &s.tables[slot].current
	for i := a.size() - 1; ; i-- {
		if b := a.at(i); b.used() != 0 {
			return b, b.used().first()
		}
	}
}

// Each sabotage breaks one invariant; Check must see it.
func TestCheckSeesPlantedBugs(t *testing.T) {
	slot := slots.Of([]byte("{tag}"))
	some := func(s *Space) block {
		b, lane := lastUsed(s, slot)
		return s.store.arena.at(b.references[lane])
	}
	for name, sabotage := range map[string]func(*Space){
		"key lost":  func(s *Space) { b, lane := lastUsed(s, slot); b.clear(lane) },
		"wrong tag": func(s *Space) { b, lane := lastUsed(s, slot); b.setTag(lane, b.tag(lane)%255+1) },
		"wrong reference": func(s *Space) {
			b, lane := lastUsed(s, slot)
			b.references[lane]++
		},
		"overflow too high": func(s *Space) { b, _ := lastUsed(s, slot); b.overflow++ },
		"behind its home with no way to it": func(s *Space) {
			b, lane := lastUsed(s, slot)
			a := &s.tables[slot].current
			tag, ref := b.tag(lane), b.references[lane]
			b.clear(lane)
			a.extend()
			a.at(a.size()-1).put(0, tag, ref)
		},
		"wrong array": func(s *Space) {
			b, lane := lastUsed(s, slot)
			ref := b.references[lane]
			b.clear(lane)
			s.tables[slot].next.put(s.store.hashAt(ref), ref)
		},
		"directory out of date": func(s *Space) {
			other := slots.Of([]byte("key0"))
			s.directory[other] = append([]bucket(nil), s.directory[other]...)
		},
		"directory of a table on its way": func(s *Space) { s.directory[slot] = s.tables[slot].current.direct },
		"homes moved that were not":       func(s *Space) { s.tables[slot].moved++ },
		"resize forgotten":                func(s *Space) { s.tables[slot].next = nil },
		"wrong slot": func(s *Space) {
			s.tables[slot+1], s.tables[slot] = s.tables[slot], nil
			s.occupied.Remove(slot)
			s.occupied.Add(slot + 1)
		},
		"wrong count":        func(s *Space) { s.population.keys++ },
		"wrong group count":  func(s *Space) { s.population.groups[3]++ },
		"wrong expiring":     func(s *Space) { s.tables[slot].expiring++ },
		"wrong table bytes":  func(s *Space) { s.tables[slot].bytes++ },
		"wrong tables' size": func(s *Space) { s.tableBytes-- },
		"dropped and kept":   func(s *Space) { s.dropped = append(s.dropped, dropped{array: s.tables[slot].current}) },
		"wrong dropped":      func(s *Space) { s.droppedExpiring++ },
		"candidates mixed up": func(s *Space) {
			s.candidates.add(candidate{disuse: 1, hash: 1})
			s.candidates.add(candidate{disuse: 2, hash: 2})
			s.candidates.items[0].disuse = 3
		},
		"wrong table count":  func(s *Space) { s.tables[slot].count-- },
		"wrong bytes":        func(s *Space) { s.bytes-- },
		"empty table":        func(s *Space) { s.tables[9] = newTable(); s.occupied.Add(9) },
		"unmarked slot":      func(s *Space) { s.occupied.Remove(slot) },
		"marked slot":        func(s *Space) { s.occupied.Add(9) },
		"too many homes":     func(s *Space) { s.store.directHomes = 999; s.tables[slot].resize(&s.store, 4096) },
		"too few homes":      func(s *Space) { s.store.directHomes = 999; s.tables[slot].resize(&s.store, 1) },
		"dead entry":         func(s *Space) { some(s).setHeader(some(s).header() &^ headerLive) },
		"entry of no type":   func(s *Space) { some(s).setHeader(some(s).header() &^ (typeMask << typeShift)) },
		"key changed":        func(s *Space) { some(s).inlineKey(some(s).header())[0]++ },
		"expiry not indexed": func(s *Space) { s.expiry.items.pop() },
		"index out of date": func(s *Space) {
			b := s.store.arena.at(s.expiry.items.at(3).ref)
			b.setExpireAt(b.expireAt(b.header()) - 1)
		},
		"index out of place": func(s *Space) {
			x, y := s.expiry.items.at(1), s.expiry.items.at(2)
			*x, *y = *y, *x
		},
		"index out of order": func(s *Space) {
			a, b := *s.expiry.items.at(0), *s.expiry.items.at(1)
			s.expiry.put(0, b)
			s.expiry.put(1, a)
		},
		"outside parts of nobody":      func(s *Space) { s.store.outside.add() },
		"outside parts free and used":  func(s *Space) { s.store.outside.free.push(0) },
		"wrong bytes outside":          func(s *Space) { s.store.outside.bytes++ },
		"wrong live units":             func(s *Space) { s.store.arena.live++ },
		"wrong live units of a chunk":  func(s *Space) { s.store.arena.chunks[0].live++ },
		"wrong used units":             func(s *Space) { s.store.arena.used++ },
		"wrong bytes held":             func(s *Space) { s.store.arena.held++ },
		"block lost":                   func(s *Space) { s.store.arena.allocate(1) },
		"free block of the wrong size": func(s *Space) { b := s.firstFree(); b.setHeader(b.header() + 1<<sizeShift) },
		"free block not listed":        func(s *Space) { b := s.firstFree(); b.setHeader(b.header() &^ headerListed) },
		"free block with a bad link":   func(s *Space) { s.firstFree().setLink(previousOffset, 1) },
		"list lost":                    func(s *Space) { s.store.arena.lists[s.firstClass()] = noReference },
		"list not marked":              func(s *Space) { s.store.arena.listed = [maxClass / 64]uint64{} },
		"vacant chunk unknown":         func(s *Space) { s.store.arena.chunks = append(s.store.arena.chunks, chunk{}) },
		"chunk wrongly vacant":         func(s *Space) { s.store.arena.vacant = append(s.store.arena.vacant, 0) },
	} {
		s := broken()
		if err := s.Check(); err != nil {
			t.Fatalf("before %s: %v", name, err)
		}
		sabotage(s)
		if s.Check() == nil {
			t.Errorf("%s: not seen", name)
		}
	}
}

// Whether empty slots are empty is looked at bit by bit, all of them within so many checks.
func TestCheckSeesATableThatStays(t *testing.T) {
	for name, sabotage := range map[string]func(*Space, slots.Slot){
		"table":           func(s *Space, slot slots.Slot) { s.tables[slot] = newTable() },
		"directory entry": func(s *Space, slot slots.Slot) { s.directory[slot] = make([]bucket, 1) },
	} {
		for _, slot := range []slots.Slot{0, 9, slots.Count / 2, slots.Count - 1} {
			s := broken()
			sabotage(s, slot)
			checks := 0
			for s.Check() == nil && checks <= slots.Count/checkedAtOnce {
				checks++
			}
			if checks >= slots.Count/checkedAtOnce {
				t.Errorf("%s, slot %d: not seen", name, slot)
			}
		}
	}
}

// firstClass returns the first free list that is not empty, firstFree the first block there.
func (s *Space) firstClass() int {
	class, ok := s.store.arena.classFrom(1)
	if !ok {
		panic("no free block")
	}
	return class
}

func (s *Space) firstFree() block { return s.store.arena.at(s.store.arena.lists[s.firstClass()]) }
