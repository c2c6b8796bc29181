package session

import (
	"cmp"
	"slices"

	"github.com/ember-cluster/ember/core/resp"
)

// Tracking is what CLIENT TRACKING has set for a session, so that it is told when keys change that it keeps in a cache.
type Tracking struct {
	// On says that the session tracks keys: those that it reads or, with Broadcast, all that begin with certain prefixes.
	On, Broadcast bool
	// OptIn tracks what is read right behind CLIENT CACHING YES only; OptOut all but what is read behind CLIENT CACHING NO.
	OptIn, OptOut bool
	// NoLoop leaves out the session's own changes.
	NoLoop bool
	// Redirect is the id of the session that is told instead, or 0.
	Redirect int64
	// BrokenRedirect says that there was something to tell after that session had ended.
	BrokenRedirect bool
	// Caching says that CLIENT CACHING has named an exception for the next command, or transaction. The node clears it.
	Caching bool

	// prefixes are those of Broadcast.
	prefixes ordered[string, *prefix]
	// keys are the keys that were read, forgotten ones among them; known are those that are not forgotten.
	// Invariant: len(keys) <= 2*known+slack.
	keys  []*trackedKey
	known int
}

// trackingTable is the keys that sessions have in their caches.
type trackingTable struct {
	// MaxKeys bounds the keys (tracking-table-max-keys), 0 for no bound. Beyond it the oldest is declared changed.
	MaxKeys  int
	clients  ordered[int64, *Session]
	keys     ordered[string, *trackedKey]
	items    int // the sum of the keys' sessions
	prefixes ordered[string, *prefix]
	// own are the changes of the current session that it is to be told of itself.
	own []ownChange
	// broadcast says that some prefix has changes that were not told.
	broadcast bool
}

// DefaultTrackedKeys is Redis's default of tracking-table-max-keys.
const DefaultTrackedKeys = 1_000_000

// trackedKey is a key that some session has in its cache.
type trackedKey struct {
	name string
	// sessions are sorted by id. Invariant: not empty, as long as the key is not forgotten.
	sessions []*Session
	// forgotten says that the key is in the table no more.
	forgotten bool
}

// ownChange is a key that has changed, or all of them.
type ownChange struct {
	key string
	all bool
}

func (t *trackingTable) active() bool { return t.clients.len() > 0 }

func (t *trackingTable) pending() bool { return len(t.own) > 0 || t.broadcast }

// TrackingCounts returns how many sessions track, how many keys they know, in all, each key counted for every session, and
// how many prefixes there are.
func (r *Registry) TrackingCounts() (clients, keys, items, prefixes int) {
	t := &r.tracking
	return t.clients.len(), t.keys.len(), t.items, t.prefixes.len()
}

// SetMaxTrackedKeys bounds the keys in the tracking table.
func (r *Registry) SetMaxTrackedKeys(keys int) {
	r.tracking.MaxKeys = keys
	r.trimTracked()
}

// StartTracking sets what a session tracks from now on. Of the new settings, what counts is what CLIENT TRACKING gives.
func (r *Registry) StartTracking(s *Session, settings Tracking, prefixes []string) {
	t := &s.Tracking
	r.tracking.clients.put(s.ID, s)
	t.On = true
	t.Broadcast, t.OptIn, t.OptOut, t.NoLoop = settings.Broadcast, settings.OptIn, settings.OptOut, settings.NoLoop
	t.Redirect, t.BrokenRedirect = settings.Redirect, false
	for _, name := range prefixes {
		r.addPrefix(s, name)
	}
}

// StopTracking forgets what a session has in its cache.
func (r *Registry) StopTracking(s *Session) {
	if !s.Tracking.On {
		return
	}
	for _, key := range s.Tracking.keys {
		if !key.forgotten {
			r.dropTracked(key, s)
		}
	}
	for _, name := range s.Tracking.prefixes.keys() {
		r.dropPrefix(s, name)
	}
	r.tracking.clients.remove(s.ID)
	s.Tracking = Tracking{}
}

// Remember notes that a session has read a key, if it wants to be told of its next change.
func (r *Registry) Remember(s *Session, name []byte) {
	key, ok := r.tracking.keys.get(string(name))
	if !ok {
		key = &trackedKey{name: string(name)}
		r.tracking.keys.put(key.name, key)
	}
	at, known := key.find(s)
	if known {
		return
	}
	key.sessions = slices.Insert(key.sessions, at, s)
	r.tracking.items++
	s.Tracking.keys = append(s.Tracking.keys, key)
	s.Tracking.known++
	r.trimTracked()
}

// Remembers reports whether reading tells the registry what the session caches, as far as its settings and CLIENT CACHING go.
func (t *Tracking) Remembers() bool {
	return t.On && !t.Broadcast && !(t.OptIn && !t.Caching) && !(t.OptOut && t.Caching)
}

func (k *trackedKey) find(s *Session) (at int, found bool) {
	return slices.BinarySearchFunc(k.sessions, s.ID, func(s *Session, id int64) int { return cmp.Compare(s.ID, id) })
}

// dropTracked takes one session from a key.
func (r *Registry) dropTracked(key *trackedKey, s *Session) {
	at, _ := key.find(s)
	key.sessions = slices.Delete(key.sessions, at, at+1)
	r.tracking.items--
	s.Tracking.known--
	if len(key.sessions) == 0 {
		key.forgotten = true
		r.tracking.keys.remove(key.name)
	}
}

// forgetTracked takes a key out of the table, and returns the sessions that had it.
func (r *Registry) forgetTracked(key *trackedKey) []*Session {
	sessions := key.sessions
	key.sessions, key.forgotten = nil, true
	r.tracking.keys.remove(key.name)
	r.tracking.items -= len(sessions)
	for _, s := range sessions {
		s.Tracking.known--
		s.Tracking.trim()
	}
	return sessions
}

// trim lets go of forgotten keys, once they are the most.
func (t *Tracking) trim() {
	if len(t.keys) > 2*t.known+slack {
		t.keys = slices.DeleteFunc(t.keys, func(key *trackedKey) bool { return key.forgotten })
	}
}

// trimTracked declares the oldest keys changed until the table is within its bound.
func (r *Registry) trimTracked() {
	t := &r.tracking
	for t.MaxKeys > 0 && t.keys.len() > t.MaxKeys {
		_, key, _ := t.keys.oldest()
		r.tellTracked(r.forgetTracked(key), key.name, nil)
	}
}

// invalidate tells those who have the key in their caches that it has changed.
func (r *Registry) invalidate(name []byte) {
	r.noteForPrefixes(name)
	if key, ok := r.tracking.keys.get(string(name)); ok {
		r.tellTracked(r.forgetTracked(key), key.name, r.current)
	}
}

// tellTracked tells sessions that a key has changed: at once, but for the current session, which learns of it behind its
// reply. by is who has changed it.
func (r *Registry) tellTracked(sessions []*Session, name string, by *Session) {
	for _, s := range sessions {
		switch {
		case s.Tracking.NoLoop && s == by:
		case s == r.current:
			r.tracking.own = append(r.tracking.own, ownChange{key: name})
		default:
			r.tellKey(s, name)
		}
	}
}

// ForgetCaches tells everybody who tracks keys to forget all of them, also if there was none to be deleted.
func (r *Registry) ForgetCaches() {
	if r.tracking.active() {
		r.invalidateAll()
	}
}

// invalidateAll tells everybody to forget all.
func (r *Registry) invalidateAll() {
	for _, s := range r.tracking.clients.all() {
		if s == r.current {
			r.tracking.own = append(r.tracking.own, ownChange{all: true})
		} else {
			r.tellAll(s)
		}
	}
	for _, name := range r.tracking.keys.keys() {
		key, _ := r.tracking.keys.get(name)
		r.forgetTracked(key)
	}
}

// tellTracking tells what had to wait for the end of the command.
func (r *Registry) tellTracking() {
	for _, change := range r.tracking.own {
		if change.all {
			r.tellAll(r.current)
		} else {
			r.tellKey(r.current, change.key)
		}
	}
	clear(r.tracking.own)
	r.tracking.own = r.tracking.own[:0]
	if r.tracking.broadcast {
		r.tellPrefixes()
	}
}

func (r *Registry) tellKey(s *Session, name string) {
	r.tell(s, func(w *resp.Writer) {
		w.Array(1)
		w.BulkString(name)
	})
}

// tellAll writes the null in the protocol of the session that tracks, also where another one is told.
func (r *Registry) tellAll(s *Session) {
	null := "$-1\r\n"
	if s.Protocol == 3 {
		null = "_\r\n"
	}
	r.tell(s, func(w *resp.Writer) { w.Raw([]byte(null)) })
}

// trackingChannel is where a RESP2 connection, to which another one redirects, is told.
const trackingChannel = "__redis__:invalidate"

// tell pushes what has changed to a session, or to the one to which it redirects. A RESP2 connection can be told only if
// it is redirected to and listens to channels.
func (r *Registry) tell(s *Session, what func(*resp.Writer)) {
	to := s
	if s.Tracking.Redirect != 0 {
		if to = r.Find(s.Tracking.Redirect); to == nil {
			r.tellBroken(s)
			return
		}
	}
	if to.Protocol != 3 && (s.Tracking.Redirect == 0 || !to.Subscribed()) {
		return
	}
	m := message{registry: r, write: func(w *resp.Writer) {
		if w.Protocol == 3 {
			w.Push(2)
			w.BulkString("invalidate")
		} else {
			w.Push(3)
			w.BulkString("message")
			w.BulkString(trackingChannel)
		}
		what(w)
	}}
	m.push(to)
}

// tellBroken tells a session that whom it redirects to is gone.
func (r *Registry) tellBroken(s *Session) {
	s.Tracking.BrokenRedirect = true
	if s.Protocol != 3 {
		return
	}
	m := message{registry: r, write: func(w *resp.Writer) {
		w.Push(2)
		w.BulkString("tracking-redir-broken")
		w.Int(s.Tracking.Redirect)
	}}
	m.push(s)
}
