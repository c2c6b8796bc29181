package session

import (
	"iter"

	"github.com/ember-cluster/ember/core/resp"
)

// Outbox takes what sessions are to be told beside the replies to their own commands.
type Outbox interface {
	// Lend copies a message to where it may be pushed from, to any number of sessions.
	Lend(message []byte) []byte
	// Push sends a lent message to a session: at once, or, to the session whose command is being executed, behind its reply.
	Push(to *Session, lent []byte)
}

// Registry holds the open sessions and the tables between them.
type Registry struct {
	outbox   Outbox
	sessions ordered[int64, *Session]
	// channels are what is subscribed to, by kind.
	channels [kinds]ordered[string, *channel]
	watches  ordered[string, *watchers]
	monitors ordered[int64, *Session]
	tracking trackingTable
	// current is the session whose command is being executed, nil between commands.
	current *Session
	// writer2 and writer3 are for messages in the two protocols.
	writer2, writer3 resp.Writer
	// retained is the sum over the sessions.
	retained int
	// Deliveries counts the messages of PUBLISH that were pushed.
	Deliveries uint64
}

// NewRegistry returns one without sessions.
func NewRegistry(outbox Outbox) *Registry {
	return &Registry{
		outbox: outbox, writer2: resp.Writer{Protocol: 2}, writer3: resp.Writer{Protocol: 3},
		tracking: trackingTable{MaxKeys: DefaultTrackedKeys},
	}
}

// Open adds a session. Ids must rise.
func (r *Registry) Open(s *Session) { r.sessions.put(s.ID, s) }

// Close removes a session and all that the tables hold for it.
func (r *Registry) Close(s *Session) {
	r.forget(s)
	r.sessions.remove(s.ID)
}

// Reset brings a session back to how it was when the connection was made (RESET). The library stays known, since it is the
// same at the other end. Whether the client has to authenticate again is for the caller to say.
func (r *Registry) Reset(s *Session) {
	r.forget(s)
	s.Name = ""
	s.Protocol = 2
	s.ReadOnly, s.Asking, s.NoEvict, s.NoTouch = false, false, false, false
	s.Replies = ReplyOn
}

func (r *Registry) forget(s *Session) {
	r.EndTransaction(s)
	r.StopTracking(s)
	r.StopMonitor(s)
	for kind := range kinds {
		for _, name := range s.subscriptions[kind].keys() {
			r.Unsubscribe(s, kind, name)
		}
	}
}

// Find returns the open session of an id, or nil.
func (r *Registry) Find(id int64) *Session {
	s, _ := r.sessions.get(id)
	return s
}

// Len returns the number of open sessions.
func (r *Registry) Len() int { return r.sessions.len() }

// All walks over the open sessions in the order of their ids. None may be opened or closed meanwhile.
func (r *Registry) All() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for _, s := range r.sessions.all() {
			if !yield(s) {
				return
			}
		}
	}
}

// Retained returns how many bytes the tables hold for all sessions; the queues of MULTI are not in it.
func (r *Registry) Retained() int { return r.retained }

// retain counts what a session makes the tables hold. It is negative for what is given back.
func (r *Registry) retain(s *Session, bytes int) {
	s.retained += bytes
	r.retained += bytes
}

// Begin says that a command of the session is about to be executed.
func (r *Registry) Begin(s *Session) { r.current = s }

// End says that the command, or the transaction, is over: what it did is told to those who track it.
func (r *Registry) End() {
	if r.tracking.pending() {
		r.tellTracking()
	}
	r.current = nil
}

// Monitor shows every command to a session from now on.
func (r *Registry) Monitor(s *Session) {
	s.Monitor = true
	r.monitors.put(s.ID, s)
}

// StopMonitor ends what Monitor has begun.
func (r *Registry) StopMonitor(s *Session) {
	s.Monitor = false
	r.monitors.remove(s.ID)
}

// Monitors returns how many sessions are shown every command.
func (r *Registry) Monitors() int { return r.monitors.len() }

// Show tells the monitors of a command, by a line without its end.
func (r *Registry) Show(line string) {
	r.writer2.Buf = r.writer2.Buf[:0]
	r.writer2.Simple(line)
	lent := r.outbox.Lend(r.writer2.Buf)
	for _, s := range r.monitors.all() {
		r.outbox.Push(s, lent)
	}
}

// message is a push in both protocols, each written when the first session wants it.
type message struct {
	registry     *Registry
	write        func(*resp.Writer)
	lent2, lent3 []byte
}

// push sends the message to a session in its own protocol.
func (m *message) push(to *Session) {
	lent, writer := &m.lent2, &m.registry.writer2
	if to.Protocol == 3 {
		lent, writer = &m.lent3, &m.registry.writer3
	}
	if *lent == nil {
		writer.Buf = writer.Buf[:0]
		m.write(writer)
		*lent = m.registry.outbox.Lend(writer.Buf)
		if cap(writer.Buf) > maxKeptWriter {
			writer.Buf = nil
		}
	}
	m.registry.outbox.Push(to, *lent)
}

// maxKeptWriter bounds the memory that stays with a writer behind a large message.
const maxKeptWriter = 1 << 20
