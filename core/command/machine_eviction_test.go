package command

import (
	"bytes"

	"github.com/ember-cluster/ember/core/keyspace"
	"pgregory.net/rapid"
)

// evict lets keys make room, as a node does when memory is short, and compares what is told of the use of those that stay.
func (m *commandMachine) evict(t *rapid.T) {
	policy := rapid.SampledFrom(evictionPolicies).Draw(t, "policy")
	m.expect(t, replyOK, "CONFIG", "SET", "maxmemory-policy", policy.name)
	space := m.node.context.Space
	space.SetEviction(m.node.context.Settings.Eviction)
	for range rapid.IntRange(0, 4).Draw(t, "keys") {
		slot, key, ok := space.Victim()
		if !ok {
			break
		}
		key = bytes.Clone(key)
		m.node.context.Apply(keyspace.Effect{Kind: keyspace.Delete, Slot: slot, Key: key})
		delete(m.keys, string(key))
		m.expect(t, replyNull, "GET", string(key))
	}
	key := keyName(t)
	_, there := m.keys[key]
	reply := string(m.node.do([]byte("OBJECT"), []byte("FREQ"), []byte(key)))
	switch {
	case !there:
		m.same(t, reply, replyNull)
	case policy.policy.ByFrequency():
		if reply[0] != ':' {
			t.Fatalf("OBJECT FREQ with %s: %q", policy.name, reply)
		}
	default:
		m.same(t, reply, "-"+string(errNoFrequency)+"\r\n")
	}
}

func (m *commandMachine) same(t *rapid.T, got, want string) {
	if got != want {
		t.Fatalf("%q, want %q", got, want)
	}
}
