package sim

import "strings"

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
		h.world.note(h, ActionLostInput, strings.Join(h.world.inputs[it.token].args, " "))
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

// woken handles the first item of the backlog, and has the rest wait for its turn, behind whatever else happens at
// this instant.
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
		h.handle(&Event{Kind: EventTimer, Token: h.timers.release(int32(it.token))})
	case itemInput:
		h.handle(&Event{Kind: EventInput, Args: h.world.inputs[it.token].args})
	}
}

// handle gives an event to the process, and looks after what follows from it.
func (h *Host) handle(e *Event) {
	w := h.world
	w.events++
	w.received(h, e)
	w.running = h
	h.process.Handle(*e)
	h.afterwards()
}

// afterwards ends an event, or a start, of the process.
func (h *Host) afterwards() {
	w := h.world
	h.deadline.at = h.process.NextDeadline()
	w.running = nil
	w.hash.word(uint64(h.deadline.at))
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
