package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
)

// logSync is the sync of a node's log that is under way. The simulated disk takes no time, so what a sync that takes time makes
// durable is drawn: only what was appended before it began, or all that was before its end. A node must be right with either.
type logSync struct {
	syncing bool
	// early says that the disk has synced at the beginning, with this outcome, which is told at the end.
	early    bool
	position uint64
	err      error
}

// append writes a record and sees to a sync.
func (d *driver) append(effect *core.Effect) {
	if d.logFailure != nil {
		return
	}
	position, err := d.log.Append(effect.Bytes)
	if err != nil {
		d.endLog(err)
		return
	}
	if d.opening == 0 {
		d.opening = position
	}
	if position != effect.Position {
		panic(fmt.Sprintf("cluster: the log numbers a record %d that the node calls %d", position, effect.Position))
	}
	if !d.cluster.Config.Unchecked {
		d.recall.appended(position, effect.Bytes)
	}
	if !d.syncing {
		d.beginSync()
	}
}

// beginSync begins a sync, of all that the present step appends too.
func (d *driver) beginSync() {
	d.syncing = true
	d.host.After(d.host.DiskLatency(), tokenSync)
	d.host.After(0, tokenSyncBegins)
}

// syncBegins lets the disk sync already, or not yet.
func (d *driver) syncBegins() {
	if d.early = d.wakes.At(d.cluster.World.Now()).Chance(random.Million / 2); d.early && d.logFailure == nil {
		d.position, d.err = d.log.Sync()
	}
}

// synced tells the node what is durable, and sees to what was appended meanwhile.
func (d *driver) synced() {
	if d.logFailure != nil {
		d.syncing = false
		return
	}
	if !d.early {
		d.position, d.err = d.log.Sync()
	}
	d.syncing, d.early = false, false
	if d.err != nil {
		d.endLog(d.err)
		d.step(&core.LogFailed{Reason: d.err.Error()})
		return
	}
	d.durable = d.position
	if err := d.recall.synced(d.durable); err != nil {
		d.cluster.World.Fail(sim.Violation, "log records", fmt.Sprintf("%s could not start on what it has written: %v", d.host.Name(), err))
		return
	}
	d.step(&core.Persisted{Position: d.durable})
	if d.logFailure == nil && !d.syncing && d.log.Last() > d.durable {
		d.beginSync()
	}
}
