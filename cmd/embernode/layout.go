package main

import (
	"crypto/rand"
	"fmt"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/storage"
)

// layOut puts nodes into new directories, each a shard with an equal share of the slots: when they start they are one cluster, as if
// they had always been. Nodes without an id are given one.
func layOut(nodes []topology.Node, dirs []string) error {
	specs := make([]topology.ShardSpec, len(nodes))
	for i := range nodes {
		node, spec := nodes[i], &specs[i]
		if node.ID.IsZero() {
			rand.Read(node.ID[:])
		}
		rand.Read(spec.ID[:])
		spec.Epoch = uint64(i + 1)
		spec.Slots.AddRange(shareOf(i, len(nodes)))
		spec.Nodes = []topology.Node{node}
	}
	var cluster wire.ClusterID
	rand.Read(cluster[:])
	state, err := topology.Build(cluster, specs...)
	if err != nil {
		return err
	}
	everyone := func(topology.NodeID) topology.Fitness { return topology.Fit }
	state, result := state.Apply(topology.SetVoters{Voters: topology.ChooseVoters(state, everyone)})
	if result.Err != nil {
		panic("embernode: voters that were chosen are refused: " + result.Err.Error())
	}
	for i := range specs {
		if err := writeLog(dirs[i], core.FoundingLog(specs[i].Nodes[0].ID, 0, state)); err != nil {
			return err
		}
	}
	return nil
}

// shareOf returns the slots of one of so many equal nodes.
func shareOf(i, nodes int) slots.Range {
	return slots.Range{First: slots.Slot(i * slots.Count / nodes), Last: slots.Slot((i+1)*slots.Count/nodes - 1)}
}

// writeLog makes a node's log of some records durable. There must be none in the directory.
func writeLog(dir string, records [][]byte) (err error) {
	journal, recovered, err := openJournal(dir, storage.DefaultSegmentSize)
	if err != nil {
		return err
	}
	defer func() {
		if closing := journal.close(); err == nil {
			err = closing
		}
	}()
	if recovered.Position != 0 {
		return fmt.Errorf("there is a node in %s already", dir)
	}
	for _, record := range records {
		if _, err := journal.log.Append(record); err != nil {
			return err
		}
	}
	_, err = journal.log.Sync()
	return err
}
