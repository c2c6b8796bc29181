package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/topology"
	"pgregory.net/rapid"
)

// effectLog is what a log would hold, and how many of its effects were the node's own.
type effectLog struct {
	bytes []byte
	own   int
}

func (l *effectLog) Executed(ClientID, uint64) {}

func (l *effectLog) Decided(topology.Command, *topology.State, *topology.State) {}

func (l *effectLog) Applied(client ClientID, ordinal uint64, effect *keyspace.Effect) {
	l.bytes = effect.Append(l.bytes)
	if ordinal == 0 && client == 0 {
		l.own++
	}
}

// follow is what a replica makes of the log.
func (l *effectLog) follow(t *testing.T) *keyspace.Space {
	t.Helper()
	space := keyspace.New(99)
	for rest := l.bytes; len(rest) > 0; {
		effect, size, err := keyspace.DecodeEffect(rest)
		if err != nil {
			t.Fatal(err)
		}
		space.Apply(effect)
		rest = rest[size:]
	}
	return space
}

// boundedHarness returns a node that may use some bytes more than it does.
func boundedHarness(t *testing.T, policy string, more int64) (*harness, *effectLog) {
	t.Helper()
	log := &effectLog{}
	options := testOptions()
	options.Observer = log
	h := openHarness(t, options)
	h.expect(0, fmt.Sprintf("CONFIG SET maxmemory %d maxmemory-policy %s", h.node.usedMemory()+more, policy), "+OK\r\n")
	return h, log
}

const outOfMemory = "-OOM command not allowed when used memory > 'maxmemory'.\r\n"

func TestKeysMakeRoom(t *testing.T) {
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"} {
		h, log := boundedHarness(t, policy, 40_000)
		const keys = 1000
		for i := range keys {
			h.expect(0, fmt.Sprintf("SET key%d %s PX %d", i, strings.Repeat("v", 100), 100_000+i), "+OK\r\n")
			if used := h.node.usedMemory(); used > h.node.settings.MaxMemory+1000 {
				t.Fatalf("%s: %d bytes are in use, the bound is %d", policy, used, h.node.settings.MaxMemory)
			}
		}
		left, evicted := h.node.Space().Len(), h.node.Counters().EvictedKeys
		if left+int(evicted) != keys || evicted < 100 || log.own != int(evicted) {
			t.Errorf("%s: %d keys are left, %d were evicted, %d effects tell of it", policy, left, evicted, log.own)
		}
		if copied := log.follow(t); copied.Digest() != h.node.Space().Digest() {
			t.Errorf("%s: who follows the log has other data", policy)
		}
		info := h.do(0, "INFO stats") // it makes room for the last SET
		if !strings.Contains(info, fmt.Sprintf("\r\nevicted_keys:%d\r\n", h.node.Counters().EvictedKeys)) {
			t.Errorf("%s: %s", policy, info)
		}
	}
}

func TestWritesAreRefusedIfNothingMakesRoom(t *testing.T) {
	for _, policy := range []string{"noeviction", "volatile-lru", "volatile-ttl", "volatile-random"} {
		h, _ := boundedHarness(t, policy, 1<<20)
		h.expect(0, "SET key value", "+OK\r\n")
		h.expect(0, "CONFIG SET maxmemory 1", "+OK\r\n")
		for _, step := range []struct{ words, want string }{
			{"SET other value", outOfMemory},
			{"APPEND key more", outOfMemory},
			{"GET key", "$5\r\nvalue\r\n"},
			{"EXPIREAT missing 1", ":0\r\n"},
			{"MULTI", "+OK\r\n"},
			{"GET key", outOfMemory},
			{"DISCARD", "+OK\r\n"},
			{"MULTI", "+OK\r\n"},
			{"EXEC", "*0\r\n"},
			{"CONFIG SET maxmemory 0", "+OK\r\n"},
			{"MULTI", "+OK\r\n"},
			{"SET key value", "+QUEUED\r\n"},
		} {
			h.expect(0, step.words, step.want)
		}
		h.open(1)
		h.expect(1, "CONFIG SET maxmemory 1", "+OK\r\n")
		h.expect(0, "EXEC", "-EXECABORT Transaction discarded because of: "+outOfMemory[1:])
		h.expect(0, "DEL key", ":1\r\n")
	}
}

// A bound that is lowered by much is reached in pieces, and nobody has to ask for it.
func TestEvictionIsBounded(t *testing.T) {
	h, _ := boundedHarness(t, "allkeys-lru", 1<<30)
	const keys = 2000
	for i := range keys {
		h.do(0, fmt.Sprintf("SET key%d value", i))
	}
	h.expect(0, "CONFIG SET maxmemory 1", "+OK\r\n")
	last, pieces := h.node.Space().Len(), 0
	for ; h.node.NextDeadline() <= h.clock.Now; pieces++ {
		h.step(&DeadlineReached{})
		if evicted := last - h.node.Space().Len(); evicted > 11*evictionsPerTenacity {
			t.Fatalf("a step has evicted %d keys", evicted)
		}
		last = h.node.Space().Len()
	}
	if last != 0 || pieces < keys/(11*evictionsPerTenacity) {
		t.Errorf("%d keys are left after %d steps", last, pieces)
	}
}

// Who tracks keys learns of those that make room, the one for whose command they do among them.
func TestTrackedKeysThatMakeRoom(t *testing.T) {
	h, _ := boundedHarness(t, "allkeys-random", 1<<20)
	h.do(0, "HELLO 3")
	h.expect(0, "CLIENT TRACKING ON NOLOOP", "+OK\r\n")
	h.expect(0, "SET key value", "+OK\r\n")
	h.expect(0, "GET key", "$5\r\nvalue\r\n")
	h.expect(0, "CONFIG SET maxmemory 1", "+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nkey\r\n")
	h.expect(0, "GET key", "_\r\n")
}

func TestObjectTellsOfUse(t *testing.T) {
	h := openHarness(t, testOptions())
	h.expect(0, "SET {t}key value", "+OK\r\n")
	h.clock.Wall += 7000
	for _, words := range []string{"TTL {t}key", "TYPE {t}key", "EXISTS {t}key", "OBJECT ENCODING {t}key"} {
		h.do(0, words)
	}
	h.expect(0, "OBJECT IDLETIME {t}key", ":7\r\n")
	h.expect(0, "CLIENT NO-TOUCH ON", "+OK\r\n")
	h.do(0, "GET {t}key")
	h.expect(0, "OBJECT IDLETIME {t}key", ":7\r\n")
	h.expect(0, "TOUCH {t}key", ":1\r\n")
	h.expect(0, "OBJECT IDLETIME {t}key", ":0\r\n")
	h.expect(0, "CLIENT NO-TOUCH OFF", "+OK\r\n")
	h.clock.Wall += 5000
	h.expect(0, "RENAME {t}key {t}other", "+OK\r\n")
	h.expect(0, "OBJECT IDLETIME {t}other", ":0\r\n") // that is a use of it, too
	h.clock.Wall += 5000
	h.expect(0, "SET {t}other value NX", "$-1\r\n")
	h.expect(0, "OBJECT IDLETIME {t}other", ":0\r\n")
	if got := h.do(0, "OBJECT FREQ {t}other"); !strings.HasPrefix(got, "-ERR An LFU maxmemory policy is not selected") {
		t.Error(got)
	}
	h.expect(0, "CONFIG SET maxmemory-policy volatile-lfu", "+OK\r\n")
	h.expect(0, "SET {t}key value", "+OK\r\n")
	h.expect(0, "OBJECT FREQ {t}key", ":5\r\n")
	h.expect(0, "GET {t}key", "$5\r\nvalue\r\n")
	h.expect(0, "OBJECT FREQ {t}key", ":6\r\n")
	h.expect(0, "RENAME {t}key {t}renamed", "+OK\r\n")
	if got := h.do(0, "OBJECT FREQ {t}renamed"); got != ":6\r\n" && got != ":7\r\n" {
		t.Errorf("a new name, another frequency: %q", got)
	}
	h.expect(0, "SET {t}key value", "+OK\r\n")
	if got := h.do(0, "OBJECT IDLETIME {t}key"); !strings.HasPrefix(got, "-ERR An LFU maxmemory policy is selected") {
		t.Error(got)
	}
}

// What a node answers and evicts is a function of what it was told. A model that follows its effects gives the same answers.
func TestEvictingNodesAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom([]string{"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl"}).Draw(rt, "policy")
		more := rapid.Int64Range(0, 4000).Draw(rt, "room")
		first, firstLog := boundedHarness(t, policy, more)
		second, secondLog := boundedHarness(t, policy, more)
		model, wall := map[string]string{}, int64(0)
		for range rapid.IntRange(1, 60).Draw(rt, "commands") {
			key := fmt.Sprintf("key%d", rapid.IntRange(0, 30).Draw(rt, "key"))
			words := "GET " + key
			if rapid.Bool().Draw(rt, "write") {
				words = fmt.Sprintf("SET %s %s", key, strings.Repeat("v", rapid.IntRange(1, 300).Draw(rt, "length")))
				if rapid.Bool().Draw(rt, "ends") {
					words += " PX 1000000"
				}
			}
			wall += rapid.Int64Range(0, 3000).Draw(rt, "passes")
			first.clock.Wall, second.clock.Wall = wallStart+wall, wallStart+wall
			start := len(firstLog.bytes)
			got := first.do(0, words)
			if again := second.do(0, words); again != got {
				rt.Fatalf("%s: %q, and the second time %q", words, got, again)
			}
			follow(rt, model, firstLog.bytes[start:])
			want := "+OK\r\n"
			if strings.HasPrefix(words, "GET") {
				want = "$-1\r\n"
				if value, ok := model[key]; ok {
					want = fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
				}
			}
			if got != want && !(got == outOfMemory && strings.HasPrefix(words, "SET")) {
				rt.Fatalf("%s: %q, want %q", words, got, want)
			}
			if got == outOfMemory && strings.HasPrefix(policy, "allkeys") && len(model) > 0 {
				rt.Fatalf("%s: refused, with %d keys that could make room", words, len(model))
			}
		}
		if string(firstLog.bytes) != string(secondLog.bytes) {
			rt.Fatal("the same commands had other effects")
		}
	})
}

// follow applies effects to a model.
func follow(t *rapid.T, model map[string]string, log []byte) {
	for len(log) > 0 {
		effect, size, err := keyspace.DecodeEffect(log)
		if err != nil {
			t.Fatal(err)
		}
		if effect.Kind == keyspace.Delete {
			delete(model, string(effect.Key))
		} else {
			model[string(effect.Key)] = string(effect.Value)
		}
		log = log[size:]
	}
}
