package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// recall checks that a node says nothing which a crash would make it forget. What it promises to its group (a vote, an entry) and the
// configuration that it has in force must be in the durable part of its log at that moment. So every such moment is a crash point, and
// no crash has to strike just then.
//
// Disks that were made to lose what they had promised to keep, and logs that have failed, are beyond this.
type recall struct {
	// memory is what the durable records say, pending are those that are not durable, oldest first.
	memory  core.Memory
	pending []pendingRecord
	// state is the configuration that was found to be durable last.
	state *topology.State
}

type pendingRecord struct {
	position uint64
	bytes    []byte
}

// recovered takes the records that a life of the node begins with.
func (r *recall) recovered(records [][]byte) error {
	for _, record := range records {
		if err := r.memory.Add(record); err != nil {
			return err
		}
	}
	return nil
}

func (r *recall) appended(position uint64, record []byte) {
	r.pending = append(r.pending, pendingRecord{position, append([]byte(nil), record...)})
}

// synced takes the records up to a position, which have become durable.
func (r *recall) synced(position uint64) error {
	for len(r.pending) > 0 && r.pending[0].position <= position {
		if err := r.memory.Add(r.pending[0].bytes); err != nil {
			return err
		}
		r.pending = r.pending[1:]
	}
	return nil
}

// checkPromise checks the promise that a message of the node makes, if it makes one.
func (d *driver) checkPromise(message []byte) error {
	if wire.KindOf(message) != wire.KindConsensus || d.forgetful() {
		return nil
	}
	promise, ok := consensus.PromiseOf(message[wire.Overhead:])
	if !ok {
		return nil
	}
	group := d.recall.memory.Group(d.node.State().Cluster)
	if group == nil || !group.Keeps(promise) {
		return fmt.Errorf("%s promises %+v, of which its disk has only %v", d.host.Name(), promise, group)
	}
	return nil
}

// checkInForce checks that the configuration in force, once it has changed, is one that a crash does not take back. A member of the
// group may forget for a while that an entry of its log is committed, and not the entry.
func (d *driver) checkInForce() error {
	state := d.node.State()
	if state == d.recall.state || !d.node.Open() || d.forgetful() {
		return nil
	}
	d.recall.state = state
	if group := d.recall.memory.Group(state.Cluster); d.node.Decided() && group != nil && group.Last() >= d.node.Consensus().Applied() {
		return nil
	}
	kept, err := d.recall.memory.State()
	switch {
	case err != nil:
		return err
	case kept == nil:
		return fmt.Errorf("%s speaks, and its disk is empty", d.host.Name())
	case kept.Cluster != state.Cluster || state.Stamp().Newer(kept.Stamp()):
		return fmt.Errorf("%s has version %d.%d of cluster %v in force, and its disk %d.%d of %v", d.host.Name(),
			state.Generation, state.Version, state.Cluster, kept.Generation, kept.Version, kept.Cluster)
	}
	return nil
}

// forgetful reports whether nothing can be asked of the node's disk.
func (d *driver) forgetful() bool { return d.logFailure != nil || d.cluster.struck(d.index) }
