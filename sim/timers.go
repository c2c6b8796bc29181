package sim

import "time"

// timers are the timers of a host that are set and have not come.
type timers struct {
	slots []timer
	free  int32 // first of the list of free ones, -1 if none
}

type timer struct {
	due   time.Duration // by the host's clock
	token uint64
	// generation numbers the entries of this slot in the queue. Invariant: only the latest one is valid.
	generation uint32
	scheduled  bool  // it is in the queue, not free and not in the host's backlog
	next       int32 // in the list of free ones
}

// entry is what the queue keeps of a timer: its slot and the slot's generation.
func (t *timer) entry(slot int32) uint64 { return uint64(t.generation)<<32 | uint64(slot) }

// setTimer sets a timer that is due by the host's clock.
func (h *Host) setTimer(due time.Duration, token uint64) {
	slot := h.timers.free
	if slot < 0 {
		slot = int32(len(h.timers.slots))
		h.timers.slots = append(h.timers.slots, timer{})
	} else {
		h.timers.free = h.timers.slots[slot].next
	}
	t := &h.timers.slots[slot]
	t.due, t.token = due, token
	h.scheduleTimer(slot)
}

// scheduleTimer puts a timer into the queue, and makes any earlier entry of it invalid.
func (h *Host) scheduleTimer(slot int32) {
	t := &h.timers.slots[slot]
	t.generation++
	t.scheduled = true
	at := max(h.world.now, h.clock.worldTime(t.due))
	h.world.queue.push(itemTimer, item{at: at, host: h.index, token: t.entry(slot)})
}

// timerReached takes an entry of a timer from the queue.
func (h *Host) timerReached(it item) {
	slot := int32(uint32(it.token))
	t := &h.timers.slots[slot]
	if t.entry(slot) == it.token {
		t.scheduled = false
		h.take(it)
	}
}

// release frees a timer that has come, and returns its token.
func (t *timers) release(slot int32) uint64 {
	s := &t.slots[slot]
	s.next, t.free = t.free, slot
	return s.token
}

// reclock puts all timers and the deadline to the times that they have now that the clock runs at another rate.
func (h *Host) reclock() {
	for slot := range h.timers.slots {
		if h.timers.slots[slot].scheduled {
			h.scheduleTimer(int32(slot))
		}
	}
	h.deadline.covered = false
	h.arm()
}

// clear forgets all timers.
func (t *timers) clear() {
	t.free = -1
	for slot := range t.slots {
		s := &t.slots[slot]
		s.generation++
		s.scheduled = false
		s.next, t.free = t.free, int32(slot)
	}
}
