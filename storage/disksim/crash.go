package disksim

import (
	"cmp"
	"slices"

	"github.com/ember-cluster/ember/core/random"
)

// Crash takes away a part of what is not synced, and closes what is open. The part is drawn, see the package's
// documentation.
func (d *Disk) Crash() {
	switch d.crashes.draw().IntN(8) {
	case 0, 1:
		d.CrashAt(0)
	case 2:
		d.CrashAt(d.CrashPoints() - 1)
	case 3, 4:
		d.CrashAt(d.crashes.draw().IntN(d.CrashPoints()))
	default:
		d.crashAnywhere()
	}
}

// CrashPoints returns for how many values, from 0 on, CrashAt is different: one more than there are unsynced
// operations and unsynced bytes.
func (d *Disk) CrashPoints() int {
	points := 1 + len(d.changes)
	for _, n := range d.dirty {
		for _, w := range n.unsynced {
			points += w.units()
		}
	}
	return points
}

// CrashAt crashes the disk so that the first units of what is not synced survive, in the order in which it was
// done: an operation on the directory, a truncation and a reservation are one unit each, an append one for each byte.
func (d *Disk) CrashAt(units int) {
	for _, step := range d.steps() {
		if step.write == nil {
			if units > 0 {
				step.change.apply(&d.durable)
				units--
			}
			continue
		}
		if n := min(units, step.write.units()); n > 0 {
			step.node.durable = step.write.apply(step.node.durable, n)
			units -= n
		}
	}
	d.reboot()
}

// A step is an unsynced operation: a write to a file or a change of the directory.
type step struct {
	order  uint64
	change *change
	node   *node
	write  *write
}

// steps returns all unsynced operations in their order.
func (d *Disk) steps() []step {
	var steps []step
	for i := range d.changes {
		steps = append(steps, step{order: d.changes[i].order, change: &d.changes[i]})
	}
	for _, n := range d.dirty {
		for i := range n.unsynced {
			steps = append(steps, step{order: n.unsynced[i].order, node: n, write: &n.unsynced[i]})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.order, b.order) })
	return steps
}

// crashAnywhere crashes the disk so that any part of what is not synced survives.
func (d *Disk) crashAnywhere() {
	var lost []change
	for _, c := range d.changes {
		// Drawn for each change, so that the fate of one does not move the draws of the next.
		kept := d.crashes.draw().Chance(random.Million / 2)
		if !kept || slices.ContainsFunc(lost, c.touches) {
			lost = append(lost, c)
			continue
		}
		c.apply(&d.durable)
	}
	for _, n := range d.dirty {
		n.lose(d.crashes.draw())
	}
	d.reboot()
}

// reboot makes what is durable visible, and closes what is open.
func (d *Disk) reboot() {
	for _, n := range d.dirty {
		n.unsynced = nil
	}
	d.changes, d.dirty = nil, nil
	d.visible = slices.Clone(d.durable)
	for _, e := range d.visible {
		e.node.visible = slices.Clone(e.node.durable)
	}
	d.life++
}
