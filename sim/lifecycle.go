package sim

import "fmt"

// startAt schedules a start of a host, unless something else starts it or keeps it down before.
func (w *World) startAt(h *Host, at int64) {
	h.starts++
	h.starting = true
	w.queue.push(itemBoot, item{at: max(at, w.now), host: h.index, token: h.starts})
}

// boot starts the host's program, if the start that was scheduled with this number still counts.
func (h *Host) boot(number uint64) {
	if number != h.starts {
		return
	}
	h.starting = false
	if h.process != nil || h.downs > 0 || h.paused > 0 {
		return // a paused host starts when it goes on
	}
	w := h.world
	w.events++
	h.boots++
	if h.powerless {
		h.powerless = false
		h.clock = newMonotonicClock(w.now, h.options.ClockOffset, h.clock.rate-million)
	}
	w.network.PowerOn(h.options.Address)
	w.note(h, ActionBoot, fmt.Sprintf("number %d", h.boots))
	w.running = h
	h.process = h.program.Boot(h)
	if h.process == nil {
		panic("sim: Boot returned no process")
	}
	h.afterwards()
}

// goDown ends the process and all that the operating system did for it. If the host is silent,
// its peers are not told.
func (h *Host) goDown(silent bool) {
	w := h.world
	h.process = nil
	h.exiting = false
	h.deadline.at, h.deadline.waiting, h.deadline.covered = Never, false, false
	h.timers.clear()
	h.waking = false
	h.busy = 0
	for h.backlog.len() > 0 {
		h.discard(h.backlog.pop())
	}
	w.network.Crash(h.options.Address, silent)
}

// losePower crashes the host: what is not synced may be gone, and so is the clock's reading.
// Whether its peers get a reset, as from a machine that shuts down, or nothing at all is left to chance.
func (h *Host) losePower() {
	h.starts++
	h.starting = false
	h.powerless = true
	silent := h.Moments("crash").At(h.world.Now()).Chance(million / 2)
	h.goDown(silent)
	h.disk.Crash()
	h.world.note(h, ActionDown, "crash")
}

// kill ends the process alone: the operating system keeps everything that was written, and what is not synced still is not.
func (h *Host) kill(how string) {
	h.starts++
	h.starting = false
	if h.process == nil {
		return
	}
	h.goDown(false)
	h.disk.CloseAll()
	h.world.note(h, ActionDown, how)
}

// exit ends a process that has asked for it.
func (h *Host) exit() {
	h.kill("exit")
	if h.options.RestartDelay > 0 {
		h.world.startAt(h, h.world.now+int64(h.options.RestartDelay))
	}
}

// start starts a host that is down, as soon as it is not held down or paused.
func (h *Host) start() {
	if h.process == nil && !h.starting {
		h.world.startAt(h, h.world.now)
	}
}

// resume lets a host that was paused handle what has gathered.
func (h *Host) resume() {
	h.world.note(h, ActionResume, "")
	h.start()
	h.wake()
}
