package session

import (
	"slices"

	"github.com/ember-cluster/ember/core/resp"
)

// Kind is a kind of name to which a client can listen.
type Kind uint8

const (
	// Channel is the name of a channel (SUBSCRIBE).
	Channel Kind = iota
	// Pattern stands for all channels whose names it matches (PSUBSCRIBE).
	Pattern
	// ShardChannel is a channel that belongs to the shard which serves the slot of its name (SSUBSCRIBE).
	ShardChannel

	kinds
)

// channel is a name with those who listen to it.
type channel struct {
	name string
	// subscribers are by id, in the order in which they subscribed. Invariant: not empty.
	subscribers ordered[int64, *Session]
}

// Subscribe makes a session listen to a name. It reports whether that is new.
func (r *Registry) Subscribe(s *Session, kind Kind, name string) bool {
	if s.subscriptions[kind].has(name) {
		return false
	}
	ch, ok := r.channels[kind].get(name)
	if !ok {
		ch = &channel{name: name}
		r.channels[kind].put(name, ch)
	}
	ch.subscribers.put(s.ID, s)
	s.subscriptions[kind].put(name, ch)
	r.retain(s, len(name)+entryOverhead)
	return true
}

// Unsubscribe takes that back. It reports whether the session has listened to the name.
func (r *Registry) Unsubscribe(s *Session, kind Kind, name string) bool {
	ch, ok := s.subscriptions[kind].get(name)
	if !ok {
		return false
	}
	s.subscriptions[kind].remove(name)
	ch.subscribers.remove(s.ID)
	if ch.subscribers.len() == 0 {
		r.channels[kind].remove(name)
	}
	r.retain(s, -len(name)-entryOverhead)
	return true
}

// SubscribedNames returns what a session listens to, oldest first.
func (s *Session) SubscribedNames(kind Kind) []string { return s.subscriptions[kind].keys() }

// Publish tells the subscribers of a channel, and then those of the patterns that match it, of a message, each in the order
// of subscription. It returns how many were told; a session that listens in several ways is told as often.
func (r *Registry) Publish(name, text []byte, match func(pattern string, name []byte) bool) int {
	told := 0
	if ch, ok := r.channels[Channel].get(string(name)); ok {
		told += r.deliver(ch, func(w *resp.Writer) { writePush(w, "message", name, text) })
	}
	for pattern, ch := range r.channels[Pattern].all() {
		if match(pattern, name) {
			told += r.deliver(ch, func(w *resp.Writer) { writePush(w, "pmessage", []byte(pattern), name, text) })
		}
	}
	return told
}

// PublishShard is Publish for a shard channel, to which no pattern applies.
func (r *Registry) PublishShard(name, text []byte) int {
	ch, ok := r.channels[ShardChannel].get(string(name))
	if !ok {
		return 0
	}
	return r.deliver(ch, func(w *resp.Writer) { writePush(w, "smessage", name, text) })
}

func (r *Registry) deliver(ch *channel, write func(*resp.Writer)) int {
	m := message{registry: r, write: write}
	for _, s := range ch.subscribers.all() {
		m.push(s)
	}
	r.Deliveries += uint64(ch.subscribers.len())
	return ch.subscribers.len()
}

func writePush(w *resp.Writer, kind string, parts ...[]byte) {
	w.Push(1 + len(parts))
	w.BulkString(kind)
	for _, part := range parts {
		w.Bulk(part)
	}
}

// DropShardChannels ends the subscriptions to shard channels that this node no longer serves, and tells the subscribers.
func (r *Registry) DropShardChannels(served func(name string) bool) {
	for _, name := range r.channels[ShardChannel].keys() {
		if served(name) {
			continue
		}
		ch, _ := r.channels[ShardChannel].get(name)
		for _, id := range ch.subscribers.keys() {
			s := r.Find(id)
			r.Unsubscribe(s, ShardChannel, name)
			m := message{registry: r, write: func(w *resp.Writer) {
				w.Push(3)
				w.BulkString("sunsubscribe")
				w.BulkString(name)
				w.Int(int64(s.Subscriptions(ShardChannel)))
			}}
			m.push(s)
		}
	}
}

// Names returns the names of a kind that somebody listens to, sorted.
func (r *Registry) Names(kind Kind) []string {
	names := r.channels[kind].keys()
	slices.Sort(names)
	return names
}

// NameCount returns how many names of a kind somebody listens to.
func (r *Registry) NameCount(kind Kind) int { return r.channels[kind].len() }

// Subscribers returns how many sessions listen to a name.
func (r *Registry) Subscribers(kind Kind, name string) int {
	ch, ok := r.channels[kind].get(name)
	if !ok {
		return 0
	}
	return ch.subscribers.len()
}
