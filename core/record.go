package core

import (
	"fmt"

	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// Record is what a node keeps on disk about itself. Each log record of this kind is whole, so the last one wins:
//
//	┌──────┬─────────┬─────────┬──────────┬───────────────┬───────┐
//	│ kind │ version │ node id │ boot     │ configuration │ (end) │
//	│ 1 B  │ 1 B     │ 20 B    │ 8 B      │ length + data │       │
//	└──────┴─────────┴─────────┴──────────┴───────────────┴───────┘
type Record struct {
	// Node is the identity, drawn once and kept for the life of the disk.
	Node wire.NodeID
	// Boot counts the starts of this node. It rises before anything is said under the new number, so that what a peer
	// heard from an earlier life can be told from what it hears from this one.
	Boot uint64
	// State is the cluster configuration that the node had applied.
	State *topology.State
}

// Recovered is what a node's log held at its start.
type Recovered struct {
	// Position is that of the last record, 0 if the log is empty. It says how the records to come are numbered.
	Position uint64
	// Records are those that the log still has, in order.
	Records [][]byte
}

// newest decodes the last record, the only one that counts, or returns nil if there is none.
func (r Recovered) newest() (*Record, error) {
	if len(r.Records) == 0 {
		return nil, nil
	}
	record, err := DecodeRecord(r.Records[len(r.Records)-1])
	if err != nil {
		return nil, err
	}
	return &record, nil
}

const (
	recordKindNode = 1
	recordVersion  = 1
	maxStateBytes  = 16 << 20
)

// Append appends the record's binary form to dst.
func (r *Record) Append(dst []byte) []byte {
	dst = append(dst, recordKindNode, recordVersion)
	dst = append(dst, r.Node[:]...)
	dst = wire.AppendUint64(dst, r.Boot)
	return wire.AppendPrefixed(dst, r.State.Append(nil))
}

// DecodeRecord reads one record. Its errors name what is wrong: a record that the log's checksum has let pass was written
// by another version, or is not a node's.
func DecodeRecord(data []byte) (Record, error) {
	reader := wire.NewReader(data)
	kind, version := reader.Uint8(), reader.Uint8()
	if reader.Err() == nil && (kind != recordKindNode || version != recordVersion) {
		return Record{}, fmt.Errorf("core: log record of kind %d, version %d: this version reads kind %d, version %d only",
			kind, version, recordKindNode, recordVersion)
	}
	record := Record{Node: reader.NodeID(), Boot: reader.Uint64()}
	encoded := reader.Prefixed(maxStateBytes)
	if err := reader.Finish(); err != nil {
		return Record{}, fmt.Errorf("core: log record: %w", err)
	}
	state, err := topology.Decode(encoded)
	if err != nil {
		return Record{}, fmt.Errorf("core: configuration in the log: %w", err)
	}
	if _, ok := state.Node(record.Node); !ok {
		return Record{}, fmt.Errorf("core: configuration in the log lacks its own node %v", record.Node)
	}
	record.State = state
	return record, nil
}
