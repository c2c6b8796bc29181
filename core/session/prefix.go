package session

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ember-cluster/ember/core/resp"
)

// prefix is the beginning of keys whose changes are told to whoever asks (CLIENT TRACKING … BCAST PREFIX).
type prefix struct {
	// sessions are by id. Invariant: not empty.
	sessions ordered[int64, *Session]
	// changed are the keys that have changed in the current command, each with the session that was the first to change
	// it, nil if the node did. Empty between commands.
	changed ordered[string, *Session]
}

func (r *Registry) addPrefix(s *Session, name string) {
	if s.Tracking.prefixes.has(name) {
		return
	}
	p, ok := r.tracking.prefixes.get(name)
	if !ok {
		p = &prefix{}
		r.tracking.prefixes.put(name, p)
	}
	p.sessions.put(s.ID, s)
	s.Tracking.prefixes.put(name, p)
	r.retain(s, len(name)+entryOverhead)
}

func (r *Registry) dropPrefix(s *Session, name string) {
	p, _ := s.Tracking.prefixes.get(name)
	p.sessions.remove(s.ID)
	s.Tracking.prefixes.remove(name)
	if p.sessions.len() == 0 {
		r.tracking.prefixes.remove(name)
	}
	r.retain(s, -len(name)-entryOverhead)
}

// Prefixes returns the prefixes of a session that tracks by them, sorted.
func (t *Tracking) Prefixes() []string {
	names := t.prefixes.keys()
	slices.Sort(names)
	return names
}

// noteForPrefixes notes a change for the prefixes that the key has.
func (r *Registry) noteForPrefixes(key []byte) {
	for name, p := range r.tracking.prefixes.all() {
		if bytes.HasPrefix(key, []byte(name)) && !p.changed.has(string(key)) {
			p.changed.put(string(key), r.current)
			r.tracking.broadcast = true
		}
	}
}

// tellPrefixes tells what has changed, prefix by prefix, in the order of their names, and within each in that of the keys.
func (r *Registry) tellPrefixes() {
	r.tracking.broadcast = false
	names := r.tracking.prefixes.keys()
	slices.Sort(names)
	for _, name := range names {
		p, _ := r.tracking.prefixes.get(name)
		if p.changed.len() == 0 {
			continue
		}
		for _, s := range p.sessions.all() {
			if keys := p.keysFor(s); len(keys) > 0 {
				r.tellKeys(s, keys)
			}
		}
		p.changed.clear()
	}
}

// keysFor returns the changed keys of which a session is to be told, sorted.
func (p *prefix) keysFor(s *Session) []string {
	var keys []string
	for key, by := range p.changed.all() {
		if !(s.Tracking.NoLoop && by == s) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (r *Registry) tellKeys(s *Session, keys []string) {
	r.tell(s, func(w *resp.Writer) {
		w.Array(len(keys))
		for _, key := range keys {
			w.BulkString(key)
		}
	})
}

// Overlapping reports the prefix among names that is the beginning of another, or has it as its own, together with that one:
// one of the session's own, or a later one of the names. A session with such would be told of a key twice.
func (t *Tracking) Overlapping(names []string) (name, other string, own, found bool) {
	for i, name := range names {
		for existing := range t.prefixes.all() {
			if overlap(name, existing) {
				return name, existing, true, true
			}
		}
		for _, later := range names[i+1:] {
			if overlap(name, later) {
				return name, later, false, true
			}
		}
	}
	return "", "", false, false
}

func overlap(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
