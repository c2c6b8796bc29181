package random

import "time"

// Moments gives every instant of virtual time a stream of its own. What is drawn at one instant depends on the seed, the name and
// the instant only: not on how much was drawn before, as in one stream for all time. So an event that is left out of a
// simulation does not change the chances of those that come at their times as before.
type Moments struct {
	seed   uint64
	at     time.Duration
	stream Stream
}

// DeriveMoments returns the streams that the seed gives to a name.
func DeriveMoments(seed uint64, name string) *Moments {
	return &Moments{seed: derive(seed, name), at: -1}
}

// At returns the stream of an instant, which must not be negative. Calls at the same instant return the same stream, which goes
// on, unless there was a call at another one meanwhile.
func (m *Moments) At(now time.Duration) *Stream {
	if now != m.at {
		m.at = now
		instant := uint64(now)
		m.stream.restart(m.seed ^ splitMix(&instant))
	}
	return &m.stream
}
