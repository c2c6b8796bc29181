package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ember-cluster/ember/storage/disksim"
	"github.com/ember-cluster/ember/transport/netsim"
)

// A fault is a Fault in a world.
type fault struct {
	Fault
	hosts     []*Host // those that it acts on; healing some of them takes them away
	peers     []*Host
	active    bool
	cancelled bool
	condition netsim.ConditionID // network faults: what is imposed, 0 if nothing
}

// Load schedules the faults and inputs of a plan; what lies in the past comes at once. Nothing is scheduled if there
// is an error.
func (w *World) Load(plan Plan) error {
	faults := make([]fault, len(plan.Faults))
	for i, f := range plan.Faults {
		resolved, err := w.resolve(f)
		if err != nil {
			return err
		}
		faults[i] = resolved
	}
	inputs, err := w.resolveInputs(plan.Inputs)
	if err != nil {
		return err
	}
	for i := range faults {
		w.schedule(itemFaultBegin, faults[i].At, len(w.faults))
		w.faults = append(w.faults, faults[i])
	}
	w.plan(inputs)
	return nil
}

// Apply begins a fault now, whatever its At is: at once, or if a process is being called, when that has returned and all that is due at
// this instant has happened.
func (w *World) Apply(f Fault) error {
	resolved, err := w.resolve(f)
	if err != nil {
		return err
	}
	number := len(w.faults)
	w.faults = append(w.faults, resolved)
	if w.running != nil {
		w.schedule(itemFaultBegin, w.Now(), number)
	} else {
		w.beginFault(number)
	}
	return nil
}

// Lift ends the active faults that have the kind, the hosts and the peers of the given one, at this instant,
// behind what is due already. The error says why there can be no such fault.
func (w *World) Lift(f Fault) error {
	if _, err := w.resolve(f); err != nil {
		return err
	}
	for _, number := range w.active {
		active := &w.faults[number]
		if active.Kind == f.Kind && slices.Equal(active.Hosts, f.Hosts) && slices.Equal(active.Peers, f.Peers) {
			w.schedule(itemFaultEnd, w.Now(), number)
		}
	}
	return nil
}

func (w *World) schedule(kind itemKind, at time.Duration, number int) {
	w.queue.push(kind, item{at: max(int64(at), w.now), token: uint64(number)})
}

// resolve finds the hosts of a fault.
func (w *World) resolve(f Fault) (fault, error) {
	if err := f.Check(); err != nil {
		return fault{}, err
	}
	resolved := fault{Fault: f}
	for _, side := range []struct {
		names []string
		hosts *[]*Host
	}{{f.Hosts, &resolved.hosts}, {f.Peers, &resolved.peers}} {
		for _, name := range side.names {
			h := w.Host(name)
			if h == nil {
				return fault{}, fmt.Errorf("sim: there is no host %q", name)
			}
			*side.hosts = append(*side.hosts, h)
		}
	}
	return resolved, nil
}

// beginFault lets a fault begin.
func (w *World) beginFault(number int) {
	f := &w.faults[number]
	if f.cancelled {
		return
	}
	if !f.Kind.Network() {
		f.hosts = slices.DeleteFunc(f.hosts, func(h *Host) bool { return slices.Contains(w.protected, h) })
	}
	w.events++
	w.begun[f.Kind]++
	w.note(nil, ActionFault, f.String())
	if f.Kind.Instant() {
		w.strike(f)
	} else {
		f.active = true
		w.active = append(w.active, number)
		w.hold(f)
		if end := w.Now() + f.For; f.For > 0 && end > w.Now() { // else it lasts for longer than time
			w.schedule(itemFaultEnd, end, number)
		}
	}
	w.eventDone(nil)
}

// strike does what happens at once.
func (w *World) strike(f *fault) {
	switch f.Kind {
	case FaultReset:
		w.resetStreams(f)
	case FaultRestart:
		for _, h := range f.hosts {
			w.liftDowns(h)
			h.start()
		}
	case FaultDiskBitRot:
		for _, h := range f.hosts {
			for range f.Amount {
				h.disk.Rot()
			}
		}
	}
}

func (w *World) resetStreams(f *fault) {
	for _, h := range f.hosts {
		for _, peer := range w.hosts {
			concerned := slices.Contains(f.peers, peer) || len(f.peers) == 0 && !slices.Contains(f.hosts, peer)
			healed := slices.Contains(w.protected, h) && slices.Contains(w.protected, peer)
			if concerned && !healed {
				w.network.ResetStreams(h.options.Address, peer.options.Address)
			}
		}
	}
}

// hold lets what lasts begin.
func (w *World) hold(f *fault) {
	if f.Kind.Network() {
		f.condition = w.network.Impose(f.asCondition())
		return
	}
	for _, h := range f.hosts {
		switch f.Kind {
		case FaultCrash:
			h.downs++
			h.losePower()
		case FaultKill:
			h.downs++
			h.kill("kill")
		case FaultUpgrade:
			h.downs++
			h.kill("upgrade")
			h.release = int(f.Amount)
		case FaultWipe:
			h.downs++
			h.losePower()
			h.disk.Wipe()
		default:
			h.applyFaults()
		}
	}
}

// asCondition is what a fault of the network does to links.
func (f *fault) asCondition() netsim.Condition {
	c := netsim.Condition{From: addresses(f.hosts), To: addresses(f.peers)}
	switch f.Kind {
	case FaultPartition:
		c.Cut = true
	case FaultPartitionOneWay:
		c.Cut, c.OneWay = true, true
	case FaultClog:
		c.Clog = true
	case FaultLoss:
		c.Loss = int(f.Amount)
	case FaultDelay:
		c.Delay = time.Duration(f.Amount)
	case FaultDuplicate:
		c.Duplicate = int(f.Amount)
	case FaultReorder:
		c.Reorder = int(f.Amount)
	case FaultCorrupt:
		c.Corrupt = int(f.Amount)
	case FaultThrottle:
		c.Bandwidth = f.Amount
	}
	return c
}

func addresses(hosts []*Host) []netip.Addr {
	var list []netip.Addr
	for _, h := range hosts {
		list = append(list, h.options.Address)
	}
	return list
}

// endFault ends a fault that is still active.
func (w *World) endFault(number int) {
	f := &w.faults[number]
	if !f.active {
		return
	}
	w.events++
	f.active = false
	w.active = slices.DeleteFunc(w.active, func(other int) bool { return other == number })
	w.note(nil, ActionFaultEnd, f.String())
	if f.Kind.Network() {
		w.network.Lift(f.condition)
	}
	for _, h := range f.hosts {
		h.relieve(f.Kind)
	}
	w.eventDone(nil)
}

// relieve takes one fault away from a host.
func (h *Host) relieve(kind FaultKind) {
	switch {
	case kind.Network():
	case kind.Down():
		if h.downs--; h.downs == 0 {
			h.start()
		}
	default:
		h.applyFaults()
	}
}

// liftDowns takes all faults away that keep a host down.
func (w *World) liftDowns(h *Host) {
	h.downs = 0
	for _, number := range w.active {
		if f := &w.faults[number]; f.Kind.Down() {
			f.hosts = without(f.hosts, h)
		}
	}
}

func without(hosts []*Host, h *Host) []*Host {
	return slices.DeleteFunc(hosts, func(other *Host) bool { return other == h })
}

// applyFaults brings a host up to date with the faults that are active.
func (h *Host) applyFaults() {
	w := h.world
	paused, slow := 0, time.Duration(0)
	drift, ahead := h.options.ClockDrift, int64(h.options.WallOffset)
	var disk disksim.Faults
	for _, number := range w.active {
		f := &w.faults[number]
		if !slices.Contains(f.hosts, h) {
			continue
		}
		switch f.Kind {
		case FaultPause:
			paused++
		case FaultSlow:
			slow += time.Duration(f.Amount)
		case FaultDrift:
			drift += f.Amount
		case FaultWallJump:
			ahead += f.Amount
		default:
			addDiskFault(&disk, f)
		}
	}
	h.slow, h.wallAhead = slow, ahead
	h.disk.SetFaults(disk)
	h.setDrift(min(max(drift, -driftLimit), driftLimit))
	h.setPaused(paused)
}

func (h *Host) setDrift(drift int64) {
	if h.clock.rate != million+drift {
		h.clock.setDrift(h.world.now, drift)
		h.reclock()
	}
}

func (h *Host) setPaused(paused int) {
	before := h.paused
	h.paused = paused
	switch {
	case before == 0 && paused > 0:
		h.world.note(h, ActionPause, "")
	case before > 0 && paused == 0:
		h.resume()
	}
}

// addDiskFault adds what a fault of a disk does to what others do.
func addDiskFault(disk *disksim.Faults, f *fault) {
	rate := func(sum *int) { *sum = min(*sum+int(f.Amount), million) }
	switch f.Kind {
	case FaultDiskFull:
		disk.Capacity = 1
	case FaultDiskSlow:
		// Not the product: three faults of some hundred times each would let one sync outlast the run.
		disk.Slow += int(f.Amount)
	case FaultDiskReadError:
		rate(&disk.ReadErrors)
	case FaultDiskWriteError:
		rate(&disk.WriteErrors)
	case FaultDiskSyncError:
		rate(&disk.SyncErrors)
	case FaultDiskLyingSync:
		rate(&disk.LyingSyncs)
	}
}
