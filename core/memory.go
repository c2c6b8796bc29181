package core

import (
	"fmt"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// Memory is what the records of a node's log say, as they become durable: what a node that starts on them would know. It is for
// checkers, who hold a node to what its disk has and not to what it says of that.
type Memory struct {
	// node is the last record about the node, record what it says, once somebody has asked.
	node   []byte
	record *Record
	// groups are what the others say, by the cluster that they are about.
	groups map[wire.ClusterID]*consensus.Memory
}

// Add adds the next record, which is copied where it is kept. The error names one that no node writes.
func (m *Memory) Add(record []byte) error {
	kind, err := recordKind(record)
	if err != nil {
		return err
	}
	if kind == recordKindNode {
		m.node, m.record = append(m.node[:0], record...), nil
		return nil
	}
	reader := wire.NewReader(record[2:])
	cluster := reader.ClusterID()
	if reader.Err() != nil {
		return fmt.Errorf("core: log record: %w", reader.Err())
	}
	if m.groups[cluster] == nil {
		if m.groups == nil {
			m.groups = map[wire.ClusterID]*consensus.Memory{}
		}
		m.groups[cluster] = consensus.NewMemory(DefaultConsensus())
	}
	return m.groups[cluster].Add(reader.Bytes(reader.Len()))
}

// State returns the configuration that the last record about the node names, nil if there is none.
func (m *Memory) State() (*topology.State, error) {
	if m.node == nil {
		return nil, nil
	}
	if m.record == nil {
		record, err := DecodeRecord(m.node)
		if err != nil {
			return nil, err
		}
		m.record = &record
	}
	return m.record.State, nil
}

// Group returns what is known of the group that decides on a cluster, nil if nothing is.
func (m *Memory) Group(cluster wire.ClusterID) *consensus.Memory { return m.groups[cluster] }
