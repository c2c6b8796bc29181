package sim

import (
	"slices"
	"strings"
)

// Heal ends every fault that is active, and cancels all that are still to come. Hosts that are down start.
// A process's own Crash is healed too.
func (w *World) Heal() {
	w.note(nil, ActionHeal, "")
	for i := range w.faults {
		w.faults[i].cancelled = true
	}
	w.protected = nil
	w.network.Exempt(nil)
	for len(w.active) > 0 {
		w.endFault(w.active[0])
	}
	for _, h := range w.hosts {
		h.start()
	}
}

// HealAmong heals the named hosts and the links among them, from all faults present and to come, and nothing else: the
// rest of the world stays as it is. A cluster whose quorum is healed must make progress without the others.
func (w *World) HealAmong(names ...string) {
	w.note(nil, ActionHeal, strings.Join(names, ","))
	for _, name := range names {
		h := w.Host(name)
		if h == nil {
			panic("sim: there is no host " + name)
		}
		w.protected = append(w.protected, h)
	}
	w.network.Exempt(addresses(w.protected))
	for _, h := range w.protected {
		w.liftDowns(h)
		for _, number := range slices.Clone(w.active) {
			if f := &w.faults[number]; !f.Kind.Network() {
				f.hosts = without(f.hosts, h)
			}
		}
		h.applyFaults()
		h.start()
	}
}

// Healed reports whether no fault is active.
func (w *World) Healed() bool { return len(w.active) == 0 }
