package core

import (
	"errors"
	"fmt"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// A node's log has records of two kinds. Those about the node itself are whole, so that the last one wins:
//
//	┌──────┬─────────┬─────────┬──────┬────────────────────┬─────────────────┬───────────────┬───────┐
//	│ kind │ version │ node id │ boot │ attempt to join    │ spent raft ids  │ configuration │ (end) │
//	│ 1 B  │ 1 B     │ 20 B    │ 8 B  │ 0, or 1 and itself │ count, 32 B each│ length + data │       │
//	└──────┴─────────┴─────────┴──────┴────────────────────┴─────────────────┴───────────────┴───────┘
//
// The others are those of package consensus, which have an order of their own. They count if they are of the cluster that the last
// record about the node names: whoever joins another cluster leaves its own log behind.
//
//	┌──────┬─────────┬────────────┬─────────────────────────────┐
//	│ kind │ version │ cluster id │ record of package consensus │
//	│ 1 B  │ 1 B     │ 16 B       │ to the end                  │
//	└──────┴─────────┴────────────┴─────────────────────────────┘
const (
	recordKindNode      = 1
	recordKindConsensus = 2
	recordVersion       = 3
)

// Record is what a node keeps on disk about itself.
type Record struct {
	// Node is the identity, drawn once and kept for the life of the disk.
	Node wire.NodeID
	// Boot counts the starts of this node. It rises before anything is said under the new number, so that what a peer
	// heard from an earlier life can be told from what it hears from this one.
	Boot uint64
	// attempt is the join that is under way, nil if there is none.
	attempt *attempt
	// spent are the raft ids that the node has had in clusters which it has left: it never speaks under them again.
	spent []spentID
	// State is a configuration that the node had in force, or was to put into force.
	State *topology.State
}

// Recovered is what a node's log held at its start.
type Recovered struct {
	// Position is that of the last record, 0 if the log is empty. It says how the records to come are numbered.
	Position uint64
	// Records are those that the log still has, in order.
	Records [][]byte
}

// FoundingLog returns the records of a node that was always in a cluster with this configuration, whose voters have decided nothing
// since: what a log is to hold so that the node's next start is not that of a new node. So many starts of it went before.
func FoundingLog(node wire.NodeID, boot uint64, state *topology.State) [][]byte {
	record := Record{Node: node, Boot: boot, State: state}
	records := [][]byte{record.Append(nil)}
	config := DefaultConsensus()
	config.Generation = state.Generation
	if founding := consensus.FoundingRecord(config, state.Voters(), node, &agreement{state: state}); founding != nil {
		records = append(records, appendConsensusRecord(nil, state.Cluster, founding))
	}
	return records
}

// load decodes the last record about the node, nil if there is none, and the records of its consensus group.
func (r Recovered) load() (last *Record, group [][]byte, err error) {
	newest := -1
	for i, data := range r.Records {
		kind, err := recordKind(data)
		if err != nil {
			return nil, nil, err
		}
		if kind == recordKindNode {
			newest = i
		}
	}
	switch {
	case len(r.Records) == 0:
		return nil, nil, nil
	case newest < 0:
		return nil, nil, errors.New("core: the log has no record about its node")
	}
	record, err := DecodeRecord(r.Records[newest])
	if err != nil {
		return nil, nil, err
	}
	for _, data := range r.Records {
		if kind, _ := recordKind(data); kind == recordKindConsensus {
			reader := wire.NewReader(data[2:])
			if cluster := reader.ClusterID(); reader.Err() != nil {
				return nil, nil, fmt.Errorf("core: log record: %w", reader.Err())
			} else if cluster == record.State.Cluster {
				group = append(group, reader.Bytes(reader.Len()))
			}
		}
	}
	return &record, group, nil
}

// recordKind returns what a record is about. The error names one that was written by another version.
func recordKind(data []byte) (kind byte, err error) {
	reader := wire.NewReader(data)
	kind, version := reader.Uint8(), reader.Uint8()
	if reader.Err() != nil {
		return 0, fmt.Errorf("core: log record: %w", reader.Err())
	}
	if version != recordVersion || kind != recordKindNode && kind != recordKindConsensus {
		return 0, fmt.Errorf("core: log record of kind %d, version %d: this version reads kinds %d and %d, version %d only",
			kind, version, recordKindNode, recordKindConsensus, recordVersion)
	}
	return kind, nil
}

// Append appends the record's binary form to dst.
func (r *Record) Append(dst []byte) []byte {
	dst = append(dst, recordKindNode, recordVersion)
	dst = append(dst, r.Node[:]...)
	dst = wire.AppendUint64(dst, r.Boot)
	dst = wire.AppendBool(dst, r.attempt != nil)
	if r.attempt != nil {
		dst = r.attempt.append(dst)
	}
	dst = appendSpent(dst, r.spent)
	return wire.AppendPrefixed(dst, r.State.Append(nil))
}

// appendConsensusRecord appends the binary form of a record of a cluster's consensus group.
func appendConsensusRecord(dst []byte, cluster wire.ClusterID, record []byte) []byte {
	dst = append(dst, recordKindConsensus, recordVersion)
	dst = append(dst, cluster[:]...)
	return append(dst, record...)
}

// DecodeRecord reads one record about a node. Its errors name what is wrong: a record that the log's checksum has let pass was written
// by another version, or is not a node's.
func DecodeRecord(data []byte) (Record, error) {
	kind, err := recordKind(data)
	if err != nil {
		return Record{}, err
	}
	if kind != recordKindNode {
		return Record{}, fmt.Errorf("core: log record of kind %d is not about a node", kind)
	}
	reader := wire.NewReader(data[2:])
	record := Record{Node: reader.NodeID(), Boot: reader.Uint64()}
	if reader.Bool() {
		record.attempt = readAttempt(&reader)
	}
	record.spent = readSpent(&reader)
	encoded := reader.Prefixed(topology.MaxStateBytes)
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
