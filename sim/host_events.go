package sim

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// never is a world time that does not come.
const never = math.MaxInt64

// deadlineState is how a host's deadline is kept: with at most one valid entry in the queue, which is moved only to an
// earlier time. An entry that comes too early because the process has put its deadline off is put in again, so that an
// ever later deadline, as of a retransmission timer, costs one entry per period and not one per event.
type deadlineState struct {
	deadline time.Duration // as the process said, by the host's clock
	// Invariant: armed is the world time of the valid entry, never if there is none.
	armed int64
	// tickets numbers the entries. Invariant: only the one with the latest number is valid.
	tickets uint64
	// waiting is set while a reached deadline is in the backlog.
	waiting bool
	// spins counts the deadlines at the instant spinning.
	spins    int
	spinning int64
}

// take has the host handle an item now, or when it can.
func (h *Host) take(it item) {
	switch {
	case h.process == nil:
		h.discard(it)
	case h.paused > 0 || h.backlog.len() > 0 || h.world.now < h.busy:
		h.backlog.push(it)
		h.wake()
	default:
		h.perform(it)
	}
}

// discard drops an item that comes to a host that is down.
func (h *Host) discard(it item) {
	switch it.kind() {
	case itemDelivery:
		h.world.network.Discard(it.delivery)
	case itemInput:
		h.world.note(h, actLostInput, strings.Join(h.world.inputs[it.token].Args, " "))
	}
}

// wake schedules the handling of the backlog.
func (h *Host) wake() {
	if h.waking || h.paused > 0 || h.backlog.len() == 0 {
		return
	}
	h.waking = true
	h.wakes++
	h.world.queue.push(itemWake, item{at: max(h.world.now, h.busy), host: h.index, token: h.wakes})
}

// woken handles the first item of the backlog, and has the rest wait for its turn, behind whatever else happens at this instant.
func (h *Host) woken(number uint64) {
	if number != h.wakes || !h.waking {
		return
	}
	h.waking = false
	if h.paused > 0 || h.process == nil || h.backlog.len() == 0 {
		return
	}
	h.perform(h.backlog.pop())
	h.wake()
}

// perform has the process handle an item.
func (h *Host) perform(it item) {
	switch it.kind() {
	case itemDelivery:
		h.world.network.Receive(it.delivery)
	case itemDeadline:
		h.performDeadline()
	case itemTimer:
		h.handle(Event{Kind: EventTimer, Token: h.timers.release(int32(it.token))})
	case itemInput:
		h.handle(Event{Kind: EventInput, Args: h.world.inputs[it.token].Args})
	}
}

// handle gives an event to the process, and looks after what follows from it.
func (h *Host) handle(e Event) {
	w := h.world
	w.events++
	w.received(h, &e)
	w.running = h
	h.process.Handle(e)
	h.afterwards()
}

// afterwards ends an event, or a start, of the process.
func (h *Host) afterwards() {
	w := h.world
	deadline := h.process.NextDeadline()
	w.running = nil
	w.hash.word(uint64(deadline))
	h.deadline = deadline
	if h.slow > 0 {
		h.busy = w.now + int64(h.slow)
	}
	if h.exiting {
		h.exit()
	} else {
		h.arm()
	}
	w.eventDone(h)
}

// arm sees to it that the deadline is in the queue.
func (h *Host) arm() {
	if h.deadline == Never || h.waiting {
		return
	}
	at := max(h.world.now, h.clock.worldTime(h.deadline))
	if at >= h.armed {
		return
	}
	h.tickets++
	h.armed = at
	h.world.queue.push(itemDeadline, item{at: at, host: h.index, token: h.tickets})
}

// disarm makes the entry in the queue invalid.
func (h *Host) disarm() {
	h.tickets++
	h.armed = never
	h.waiting = false
}

// deadlineReached takes the entry of the deadline from the queue.
func (h *Host) deadlineReached(it item) {
	if it.token != h.tickets {
		return
	}
	h.armed = never
	if !h.due() {
		h.arm()
		return
	}
	h.waiting = true
	h.take(it)
}

// due reports whether the process's deadline has passed.
func (h *Host) due() bool { return h.deadline <= h.Now() }

// performDeadline gives the process its deadline, unless it was put off while it waited in the backlog.
func (h *Host) performDeadline() {
	h.waiting = false
	if !h.due() {
		h.arm()
		return
	}
	w := h.world
	if h.spinning != w.now {
		h.spinning, h.spins = w.now, 0
	}
	if h.spins++; h.spins > maxSpins {
		detail := fmt.Sprintf("after %d deadlines at one instant the next is %v, and it is %v already", maxSpins, h.deadline, h.Now())
		w.fail(h, Stalled, detail, "")
		return
	}
	h.handle(Event{Kind: EventDeadline})
}
