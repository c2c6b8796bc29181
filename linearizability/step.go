package linearizability

import "time"

// step carries one operation from the worlds before it to the worlds after it.
type step struct {
	call *call
	// clock is what the servers' clocks can show at that moment.
	clock interval
	// seen is the reply, nil if it is not known.
	seen *Reply
	next []world
	// memory is that of the worlds and entries that the operation makes.
	memory *memory
}

// call is an operation that is ready for the model.
type call struct {
	operation *Operation
	command   *command
	// places are where the command's keys are in a world.
	places []int
	// distinct is places without repetitions.
	distinct []int
	// seen is the reply that needs to be explained, nil if it is not known.
	seen *Reply
	// begins and returns are the instants between which it took effect: the operation's Call, and its Return or Never, or
	// twice the instant that a witness names.
	begins, returns time.Duration
}

// after returns the state after a call; nil if its reply has no explanation.
func (s *state) after(c *call, maxClockError time.Duration, m *memory) *state {
	next := &state{}
	if !next.follow(s, &step{memory: m}, c, maxClockError) {
		return nil
	}
	return next
}

// follow makes this state, whose memory may be used again, the one after another and a call, and reports whether its reply has an
// explanation. The step is what is in between; only its memory counts.
func (s *state) follow(before *state, x *step, c *call, maxClockError time.Duration) bool {
	earliest := c.begins
	for _, place := range c.distinct {
		earliest = max(earliest, before.now[place])
	}
	*x = step{call: c, seen: c.seen, clock: interval{earliest, c.returns}.readings(maxClockError), next: s.worlds[:0], memory: x.memory}
	for _, w := range before.worlds {
		x.settle(w, c.distinct)
	}
	s.worlds, s.hashed = x.next, false
	s.now = append(s.now[:0], before.now...)
	for _, place := range c.distinct {
		s.now[place] = max(s.now[place], c.begins)
	}
	return len(s.worlds) > 0
}

// settle decides for each of the keys whether it has expired, both ways where the clock leaves it open, and runs the
// command. A key that is found to have expired is gone for good: its owner has deleted it, and said so in its log.
func (x *step) settle(w world, places []int) {
	for i, place := range places {
		e := w[place]
		if e == nil || !e.expires {
			continue
		}
		mayLive, mayExpire := x.clock.low < e.high, x.clock.high >= e.low
		if mayLive && mayExpire {
			x.settle(x.memory.with(w, place, nil), places[i+1:])
		}
		if mayLive {
			w = x.memory.with(w, place, x.memory.until(e, interval{max(e.low, x.clock.low), e.high}))
		} else {
			w = x.memory.with(w, place, nil)
		}
	}
	x.call.command.run(x, w)
}

// emit adds the world w if the operation's reply could be this one.
func (x *step) emit(reply Reply, w world) {
	if x.seen == nil || x.seen.same(&reply) {
		x.next = addWorld(x.next, w)
	}
}
