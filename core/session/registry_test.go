package session

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// outbox keeps what sessions are pushed.
type outbox map[int64]string

func (o outbox) Lend(message []byte) []byte    { return []byte(string(message)) }
func (o outbox) Push(to *Session, lent []byte) { o[to.ID] += string(lent) }

func equal(pattern string, name []byte) bool { return strings.HasPrefix(string(name), pattern) }

// machine compares a registry with plain sets.
type machine struct {
	registry *Registry
	pushed   outbox
	sessions []*Session
	lastID   int64
	// listening, watching and caching hold "id kind name", "id key" and "id key".
	listening, watching, caching map[string]bool
}

func (m *machine) open() {
	m.lastID++
	s := &Session{ID: m.lastID, Protocol: 3}
	m.sessions = append(m.sessions, s)
	m.registry.Open(s)
}

func (m *machine) close(s *Session) {
	m.registry.Close(s)
	for i := range m.sessions {
		if m.sessions[i] == s {
			m.sessions = append(m.sessions[:i], m.sessions[i+1:]...)
			break
		}
	}
	for _, set := range []map[string]bool{m.listening, m.watching, m.caching} {
		for entry := range set {
			if strings.HasPrefix(entry, fmt.Sprint(s.ID, " ")) {
				delete(set, entry)
			}
		}
	}
}

func (m *machine) step(rt *rapid.T) {
	if len(m.sessions) == 0 || rapid.IntRange(0, 9).Draw(rt, "open") == 0 {
		m.open()
		return
	}
	s := rapid.SampledFrom(m.sessions).Draw(rt, "session")
	name := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "name")
	kind := Kind(rapid.IntRange(0, int(kinds)-1).Draw(rt, "kind"))
	listening, entry := fmt.Sprint(s.ID, " ", kind, " ", name), fmt.Sprint(s.ID, " ", name)
	switch rapid.IntRange(0, 8).Draw(rt, "action") {
	case 0:
		if m.registry.Subscribe(s, kind, name) == m.listening[listening] {
			rt.Fatalf("subscription of %s", listening)
		}
		m.listening[listening] = true
	case 1:
		if m.registry.Unsubscribe(s, kind, name) != m.listening[listening] {
			rt.Fatalf("unsubscription of %s", listening)
		}
		delete(m.listening, listening)
	case 2:
		m.publish(rt, kind, name)
	case 3:
		m.registry.Watch(s, name, true)
		m.watching[entry] = !s.Transaction.Changed
	case 4:
		m.registry.Unwatch(s)
		for key := range m.watching {
			if strings.HasPrefix(key, fmt.Sprint(s.ID, " ")) {
				delete(m.watching, key)
			}
		}
	case 5:
		m.registry.StartTracking(s, Tracking{}, nil)
	case 6:
		if s.Tracking.On {
			m.registry.Remember(s, []byte(name))
			m.caching[entry] = true
		}
	case 7:
		m.change(rt, name)
	case 8:
		m.close(s)
	}
}

func (m *machine) publish(rt *rapid.T, kind Kind, name string) {
	want := 0
	for _, s := range m.sessions {
		for _, k := range []Kind{Channel, Pattern, ShardChannel} {
			if m.listening[fmt.Sprint(s.ID, " ", k, " ", name)] && (k == ShardChannel) == (kind == ShardChannel) {
				want++
			}
		}
	}
	var told int
	if kind == ShardChannel {
		told = m.registry.PublishShard([]byte(name), []byte("x"))
	} else {
		told = m.registry.Publish([]byte(name), []byte("x"), equal)
	}
	if told != want {
		rt.Fatalf("%d were told, want %d", told, want)
	}
}

// change writes a key: who watches it is marked, who caches it is told.
func (m *machine) change(rt *rapid.T, name string) {
	clear(m.pushed)
	m.registry.Changed([]byte(name), false)
	for _, s := range m.sessions {
		entry := fmt.Sprint(s.ID, " ", name)
		if m.watching[entry] && !s.Transaction.Changed {
			rt.Fatalf("session %d did not learn of %q", s.ID, name)
		}
		if told := strings.Contains(m.pushed[s.ID], "$1\r\n"+name); told != m.caching[entry] {
			rt.Fatalf("session %d was told %q of %q", s.ID, m.pushed[s.ID], name)
		}
		delete(m.caching, entry)
		if s.Transaction.Changed {
			for key := range m.watching {
				if strings.HasPrefix(key, fmt.Sprint(s.ID, " ")) {
					delete(m.watching, key)
				}
			}
		}
	}
}

func TestRegistryAgreesWithSets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pushed := outbox{}
		m := &machine{
			registry: NewRegistry(pushed), pushed: pushed,
			listening: map[string]bool{}, watching: map[string]bool{}, caching: map[string]bool{},
		}
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			m.step(rt)
			if err := m.registry.Check(); err != nil {
				rt.Fatal(err)
			}
			if listening := m.registry.retained; (listening == 0) != (len(m.listening)+m.watched() == 0) {
				rt.Fatalf("%d bytes are retained for %d subscriptions and %d watches", listening, len(m.listening), m.watched())
			}
		}
		for len(m.sessions) > 0 {
			m.close(m.sessions[0])
		}
		clients, keys, items, prefixes := m.registry.TrackingCounts()
		if m.registry.Retained()+clients+keys+items+prefixes != 0 {
			rt.Fatal("something is left of the closed sessions")
		}
	})
}

func (m *machine) watched() (count int) {
	for _, watching := range m.watching {
		if watching {
			count++
		}
	}
	return count
}

// Each one-sided entry of a table is found by Check.
func TestCheckFindsOneSidedEntries(t *testing.T) {
	for name, spoil := range map[string]func(*Registry, *Session){
		"a subscriber that does not know": func(r *Registry, s *Session) { s.subscriptions[Channel].remove("a") },
		"a channel that does not know": func(r *Registry, s *Session) {
			ch, _ := r.channels[Channel].get("a")
			ch.subscribers.remove(s.ID)
		},
		"a watcher that does not know":    func(r *Registry, s *Session) { s.watched.remove("k") },
		"a watched key without a watcher": func(r *Registry, s *Session) { r.watches.remove("k") },
		"a marked watcher":                func(r *Registry, s *Session) { s.Transaction.Changed = true },
		"a tracked key that is forgotten": func(r *Registry, s *Session) { s.Tracking.keys[0].forgotten = true },
		"a tracking that is not listed":   func(r *Registry, s *Session) { r.tracking.clients.remove(s.ID) },
		"a prefix that does not know":     func(r *Registry, s *Session) { r.tracking.prefixes.remove("p") },
		"a session that is gone":          func(r *Registry, s *Session) { r.sessions.remove(s.ID) },
		"a count that is wrong":           func(r *Registry, s *Session) { r.retained++ },
		"a monitor that is not listed":    func(r *Registry, s *Session) { s.Monitor = true },
		"a command that has not ended":    func(r *Registry, s *Session) { r.Begin(s) },
	} {
		r := NewRegistry(outbox{})
		s := &Session{ID: 1, Protocol: 3}
		r.Open(s)
		r.Subscribe(s, Channel, "a")
		r.Watch(s, "k", true)
		r.StartTracking(s, Tracking{}, []string{"p"})
		r.Remember(s, []byte("key"))
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(r, s)
		if r.Check() == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// A session that reads a key again and again, as it is written, does not remember more and more.
func TestForgottenKeysAreLetGo(t *testing.T) {
	r := NewRegistry(outbox{})
	s := &Session{ID: 1, Protocol: 3}
	r.Open(s)
	r.StartTracking(s, Tracking{}, nil)
	for range 1000 {
		r.Remember(s, []byte("key"))
		r.Changed([]byte("key"), false)
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
	}
}
