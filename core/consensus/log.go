package consensus

import (
	"fmt"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// entryLog is the raft log as the records that were given to the driver describe it, durable or not. What is not durable yet
// raft still holds by itself and does not ask for. It implements raft.Storage.
//
//	 snapshot                    entries
//	┌─────────┬────────────────┬───────────────────────┐
//	│ 1 … s   │ kept for those │ s+1            … last │
//	│         │ a bit behind   │                       │
//	└─────────┴────────────────┴───────────────────────┘
//	          first            s+1
type entryLog struct {
	// hard is the term, vote and commit index that were last written; nil before there were any.
	hard *pb.HardState
	// snapshot is the last checkpoint. Its data is the group and the state machine's state, see appendBody.
	// Invariant: never nil, with metadata.
	snapshot *pb.Snapshot
	// stale is set while the members have changed since the snapshot: a new one could not live with it.
	stale bool
	// before is the index of the entry before the first one, and beforeTerm is its term.
	// Invariant: before <= the snapshot's index <= last().
	before, beforeTerm uint64
	// entries begin at before+1. They are never changed: raft has references to them.
	// Invariant: indexes rise by one, terms never fall.
	entries []*pb.Entry
}

func emptySnapshot() *pb.Snapshot {
	return &pb.Snapshot{Metadata: &pb.SnapshotMetadata{Index: new(uint64(0)), Term: new(uint64(0)), ConfState: &pb.ConfState{}}}
}

func newEntryLog() *entryLog { return &entryLog{snapshot: emptySnapshot()} }

func (l *entryLog) last() uint64 { return l.before + uint64(len(l.entries)) }

func (l *entryLog) snapshotIndex() uint64 { return l.snapshot.GetMetadata().GetIndex() }

// term returns the term of an entry; false if the log does not have it.
func (l *entryLog) term(index uint64) (uint64, bool) {
	switch {
	case index == l.before:
		return l.beforeTerm, true
	case index == l.snapshotIndex():
		return l.snapshot.GetMetadata().GetTerm(), true
	case index < l.before || index > l.last():
		return 0, false
	}
	return l.entries[index-l.before-1].GetTerm(), true
}

// add appends entries, in place of those that have their indexes and of all behind. Those that the snapshot covers are
// passed over.
func (l *entryLog) add(entries []*pb.Entry) {
	if len(entries) == 0 {
		return
	}
	first := entries[0].GetIndex()
	if first > l.last()+1 {
		panic(fmt.Sprintf("consensus: entry %d behind a log that ends at %d", first, l.last()))
	}
	if first <= l.before {
		if entries[len(entries)-1].GetIndex() <= l.before {
			return
		}
		entries = entries[l.before+1-first:]
		first = l.before + 1
	}
	keep := first - l.before - 1
	l.entries = append(l.entries[:keep:keep], entries...)
}

// install puts a snapshot in place of all entries.
func (l *entryLog) install(snapshot *pb.Snapshot) {
	l.snapshot, l.stale = snapshot, false
	l.before, l.beforeTerm = snapshot.GetMetadata().GetIndex(), snapshot.GetMetadata().GetTerm()
	l.entries = nil
}

// checkpoint puts a snapshot in place of the entries up to its index, of which the last few are kept.
func (l *entryLog) checkpoint(snapshot *pb.Snapshot, keep int) {
	l.snapshot, l.stale = snapshot, false
	index := snapshot.GetMetadata().GetIndex()
	if index-l.before > uint64(keep) {
		drop := index - l.before - uint64(keep)
		l.beforeTerm = l.entries[drop-1].GetTerm()
		l.before += drop
		l.entries = append([]*pb.Entry(nil), l.entries[drop:]...)
	}
}

// from returns the entries from an index on.
func (l *entryLog) from(index uint64) []*pb.Entry {
	if index > l.last() {
		return nil
	}
	return l.entries[index-l.before-1:]
}

// InitialState implements raft.Storage.
func (l *entryLog) InitialState() (*pb.HardState, *pb.ConfState, error) {
	return l.hard, l.snapshot.GetMetadata().GetConfState(), nil
}

// Entries implements raft.Storage.
func (l *entryLog) Entries(low, high, maxSize uint64) ([]*pb.Entry, error) {
	if low <= l.before {
		return nil, raft.ErrCompacted
	}
	if high > l.last()+1 || low >= high {
		return nil, raft.ErrUnavailable
	}
	entries := l.entries[low-l.before-1 : high-l.before-1]
	size := uint64(0)
	for i, e := range entries {
		size += uint64(proto.Size(e))
		if i > 0 && size > maxSize {
			entries = entries[:i]
			break
		}
	}
	return entries[:len(entries):len(entries)], nil
}

// Term implements raft.Storage.
func (l *entryLog) Term(index uint64) (uint64, error) {
	if term, ok := l.term(index); ok {
		return term, nil
	}
	if index < l.before {
		return 0, raft.ErrCompacted
	}
	return 0, raft.ErrUnavailable
}

// FirstIndex implements raft.Storage.
func (l *entryLog) FirstIndex() (uint64, error) { return l.before + 1, nil }

// LastIndex implements raft.Storage.
func (l *entryLog) LastIndex() (uint64, error) { return l.last(), nil }

// Snapshot implements raft.Storage.
func (l *entryLog) Snapshot() (*pb.Snapshot, error) {
	if l.snapshotIndex() == 0 || l.stale {
		return nil, raft.ErrSnapshotTemporarilyUnavailable
	}
	return l.snapshot, nil
}
