package session

import "fmt"

// Check verifies that the tables know the same in both directions, and that nothing is left of a session that has ended.
func (r *Registry) Check() error {
	for _, check := range []func() error{r.checkSessions, r.checkChannels, r.checkWatches, r.checkTracked, r.checkPrefixes} {
		if err := check(); err != nil {
			return err
		}
	}
	if r.current != nil || r.tracking.pending() {
		return fmt.Errorf("session: a command of session %v, or what it has to tell, is left over", r.current)
	}
	return nil
}

// checkSessions walks from the sessions to the tables.
func (r *Registry) checkSessions() error {
	retained, last := 0, int64(0)
	for id, s := range r.sessions.all() {
		if s.ID != id || id <= last {
			return fmt.Errorf("session: session %d is kept as %d, behind %d", s.ID, id, last)
		}
		last = id
		retained += s.retained
		if err := r.checkSession(s); err != nil {
			return err
		}
	}
	if retained != r.retained {
		return fmt.Errorf("session: the sessions retain %d bytes, counted %d", retained, r.retained)
	}
	return nil
}

func (r *Registry) checkSession(s *Session) error {
	retained := 0
	for kind := range kinds {
		for name, ch := range s.subscriptions[kind].all() {
			retained += len(name) + entryOverhead
			if known, _ := r.channels[kind].get(name); known != ch || !ch.subscribers.has(s.ID) {
				return fmt.Errorf("session: %q of kind %d does not know its subscriber %d", name, kind, s.ID)
			}
		}
	}
	for key := range s.watched.all() {
		retained += len(key) + entryOverhead
		if table, ok := r.watches.get(key); !ok || !table.sessions.has(s.ID) {
			return fmt.Errorf("session: key %q does not know its watcher %d", key, s.ID)
		}
	}
	for name, p := range s.Tracking.prefixes.all() {
		retained += len(name) + entryOverhead
		if known, _ := r.tracking.prefixes.get(name); known != p || !p.sessions.has(s.ID) {
			return fmt.Errorf("session: prefix %q does not know session %d", name, s.ID)
		}
	}
	if retained != s.retained {
		return fmt.Errorf("session: session %d retains %d bytes, counted %d", s.ID, retained, s.retained)
	}
	if s.Monitor != r.monitors.has(s.ID) || s.Tracking.On != r.tracking.clients.has(s.ID) {
		return fmt.Errorf("session: session %d is not listed as monitor or tracking as it says", s.ID)
	}
	return s.checkTracked()
}

func (s *Session) checkTracked() error {
	known := 0
	for _, key := range s.Tracking.keys {
		if key.forgotten {
			continue
		}
		known++
		if _, ok := key.find(s); !ok {
			return fmt.Errorf("session: key %q does not know that session %d tracks it", key.name, s.ID)
		}
	}
	if known != s.Tracking.known || len(s.Tracking.keys) > 2*known+slack {
		return fmt.Errorf("session: session %d tracks %d keys, counted %d, listed %d", s.ID, known, s.Tracking.known, len(s.Tracking.keys))
	}
	return nil
}

// checkSubscribed walks from the tables to the sessions, as the ones below do.
func (r *Registry) checkChannels() error {
	for kind := range kinds {
		for name, ch := range r.channels[kind].all() {
			if ch.subscribers.len() == 0 {
				return fmt.Errorf("session: nobody listens to %q of kind %d", name, kind)
			}
			for id, s := range ch.subscribers.all() {
				if r.Find(id) != s || !s.subscriptions[kind].has(name) {
					return fmt.Errorf("session: session %d does not listen to %q of kind %d", id, name, kind)
				}
			}
		}
	}
	return nil
}

func (r *Registry) checkWatches() error {
	for key, table := range r.watches.all() {
		if table.sessions.len() == 0 {
			return fmt.Errorf("session: nobody watches key %q", key)
		}
		for id, s := range table.sessions.all() {
			if r.Find(id) != s || !s.watched.has(key) || s.Transaction.Changed {
				return fmt.Errorf("session: session %d does not watch key %q", id, key)
			}
		}
	}
	return nil
}

func (r *Registry) checkTracked() error {
	t := &r.tracking
	items, known := 0, 0
	for name, key := range t.keys.all() {
		if key.name != name || key.forgotten || len(key.sessions) == 0 {
			return fmt.Errorf("session: nobody tracks key %q", name)
		}
		items += len(key.sessions)
		for _, s := range key.sessions {
			if r.Find(s.ID) != s || !s.Tracking.On {
				return fmt.Errorf("session: key %q is tracked by session %d, which is gone or does not track", name, s.ID)
			}
		}
	}
	for _, s := range t.clients.all() {
		known += s.Tracking.known
	}
	if items != t.items || items != known || t.MaxKeys > 0 && t.keys.len() > t.MaxKeys {
		return fmt.Errorf("session: %d tracked items, counted %d, known to sessions %d, %d keys", items, t.items, known, t.keys.len())
	}
	return nil
}

func (r *Registry) checkPrefixes() error {
	for name, p := range r.tracking.prefixes.all() {
		if p.sessions.len() == 0 || p.changed.len() != 0 {
			return fmt.Errorf("session: prefix %q has %d sessions and %d changes", name, p.sessions.len(), p.changed.len())
		}
		for id, s := range p.sessions.all() {
			if r.Find(id) != s || !s.Tracking.prefixes.has(name) {
				return fmt.Errorf("session: session %d does not track prefix %q", id, name)
			}
		}
	}
	return nil
}
