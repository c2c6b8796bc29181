package keyspace

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
	"pgregory.net/rapid"
)

// modelEntry is a key of the model.
type modelEntry struct {
	value    string
	expireAt int64
}

// openScan is a walk that goes on while the data changes.
type openScan struct {
	cursor uint64
	// staying are the keys that were there at the start and have been ever since; met counts how often each key was
	// visited, and comings how often it was there at the start or came since.
	staying map[string]bool
	met     map[string]int
	comings map[string]int
}

// spaceMachine drives a Space beside a map.
type spaceMachine struct {
	space *Space
	model map[string]modelEntry
	wall  int64
	log   []byte
	scans []*openScan
	// used are the times of the keys' last uses, in seconds, since uses were last recorded by their frequency.
	used map[string]int64
}

// drawKey draws from few slots, so that tables grow, and from few names, so that keys meet again.
func drawKey(t *rapid.T) []byte {
	if rapid.IntRange(0, 40).Draw(t, "long") == 0 { // at both sides of what fits in a block
		return bytes.Repeat([]byte{'k'}, maxInlineKey+rapid.IntRange(-1, 2).Draw(t, "beyond"))
	}
	if rapid.IntRange(0, 20).Draw(t, "special") == 0 {
		return rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "key")
	}
	return fmt.Appendf(nil, "{%c}%d", 'a'+rapid.IntRange(0, 2).Draw(t, "slot"), rapid.IntRange(0, 59).Draw(t, "name"))
}

func drawValue(t *rapid.T) []byte {
	long := rapid.IntRange(0, 2*maxInlineValue)
	return rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 40),
		rapid.Map(long, func(n int) []byte { return bytes.Repeat([]byte{'v'}, n) }),
		rapid.Map(rapid.Int64(), func(n int64) []byte { return fmt.Append(nil, n) }),
	).Draw(t, "value")
}

func (m *spaceMachine) drawExpiry(t *rapid.T) int64 {
	return max(1, m.wall+rapid.Int64Range(-5, 50).Draw(t, "expiry"))
}

// apply sends an effect through its binary form, as a log would, to the Space and to the model.
func (m *spaceMachine) apply(t *rapid.T, e Effect) {
	start := len(m.log)
	m.log = e.Append(m.log)
	decoded, size, err := DecodeEffect(m.log[start:])
	if err != nil || size != len(m.log)-start || decoded.String() != e.String() || decoded.Slot != e.Slot {
		t.Fatalf("%v came back as %v, %d bytes of %d, %v", e, decoded, size, len(m.log)-start, err)
	}
	m.space.Apply(decoded)
	m.applyToModel(e)
	if _, known := m.model[string(e.Key)]; known && e.Kind.hasKey() {
		m.used[string(e.Key)] = m.wall / 1000
	}
}

func (m *spaceMachine) applyToModel(e Effect) {
	key := string(e.Key)
	entry, known := m.model[key]
	switch e.Kind {
	case Set:
		m.come(key, known)
		m.model[key] = modelEntry{value: string(e.Value), expireAt: e.ExpireAt}
	case Append:
		m.come(key, known)
		m.model[key] = modelEntry{value: entry.value + string(e.Value), expireAt: entry.expireAt}
	case Overwrite:
		m.come(key, known)
		value := []byte(entry.value)
		for end := int(e.Offset) + len(e.Value); len(value) < end; {
			value = append(value, 0)
		}
		copy(value[e.Offset:], e.Value)
		m.model[key] = modelEntry{value: string(value), expireAt: entry.expireAt}
	case Delete:
		m.leave(func(k string) bool { return k == key })
	case ExpireAt, Persist:
		if known {
			m.model[key] = modelEntry{value: entry.value, expireAt: e.ExpireAt}
		}
	case FlushSlot:
		m.leave(func(k string) bool { return slots.Of([]byte(k)) == e.Slot })
	case FlushAll:
		m.leave(func(string) bool { return true })
	}
}

func (m *spaceMachine) come(key string, known bool) {
	for _, s := range m.scans {
		if !known {
			s.comings[key]++
		}
	}
}

func (m *spaceMachine) leave(gone func(string) bool) {
	for _, key := range m.sortedKeys() {
		if !gone(key) {
			continue
		}
		delete(m.model, key)
		for _, s := range m.scans {
			delete(s.staying, key)
		}
	}
}

func (m *spaceMachine) sortedKeys() []string { return slices.Sorted(maps.Keys(m.model)) }

func (m *spaceMachine) actions() map[string]func(*rapid.T) {
	keyed := func(kind EffectKind) func(*rapid.T) {
		return func(t *rapid.T) {
			key := drawKey(t)
			m.apply(t, Effect{Kind: kind, Key: key, Slot: slots.Of(key)})
		}
	}
	return map[string]func(*rapid.T){
		"delete":    keyed(Delete),
		"persist":   keyed(Persist),
		"set":       m.set,
		"set more":  m.set, // more often than the rest
		"fill":      m.fill,
		"drain":     m.drain,
		"append":    m.append,
		"overwrite": m.overwrite,
		"expire":    m.expire,
		"flush":     m.flush,
		"time":      m.passTime,
		"use":       m.use,
		"evict":     m.evict,
		"work":      func(*rapid.T) { m.space.Work() },
		"due":       m.removeDue,
		"scan":      m.startScan,
		"scan step": m.stepScans,
		"":          m.check,
	}
}

func (m *spaceMachine) set(t *rapid.T) {
	key := drawKey(t)
	e := Effect{Kind: Set, Key: key, Slot: slots.Of(key), Value: drawValue(t)}
	if rapid.Bool().Draw(t, "ends") {
		e.ExpireAt = m.drawExpiry(t)
	}
	m.apply(t, e)
}

// fill sets many keys of a slot at once, so that its table grows under the open scans.
func (m *spaceMachine) fill(t *rapid.T) {
	for i := range rapid.IntRange(1, 150).Draw(t, "keys") {
		key := fmt.Appendf(nil, "{a}%d", i)
		m.apply(t, Effect{Kind: Set, Key: key, Slot: slots.Of(key), Value: []byte("filled")})
	}
}

// drain removes many keys of that slot, so that its table shrinks and blocks are scattered.
func (m *spaceMachine) drain(t *rapid.T) {
	every := rapid.IntRange(1, 3).Draw(t, "every")
	for i := 0; i < 150; i += every {
		key := fmt.Appendf(nil, "{a}%d", i)
		m.apply(t, Effect{Kind: Delete, Key: key, Slot: slots.Of(key)})
	}
}

func (m *spaceMachine) append(t *rapid.T) {
	key := drawKey(t)
	m.apply(t, Effect{Kind: Append, Key: key, Slot: slots.Of(key), Value: drawValue(t)})
}

func (m *spaceMachine) overwrite(t *rapid.T) {
	key := drawKey(t)
	offset := uint32(rapid.IntRange(0, 60).Draw(t, "offset"))
	m.apply(t, Effect{Kind: Overwrite, Key: key, Slot: slots.Of(key), Value: drawValue(t), Offset: offset})
}

func (m *spaceMachine) expire(t *rapid.T) {
	key := drawKey(t)
	m.apply(t, Effect{Kind: ExpireAt, Key: key, Slot: slots.Of(key), ExpireAt: m.drawExpiry(t)})
}

func (m *spaceMachine) flush(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "all") == 0 {
		m.apply(t, Effect{Kind: FlushAll})
		return
	}
	m.apply(t, Effect{Kind: FlushSlot, Slot: slots.Of(drawKey(t))})
}

// removeDue expires some keys and compares their order with that of a sort.
func (m *spaceMachine) removeDue(t *rapid.T) {
	var want []string
	for _, key := range m.sortedKeys() {
		if at := m.model[key].expireAt; at != 0 && at < m.wall {
			want = append(want, key)
		}
	}
	slices.SortStableFunc(want, func(a, b string) int { return int(m.model[a].expireAt - m.model[b].expireAt) })
	limit := rapid.IntRange(0, 5).Draw(t, "limit")
	if m.space.Working() {
		limit = 0
	}
	want = want[:min(limit, len(want))]
	var got []string
	for e := range m.space.Due(m.wall, limit) {
		got = append(got, string(e.Key))
		m.apply(t, e)
	}
	if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
		t.Fatalf("due are %q, want %q", got, want)
	}
	// Instead of the others it has looked at keys that end later by now.
	if next, ok := m.space.NextExpiry(); len(got) < len(want) && (!ok || next > m.wall) {
		t.Fatalf("due are %q, of %q, and no more before %d", got, want, next)
	}
}

func (m *spaceMachine) startScan(*rapid.T) {
	s := &openScan{staying: map[string]bool{}, met: map[string]int{}, comings: map[string]int{}}
	for _, key := range m.sortedKeys() {
		s.staying[key], s.comings[key] = true, 1
	}
	m.scans = append(m.scans, s)
}

// stepScans takes every open scan one call further, and judges those that end.
func (m *spaceMachine) stepScans(t *rapid.T) {
	limit := rapid.IntRange(0, 20).Draw(t, "count")
	m.scans = slices.DeleteFunc(m.scans, func(s *openScan) bool {
		visited := 0
		s.cursor = m.space.Scan(s.cursor, limit, func(key []byte, value Value) {
			visited++
			s.met[string(key)]++
			if entry, ok := m.model[string(key)]; !ok || entry != describe(value) {
				t.Fatalf("the scan shows %q as %+v, want %+v", key, describe(value), entry)
			}
		})
		if visited > max(limit, 1) && m.space.store.hashBits == math.MaxUint64 {
			t.Fatalf("visited %d keys, the limit is %d", visited, limit)
		}
		if s.cursor == 0 {
			s.judge(t)
		}
		return s.cursor == 0
	})
}

// judge checks SCAN's guarantee, and more: what stayed was met exactly once, and no key was met more often than it
// came.
func (s *openScan) judge(t *rapid.T) {
	for _, key := range slices.Sorted(maps.Keys(s.staying)) {
		if s.met[key] != 1 {
			t.Fatalf("%q was there all the time and was visited %d times", key, s.met[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.met)) {
		if s.met[key] > s.comings[key] {
			t.Fatalf("%q came %d times and was visited %d times", key, s.comings[key], s.met[key])
		}
	}
}

func describe(v Value) modelEntry {
	return modelEntry{value: string(v.Append(nil)), expireAt: v.ExpireAt()}
}

// check compares everything that can be asked.
func (m *spaceMachine) check(t *rapid.T) {
	if err := m.space.Check(); err != nil {
		t.Fatal(err)
	}
	expiring, first := 0, int64(0)
	counts := map[slots.Slot]int{}
	for _, key := range m.sortedKeys() {
		entry := m.model[key]
		m.checkKey(t, []byte(key), entry)
		counts[slots.Of([]byte(key))]++
		if entry.expireAt != 0 {
			expiring++
			if first == 0 || entry.expireAt < first {
				first = entry.expireAt
			}
		}
	}
	if m.space.Len() != len(m.model) || m.space.Expiring() != expiring {
		t.Fatalf("%d keys of which %d end, want %d and %d", m.space.Len(), m.space.Expiring(), len(m.model), expiring)
	}
	if wall, ok := m.space.NextExpiry(); !m.space.Working() && (ok != (expiring > 0) || ok && wall > first+1) {
		t.Fatalf("the next key is due at %d, %t, want %d", wall, ok, first+1)
	}
	var occupied slots.Set
	for _, slot := range slices.Sorted(maps.Keys(counts)) {
		occupied.Add(slot)
		if m.space.Count(slot) != counts[slot] {
			t.Fatalf("slot %d has %d keys, want %d", slot, m.space.Count(slot), counts[slot])
		}
	}
	if m.space.Occupied() != occupied {
		t.Fatalf("occupied are the slots %v, want %v", m.space.Occupied(), occupied)
	}
}

func (m *spaceMachine) checkKey(t *rapid.T, key []byte, entry modelEntry) {
	slot, past := slots.Of(key), entry.expireAt != 0 && entry.expireAt < m.wall
	if value, ok := m.space.Peek(slot, key); !ok || describe(value) != entry || value.Type() != String {
		t.Fatalf("%q is %+v, %t, want %+v", key, describe(value), ok, entry)
	}
	value, _ := m.space.Peek(slot, key)
	m.checkUse(t, key, value)
	if _, ok := m.space.Lookup(slot, key, m.wall); ok == past {
		t.Fatalf("at %d %q, which ends at %d, is there: %t", m.wall, key, entry.expireAt, ok)
	}
	if m.space.Expired(slot, key, m.wall) != past {
		t.Fatalf("at %d %q, which ends at %d, has not expired: %t", m.wall, key, entry.expireAt, past)
	}
}

func TestSpaceAgreesWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		m := &spaceMachine{space: New(seed), model: map[string]modelEntry{}, wall: 1000, used: map[string]int64{}}
		m.space.SetTime(m.wall)
		m.makeSmall(t)
		t.Repeat(m.actions())
		m.drainScans(t)

		replayed, rebuilt := New(seed+1), New(seed)
		rebuilt.store.hashBits = m.space.store.hashBits
		for rest := m.log; len(rest) > 0; {
			e, size, err := DecodeEffect(rest)
			if err != nil {
				t.Fatal(err)
			}
			replayed.Apply(e)
			rest = rest[size:]
		}
		for _, key := range m.sortedKeys() {
			entry := m.model[key]
			rebuilt.Apply(set(key, entry.value, entry.expireAt))
		}
		m.compare(t, replayed, false)
		m.compare(t, rebuilt, true)
	})
}

// makeSmall has everything that is rare with few keys happen often: keys with the same tag, position or hash, resizes
// over many steps, chunks that fill up and are evacuated.
func (m *spaceMachine) makeSmall(t *rapid.T) {
	store := &m.space.store
	store.hashBits = rapid.SampledFrom([]uint64{math.MaxUint64, 7 << 61, 1<<63 | 1, 0}).Draw(t, "hash bits")
	store.directHomes = rapid.SampledFrom([]int{1, 4, maxDirectHomes}).Draw(t, "direct homes")
	m.space.directoryKeys = rapid.SampledFrom([]int{1, 5, manyKeys}).Draw(t, "directory keys")
	store.arena.limit = rapid.SampledFrom([]uint32{256, 300, chunkUnits}).Draw(t, "chunk units")
}

func (m *spaceMachine) drainScans(t *rapid.T) {
	for len(m.scans) > 0 {
		m.stepScans(t)
	}
}

// compare checks that another Space has the same content and, with the same seed, the same order.
func (m *spaceMachine) compare(t *rapid.T, other *Space, sameSeed bool) {
	if err := other.Check(); err != nil {
		t.Fatal(err)
	}
	if m.space.Digest() != other.Digest() || m.space.Len() != other.Len() {
		t.Fatalf("digest %#x of %d keys, want %#x of %d", other.Digest(), other.Len(), m.space.Digest(), m.space.Len())
	}
	var sum uint64
	for slot := slots.Slot(0); slot.Valid(); slot++ {
		sum += other.DigestSlot(slot)
		if sameSeed && !slices.EqualFunc(keysOf(m.space, slot), keysOf(other, slot), bytes.Equal) {
			t.Fatalf("slot %d: order %q, want %q", slot, keysOf(other, slot), keysOf(m.space, slot))
		}
	}
	if sum != other.Digest() {
		t.Fatalf("the slots' digests add up to %#x, not to %#x", sum, other.Digest())
	}
}

func keysOf(s *Space, slot slots.Slot) [][]byte {
	return slices.Collect(s.Keys(slot, s.Count(slot)))
}
