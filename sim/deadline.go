package sim

import (
	"fmt"
	"math"
	"time"
)

// never is a world time that does not come.
const never = math.MaxInt64

// deadline is what a host's process waits for, and how that is kept in the queue.
//
// An entry of the queue does not say that the deadline is reached, but only that it is time to look. So an entry
// never has to be taken out: if the process has put its deadline off, or is gone, or its clock runs slower now, then
// a look finds nothing, and at most one new entry is made. A deadline that is put off with every event, as that of a
// retransmission timer, costs one entry per period and not one per event.
type deadline struct {
	at time.Duration // as the process said, by the host's clock; Never if there is none
	// looks are the world times of the entries in the queue. Invariant: they are strictly descending, so the last one is
	// the next; and unless the deadline waits, that one is no later than the deadline.
	looks []int64
	// covered is set while covers is a deadline for which the next entry of the queue is early enough, as it is for every later one
	// too: then there is nothing to work out.
	covered bool
	covers  time.Duration
	// waiting is set while the deadline, reached, is in the backlog.
	waiting bool
	// spins counts the deadlines at the instant spinning.
	spins    int
	spinning int64
}

// arm sees to it that somebody looks in time.
func (h *Host) arm() {
	d := &h.deadline
	if d.at == Never || d.waiting || d.covered && d.at >= d.covers {
		return
	}
	at := max(h.world.now, h.clock.worldTime(d.at))
	if at == never {
		return
	}
	if n := len(d.looks); n == 0 || d.looks[n-1] > at {
		d.looks = append(d.looks, at)
		h.world.queue.push(itemDeadline, item{at: at, host: h.index})
	}
	d.covered, d.covers = true, d.at
}

// look takes an entry from the queue.
func (h *Host) look(it item) {
	d := &h.deadline
	d.looks, d.covered = d.looks[:len(d.looks)-1], false
	switch {
	case d.waiting:
	case h.due():
		d.waiting = true
		h.take(it)
	default:
		h.arm()
	}
}

// due reports whether the process's deadline has passed.
func (h *Host) due() bool { return h.deadline.at <= h.Now() }

// performDeadline gives the process its deadline, unless it was put off while it waited in the backlog.
func (h *Host) performDeadline() {
	d := &h.deadline
	d.waiting = false
	if !h.due() {
		h.arm()
		return
	}
	w := h.world
	if d.spinning != w.now {
		d.spinning, d.spins = w.now, 0
	}
	if d.spins++; d.spins > maxSpins {
		detail := fmt.Sprintf("after %d deadlines at one instant the next is %v, and it is %v already", maxSpins, d.at, h.Now())
		w.fail(h, Stalled, "spin", detail, "")
		return
	}
	h.handle(&Event{Kind: EventDeadline})
}
