package session

// watchers are the sessions that watch a key.
type watchers struct {
	// sessions are by id. Invariant: not empty.
	sessions ordered[int64, *Session]
}

// watch is what a session remembers of a key that it watches.
type watch struct {
	// present says that the key was there when WATCH came; one past its time counts as absent. As long as the session is
	// not marked, the key is as it was then.
	present bool
}

// Watch makes a session learn of changes of a key. present says whether the key is there and not past its time.
func (r *Registry) Watch(s *Session, key string, present bool) {
	if s.Transaction.Changed || s.watched.has(key) {
		return // what is to be learnt is known already
	}
	table, ok := r.watches.get(key)
	if !ok {
		table = &watchers{}
		r.watches.put(key, table)
	}
	table.sessions.put(s.ID, s)
	s.watched.put(key, watch{present: present})
	r.retain(s, len(key)+entryOverhead)
}

// Unwatch ends the watching of all keys, and forgets that any of them has changed.
func (r *Registry) Unwatch(s *Session) {
	s.Transaction.Changed = false
	r.dropWatches(s)
}

// dropWatches takes a session out of the tables.
func (r *Registry) dropWatches(s *Session) {
	for key := range s.watched.all() {
		table, _ := r.watches.get(key)
		table.sessions.remove(s.ID)
		if table.sessions.len() == 0 {
			r.watches.remove(key)
		}
		r.retain(s, -len(key)-entryOverhead)
	}
	s.watched.clear()
}

// EndTransaction closes what MULTI and WATCH have begun.
func (r *Registry) EndTransaction(s *Session) {
	r.Unwatch(s)
	s.Transaction = Transaction{}
}

// WatchedStand reports whether the watched keys that were there still are: one that is past its time by now has seen no
// change, and is not what WATCH saw.
func (s *Session) WatchedStand(present func(key string) bool) bool {
	for key, w := range s.watched.all() {
		if w.present && !present(key) {
			return false
		}
	}
	return true
}

// Changed takes notice of a change of a key. deleted says that the key is gone.
func (r *Registry) Changed(key []byte, deleted bool) {
	if r.watches.len() > 0 {
		r.markWatchers(key, deleted)
	}
	if r.tracking.active() {
		r.invalidate(key)
	}
}

// markWatchers marks those who watch the key. A marked session needs its watches no more, so they are dropped, and a key that
// is written often costs nothing further.
func (r *Registry) markWatchers(key []byte, deleted bool) {
	table, ok := r.watches.get(string(key))
	if !ok {
		return
	}
	for _, id := range table.sessions.keys() {
		s, _ := table.sessions.get(id)
		if w, _ := s.watched.get(string(key)); deleted && !w.present {
			continue // past its time at WATCH already: nothing has changed
		}
		s.Transaction.Changed = true
		r.dropWatches(s)
	}
}

// Flushed takes notice that keys are gone, those that gone reports. Whoever tracks keys is told to forget all.
func (r *Registry) Flushed(gone func(key string) bool) {
	for _, s := range r.sessions.all() {
		if s.lost(gone) {
			s.Transaction.Changed = true
			r.dropWatches(s)
		}
	}
	r.ForgetCaches()
}

// lost reports whether a watched key that was there is among the gone.
func (s *Session) lost(gone func(key string) bool) bool {
	for key, w := range s.watched.all() {
		if w.present && gone(key) {
			return true
		}
	}
	return false
}
