package keyspace

import (
	"bytes"

	"github.com/ember-cluster/ember/core/slots"
	"pgregory.net/rapid"
)

// passTime lets a little time pass, or so much that it shows in the records of use.
func (m *spaceMachine) passTime(t *rapid.T) {
	m.wall += rapid.OneOf(rapid.Int64Range(0, 30), rapid.Int64Range(0, 200_000)).Draw(t, "passes")
	m.space.SetTime(m.wall)
}

// use reads a key as a command does.
func (m *spaceMachine) use(t *rapid.T) {
	key := drawKey(t)
	before, _ := m.space.Peek(slots.Of(key), key)
	value, ok := m.space.Use(slots.Of(key), key)
	entry, known := m.model[string(key)]
	if ok != known || ok && describe(value) != entry {
		t.Fatalf("%q is %+v, %t, want %+v, %t", key, describe(value), ok, entry, known)
	}
	if !ok {
		return
	}
	m.used[string(key)] = m.wall / 1000
	if !m.space.eviction.Policy.ByFrequency() {
		return
	}
	if counted := m.space.Frequency(value) - m.space.Frequency(before); counted != 0 && counted != 1 {
		t.Fatalf("a use of %q was counted %d times", key, counted)
	}
}

// evict makes room for some keys by a policy.
func (m *spaceMachine) evict(t *rapid.T) {
	policy := EvictionPolicy(rapid.IntRange(int(NoEviction), int(VolatileTTL)).Draw(t, "policy"))
	if policy.ByFrequency() || m.space.eviction.Policy.ByFrequency() {
		clear(m.used)
	}
	m.space.SetEviction(Eviction{
		Policy: policy, Samples: rapid.Int64Range(1, 20).Draw(t, "samples"),
		LogFactor: rapid.Int64Range(0, 20).Draw(t, "factor"), DecayMinutes: rapid.Int64Range(0, 3).Draw(t, "decay"),
	})
	for m.space.Working() {
		m.space.Work()
	}
	for range rapid.IntRange(0, 20).Draw(t, "keys") {
		slot, key, ok := m.space.Victim()
		if ok != (policy != NoEviction && (m.space.Expiring() > 0 || !policy.volatile() && len(m.model) > 0)) {
			t.Fatalf("policy %d found a key %t, with %d keys of which %d end", policy, ok, len(m.model), m.space.Expiring())
		}
		if !ok {
			return
		}
		victim, known := m.model[string(key)]
		if !known || slot != slots.Of(key) || policy.volatile() && victim.expireAt == 0 {
			t.Fatalf("policy %d takes %q of slot %d, which is %+v, %t", policy, key, slot, victim, known)
		}
		if next, _ := m.space.NextExpiry(); policy == VolatileTTL && victim.expireAt != next-1 && next != 0 {
			t.Fatalf("%q, which ends at %d, goes before the one of %d", key, victim.expireAt, next-1)
		}
		m.apply(t, Effect{Kind: Delete, Slot: slot, Key: bytes.Clone(key)})
	}
}

// checkUse compares what is recorded of a key's use.
func (m *spaceMachine) checkUse(t *rapid.T, key []byte, value Value) {
	if at, known := m.used[string(key)]; known && !m.space.eviction.Policy.ByFrequency() && m.space.Idle(value) != m.wall/1000-at {
		t.Fatalf("%q is idle for %d s, want %d", key, m.space.Idle(value), m.wall/1000-at)
	}
}
