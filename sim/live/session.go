// Package live runs a simulation in steps, so that somebody can watch it, stop it, and do harm to it by hand.
//
// A Session makes a coroutine of a run: the run goes on as long as it is allowed to, and stands still between two events
// otherwise. It does what it would do by itself, so an untouched session has the hash of the plain run.
//
//	Advance ──► run ──event──event──event──┐
//	   ▲                                   │ the limit is reached
//	   └────────── Progress ◄──────────────┘
//	Apply, Lift: faults of this instant
package live

import (
	"errors"
	"iter"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/view"
)

// A Run runs one world, shows all its records to observe, and returns what came of it. The error is a mistake in what it was
// asked to run.
type Run func(observe func(r *sim.Record)) (view.Meta, error)

var errNotRunning = errors.New("live: the run has not begun or is over")

// Progress is what has happened since the last one.
type Progress struct {
	Chunk view.Chunk `json:"chunk"`
	// Ended says that the run is over. Meta then tells what came of it, or Error why it could not be run.
	Ended bool       `json:"ended"`
	Meta  *view.Meta `json:"meta,omitempty"`
	Error string     `json:"error,omitempty"`
}

// A Session is a run under way. It is used by one goroutine at a time.
type Session struct {
	recorder *view.Recorder
	next     func() (struct{}, bool)
	world    *sim.World // nil before the first event

	until    time.Duration // virtual time at which the run stands still
	events   uint64        // number of the event after which it does
	stopping bool

	ended bool
	meta  view.Meta
	err   error
}

// New returns a session whose run has not begun.
func New(run Run) *Session {
	s := &Session{recorder: view.NewRecorder()}
	s.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		s.meta, s.err = run(func(r *sim.Record) {
			s.recorder.Observe(r)
			if s.world == nil && s.recorder.World() != nil {
				s.world = s.recorder.World()
				s.world.OnEvent("live", func() error { return s.eventDone(yield) })
			}
		})
	})
	return s
}

// eventDone stands still if the run may not go on.
func (s *Session) eventDone(yield func(struct{}) bool) error {
	for !s.stopping && (s.world.Now() >= s.until || s.world.Events() >= s.events) {
		yield(struct{}{})
	}
	if s.stopping {
		s.world.Fail(sim.Unknown, "live", "stopped")
	}
	return nil
}

// Advance lets the run go on until the virtual time or for a number of events, whichever is reached first.
func (s *Session) Advance(until time.Duration, events uint64) Progress {
	s.until, s.events = until, events
	if s.world != nil {
		s.events += s.world.Events()
	}
	if !s.ended {
		_, running := s.next()
		s.ended = !running
	}
	p := Progress{Chunk: s.recorder.Take(), Ended: s.ended}
	switch {
	case s.err != nil:
		p.Error = s.err.Error()
	case s.ended:
		p.Meta = &s.meta
	}
	return p
}

// Apply lets a fault begin at this instant, behind what is due already; its At does not count.
func (s *Session) Apply(f sim.Fault) error {
	if s.world == nil || s.ended {
		return errNotRunning
	}
	f.At = s.world.Now()
	return s.world.Load(sim.Plan{Faults: []sim.Fault{f}})
}

// Lift ends, at this instant, behind what is due already, the active faults of that kind that have these hosts and peers.
func (s *Session) Lift(f sim.Fault) error {
	if s.world == nil || s.ended {
		return errNotRunning
	}
	return s.world.Lift(f)
}

// Stop ends the run where it is. Nothing is judged.
func (s *Session) Stop() {
	s.stopping = true
	for !s.ended {
		_, running := s.next()
		s.ended = !running
	}
}
