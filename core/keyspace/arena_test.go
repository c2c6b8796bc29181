package keyspace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
	"pgregory.net/rapid"
)

// Blocks of all sizes come and go; none may overlap another, and what is in them must stay.
func TestArenaAgreesWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &arena{limit: rapid.SampledFrom([]uint32{256, 1000}).Draw(t, "limit")}
		sizes := map[reference]uint32{}
		var refs []reference
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			if len(refs) > 0 && rapid.Bool().Draw(t, "free") {
				i := rapid.IntRange(0, len(refs)-1).Draw(t, "which")
				a.free(refs[i], sizes[refs[i]])
				delete(sizes, refs[i])
				refs[i] = refs[len(refs)-1]
				refs = refs[:len(refs)-1]
			} else {
				// A header of the size that is wanted, so that check can walk the blocks.
				length := rapid.IntRange(0, maxInlineValue).Draw(t, "length")
				h := newHeader(nil).withText(length)
				ref := a.allocate(h.units())
				if _, known := sizes[ref]; known {
					t.Fatalf("the block at %#x was given out twice", ref)
				}
				b := a.at(ref)
				b.setHeader(h)
				for i := range b.inlineText(h) {
					b.inlineText(h)[i] = byte(ref)
				}
				sizes[ref] = h.units()
				refs = append(refs, ref)
			}
			if err := a.check(); err != nil {
				t.Fatal(err)
			}
		}
		for _, ref := range refs {
			b := a.at(ref)
			if text := b.inlineText(b.header()); strings.Trim(string(text), string([]byte{byte(ref)})) != "" {
				t.Fatalf("the block at %#x was written to", ref)
			}
		}
	})
}

func TestFreedBlocksAreReused(t *testing.T) {
	s := New(1)
	grow := func(length int) {
		for i := range 5000 {
			s.Apply(set(fmt.Sprintf("key%d", i), strings.Repeat("v", length), 0))
		}
	}
	grow(100)
	held := s.Memory().Arena
	for range 5 {
		for i := range 5000 {
			key := fmt.Appendf(nil, "key%d", i)
			s.Apply(Effect{Kind: Delete, Slot: slots.Of(key), Key: key})
		}
		grow(100)
	}
	if now := s.Memory().Arena; now != held {
		t.Errorf("%d bytes are held for the same keys as %d before", now, held)
	}
}

// Values that grow leave holes that nothing fits into. Compaction must keep what is held near to what is live, and give
// chunks back when most keys are gone.
func TestCompactionBoundsFragmentation(t *testing.T) {
	s := New(1)
	s.store.arena.limit = 1024
	a := &s.store.arena
	const keys = 4000
	worst := uint64(0)
	apply := func(e Effect) {
		s.Apply(e)
		if a.used > a.live {
			worst = max(worst, (a.used-a.live)*1000/(a.used+8*uint64(a.limit)))
		}
	}
	key := func(i int) string { return fmt.Sprint("key", i*7919%keys) }
	for round := range 12 {
		for i := range keys {
			apply(set(key(i), strings.Repeat(string(rune('a'+round)), 20+(i+round)%5*(10+13*round)), int64(i%2)))
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	}
	if worst > 250 {
		t.Errorf("up to %d per thousand of the arena were free", worst)
	}
	if s.store.moves == 0 || len(a.vacant) == 0 {
		t.Errorf("%d moves, %d chunks given back: the test shows nothing", s.store.moves, len(a.vacant))
	}
	for i := range keys {
		if i%20 != 0 {
			apply(remove([]byte(key(i))))
		}
	}
	for range 1000 { // what is left to do is done by any effects
		apply(set("other", "value", 0))
	}
	if held := int64(a.used-a.live) * unitBytes; held > s.Memory().Live/7+int64(a.limit)*unitBytes || s.Check() != nil {
		t.Errorf("%d free bytes beside %d live ones, %v", held, s.Memory().Live, s.Check())
	}
	for i := range keys {
		value, ok := s.Peek(slots.Of([]byte(key(i))), []byte(key(i)))
		if want := i%20 == 0; ok != want || ok && strings.Trim(string(value.text()), "l") != "" {
			t.Fatalf("%s is there: %t, %q", key(i), ok, value.text())
		}
	}
}

// Large blocks that go from between small ones are the worst case: much becomes free at once, and to use it many small
// blocks have to move.
func TestCompactionKeepsUpWithLargeBlocks(t *testing.T) {
	s := New(1)
	s.store.arena.limit = 2048
	a := &s.store.arena
	const large, smallPerLarge = 500, 64
	for i := range large {
		s.Apply(set(fmt.Sprint("large", i), strings.Repeat("v", maxInlineValue), 0))
		for j := range smallPerLarge {
			s.Apply(set(fmt.Sprint("small", i, "-", j), "0123456789", 0))
		}
	}
	worst := uint64(0)
	for i := range large {
		s.Apply(remove(fmt.Append(nil, "large", i)))
		worst = max(worst, (a.used-a.live)*1000/a.used)
	}
	if worst > 350 || worst < 100 {
		t.Errorf("up to %d per thousand of the arena were free", worst)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestMemoryAddsUp(t *testing.T) {
	s := New(1)
	const keys = 20_000
	for i := range keys {
		s.Apply(set(fmt.Sprint("{x}", i), "0123456789", 1))
	}
	s.Apply(set("long", strings.Repeat("v", 1<<20), 0))
	m := s.Memory()
	least := Memory{
		Live: keys * 48, Arena: m.Live, Outside: 1 << 20, Tables: keys * 64 / lanesPerBucket, Expiry: keys * expiryItemBytes,
	}
	for _, part := range [][2]int64{
		{m.Live, least.Live}, {m.Arena, least.Arena}, {m.Outside, least.Outside}, {m.Tables, least.Tables}, {m.Expiry, least.Expiry},
	} {
		if have, want := part[0], part[1]; have < want || have > want*2 {
			t.Errorf("%+v is less than %+v, or far more", m, least)
		}
	}
	if m.Total() != m.Arena+m.Outside+m.Tables+m.Expiry || s.Bytes() != m.Live+1<<20+keys*expiryItemBytes {
		t.Errorf("%d in all, %d for the content, of %+v", m.Total(), s.Bytes(), m)
	}
}

func TestPagesAgreeWithASlice(t *testing.T) {
	var p pages[int]
	var twin []int
	step := func(push bool) {
		if push {
			p.push(len(twin))
			twin = append(twin, len(twin))
		} else {
			p.pop()
			twin = twin[:len(twin)-1]
		}
		if p.length != len(twin) || len(twin) > 0 && *p.at(len(twin) - 1) != twin[len(twin)-1] {
			t.Fatalf("%d items, want %d", p.length, len(twin))
		}
	}
	for _, top := range []int{10, pageItems, pageItems + 1, 3*pageItems + 5} {
		for len(twin) < top {
			step(true)
		}
		for range 3 { // to and fro over the edge of a page
			step(false)
			step(false)
			step(true)
			step(true)
		}
		for len(twin) > top/3 {
			step(false)
		}
		if room := int64(p.room); room > int64(top/3+3*pageItems) {
			t.Errorf("room for %d items beside %d", room, len(twin))
		}
	}
}

// A driver is told of each chunk of full size, also of those that come after everything was forgotten.
func TestAllocationsAreTold(t *testing.T) {
	s := New(1)
	told := 0
	s.OnAllocation(func(chunk []byte) {
		told++
		if len(chunk) != chunkUnits*unitBytes {
			t.Errorf("a chunk of %d bytes", len(chunk))
		}
	})
	fill := func() {
		for i := range 3000 {
			s.Apply(set(fmt.Sprint("key", i), strings.Repeat("v", 1000), 0))
		}
	}
	fill()
	first := told
	s.Apply(Effect{Kind: FlushAll})
	fill()
	if held := int(s.store.arena.held) / (chunkUnits * unitBytes); first < 3 || told-first != held {
		t.Errorf("told of %d chunks and then of %d, there are %d", first, told-first, held)
	}
}
