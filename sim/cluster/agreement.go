package cluster

import (
	"fmt"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/topology"
)

// agreements watches from outside that the nodes agree on the configuration: raft's promises hold, a version has one content wherever
// it is in force, and at no node does a version fall.
type agreements struct {
	// groups are the consensus groups that there have been.
	groups map[groupName]*consensus.Safety
	// contents are the hashes of the configurations that nodes have had in force, and who had each first.
	contents map[versionName]content
}

// groupName names a consensus group: that of a generation of a cluster.
type groupName struct {
	cluster    topology.ClusterID
	generation uint64
}

type versionName struct {
	groupName
	version uint64
}

type content struct {
	hash uint64
	by   *driver
}

// watched is what was seen of a node in this life.
type watched struct {
	state    *topology.State
	progress consensus.Progress
}

func newAgreements() agreements {
	return agreements{groups: map[groupName]*consensus.Safety{}, contents: map[versionName]content{}}
}

// check looks at a node after a step, if anything about it has changed.
func (a *agreements) check(d *driver, all []*driver) (check string, err error) {
	if state := d.node.State(); state != d.watched.state {
		before := d.watched.state
		d.watched.state = state
		if err := a.checkVersion(d, before, state); err != nil {
			return "configuration versions", err
		}
	}
	if progress := d.node.Consensus().Progress(); progress != d.watched.progress {
		d.watched.progress = progress
		return "consensus", a.checkGroup(d, all)
	}
	return "", nil
}

// checkVersion checks a configuration that has just come into force, after another one or at the start.
func (a *agreements) checkVersion(d *driver, before, state *topology.State) error {
	stamp := state.Stamp()
	name := versionName{nameOf(state), state.Version}
	if first, known := a.contents[name]; !known {
		a.contents[name] = content{stamp.Hash, d}
	} else if first.hash != stamp.Hash {
		return fmt.Errorf("version %d has two contents: that of %s, and another one at %s", state.Version, first.by.host.Name(), d.host.Name())
	}
	if before == nil || before.Cluster != state.Cluster {
		return nil
	}
	if err := state.CheckSuccessor(before); err != nil {
		return fmt.Errorf("at %s: %w", d.host.Name(), err)
	}
	return nil
}

// checkGroup checks what raft promises of the group that a node is in.
func (a *agreements) checkGroup(d *driver, all []*driver) error {
	name := nameOf(d.node.State())
	if err := d.node.Consensus().Check(); err != nil {
		return fmt.Errorf("at %s: %w", d.host.Name(), err)
	}
	safety := a.groups[name]
	if safety == nil {
		safety = &consensus.Safety{}
		a.groups[name] = safety
	}
	var up []*consensus.Machine
	for i, other := range all { // a disk that has lost what it had promised to keep proves nothing
		if other != nil && other.node != nil && other.host.Up() && nameOf(other.node.State()) == name && !other.cluster.struck(i) {
			up = append(up, other.node.Consensus())
		}
	}
	return safety.Observe(d.node.Consensus(), up)
}

func nameOf(state *topology.State) groupName { return groupName{state.Cluster, state.Generation} }
