package consensus

import (
	"fmt"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// The records that a machine has its driver append to the node's log, in the order in which they were given. Numbers are
// uvarints.
//
//	append      1, term, vote, commit, first index, entries
//	            entries are a count and for each: term, kind (1), data (length and bytes). They take the place of all entries
//	            from the first index on. Term, vote and commit are always those in force.
//	checkpoint  2, generation, raft id, term, vote, commit, snapshot, entries behind the snapshot
//	            snapshot: index, term, four lists of the configuration and auto-leave, body (length and bytes)
//	            body: the group, then the state machine's state (length and bytes)
//	observer    3, generation, the highest raft id that this node ever had in it
//
// A checkpoint or an observer record makes all earlier records void, so a log may be released up to it once it is durable,
// and the first records that are left of a released log are passed over until one of those comes. As a log is cut behind the
// last record that can be trusted, every prefix of it is a state that the machine has been in.
const (
	recordAppend byte = iota + 1
	recordCheckpoint
	recordObserver
)

// Record is something to append to the node's log.
type Record struct {
	// Position numbers the records of this machine from 1 on; Persisted names it.
	Position uint64
	Bytes    []byte
	// Restart says that all earlier records are void when this one is durable, so that they may be released.
	Restart bool
}

// durable is what a machine's records say.
type durable struct {
	// generation is that of the group that the rest is about.
	generation uint64
	// id is the machine's raft id, 0 of an observer; spent is the highest it ever had.
	id, spent uint64
	log       *entryLog
}

func newDurable(generation uint64) *durable {
	return &durable{generation: generation, log: newEntryLog()}
}

// commitAll takes what is on the disk of a group's only voter for committed, as it is: up to a change of the members, behind which
// others may have to agree.
func (d *durable) commitAll() {
	commit := d.log.snapshotIndex()
	for _, e := range d.log.from(commit + 1) {
		commit = e.GetIndex()
		if e.GetType() == pb.EntryConfChangeV2 {
			break
		}
	}
	d.log.hard = &pb.HardState{Term: d.log.hard.Term, Vote: d.log.hard.Vote, Commit: new(max(commit, d.log.hard.GetCommit()))}
}

func appendHard(dst []byte, hard *pb.HardState) []byte {
	dst = wire.AppendUvarint(dst, hard.GetTerm())
	dst = wire.AppendUvarint(dst, hard.GetVote())
	return wire.AppendUvarint(dst, hard.GetCommit())
}

func readHard(r *wire.Reader) *pb.HardState {
	return &pb.HardState{Term: new(readBounded(r)), Vote: new(readBounded(r)), Commit: new(readBounded(r))}
}

// appendEntries appends entries whose indexes follow one another, without the indexes.
func appendEntries(dst []byte, entries []*pb.Entry) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(entries)))
	for _, e := range entries {
		dst = wire.AppendUvarint(dst, e.GetTerm())
		dst = append(dst, byte(e.GetType()))
		dst = wire.AppendPrefixed(dst, e.GetData())
	}
	return dst
}

// minEntryBytes is the size of an entry without data.
const minEntryBytes = 3

// readEntries reads entries, at most maxCount, of which the first has the given index. Their data is copied.
func readEntries(r *wire.Reader, first uint64, maxCount int) []*pb.Entry {
	count := r.Count(maxCount, minEntryBytes)
	if count == 0 {
		return nil
	}
	if first == 0 || first > MaxIndex-uint64(count) {
		r.Fail(wire.Malformed)
		return nil
	}
	entries := make([]*pb.Entry, count)
	for i := range entries {
		term, kind, data := readBounded(r), pb.EntryType(r.Uint8()), r.Prefixed(maxPayload)
		if kind != pb.EntryNormal && kind != pb.EntryConfChangeV2 {
			r.Fail(wire.Malformed)
		}
		entries[i] = &pb.Entry{Term: new(term), Index: new(first + uint64(i)), Type: kind.Enum(), Data: slices.Clone(data)}
	}
	return entries
}

func appendSnapshot(dst []byte, snapshot *pb.Snapshot) []byte {
	meta := snapshot.GetMetadata()
	dst = wire.AppendUvarint(dst, meta.GetIndex())
	dst = wire.AppendUvarint(dst, meta.GetTerm())
	dst = appendConf(dst, meta.GetConfState())
	return wire.AppendPrefixed(dst, snapshot.GetData())
}

func readSnapshot(r *wire.Reader, maxBytes int) *pb.Snapshot {
	meta := &pb.SnapshotMetadata{Index: new(readBounded(r)), Term: new(readBounded(r)), ConfState: readConf(r)}
	return &pb.Snapshot{Metadata: meta, Data: slices.Clone(r.Prefixed(maxBytes))}
}

// appendBody appends what a snapshot's data consists of.
func appendBody(dst []byte, g *group, machine StateMachine) []byte {
	dst = g.append(dst)
	return wire.AppendPrefixed(dst, machine.AppendState(nil))
}

// readBody reads a snapshot's data: the group, and the state machine's state, which aliases it.
func readBody(snapshot *pb.Snapshot, maxState int) (*group, []byte, error) {
	r := wire.NewReader(snapshot.GetData())
	g := readGroup(&r, snapshot.GetMetadata().GetConfState())
	state := r.Prefixed(maxState)
	if err := r.Finish(); err != nil {
		return nil, nil, err
	}
	return g, state, nil
}

func (d *durable) appendRecord(first uint64, entries []*pb.Entry) []byte {
	dst := appendHard([]byte{recordAppend}, d.log.hard)
	dst = wire.AppendUvarint(dst, first)
	return appendEntries(dst, entries)
}

func (d *durable) checkpointRecord() []byte {
	dst := wire.AppendUvarint([]byte{recordCheckpoint}, d.generation)
	dst = wire.AppendUvarint(dst, d.id)
	dst = appendHard(dst, d.log.hard)
	dst = appendSnapshot(dst, d.log.snapshot)
	return appendEntries(dst, d.log.from(d.log.snapshotIndex()+1))
}

func (d *durable) observerRecord() []byte {
	return wire.AppendUvarint(wire.AppendUvarint([]byte{recordObserver}, d.generation), d.spent)
}

// replay takes the records that a log still holds, in order. What they say of an earlier generation than the configuration's
// is void: raft ids begin anew in each. Its error names the record that no machine writes.
func replay(config Config, records [][]byte) (*durable, error) {
	d := newDurable(0)
	started := false
	for i, record := range records {
		if len(record) > 0 && record[0] == recordAppend && !started {
			continue
		}
		if err := d.replayRecord(config, record); err != nil {
			return nil, fmt.Errorf("consensus: log record %d of %d: %w", i+1, len(records), err)
		}
		started = true
	}
	switch {
	case d.generation > config.Generation:
		return nil, fmt.Errorf("consensus: the log is of generation %d, the configuration of %d", d.generation, config.Generation)
	case d.generation < config.Generation:
		return newDurable(config.Generation), nil
	}
	return d, nil
}

func (d *durable) replayRecord(config Config, record []byte) error {
	r := wire.NewReader(record)
	switch kind := r.Uint8(); kind {
	case recordAppend:
		d.replayAppend(&r)
	case recordCheckpoint:
		d.replayCheckpoint(&r, config)
	case recordObserver:
		*d = *newDurable(r.Uvarint())
		d.spent = readBounded(&r)
	default:
		r.Fail(wire.BadVersion)
	}
	if err := r.Finish(); err != nil {
		return err
	}
	return d.log.check()
}

func (d *durable) replayAppend(r *wire.Reader) {
	hard, first := readHard(r), r.Uvarint()
	entries := readEntries(r, first, maxEntriesInRecord)
	if len(entries) > 0 && (first <= d.log.snapshotIndex() || first > d.log.last()+1) || d.id == 0 {
		r.Fail(wire.Malformed)
	}
	if r.Err() != nil {
		return
	}
	d.log.hard = hard
	d.log.add(entries)
}

func (d *durable) replayCheckpoint(r *wire.Reader, config Config) {
	generation := r.Uvarint()
	id, hard := readBounded(r), readHard(r)
	snapshot := readSnapshot(r, config.maxSnapshot())
	entries := readEntries(r, snapshot.GetMetadata().GetIndex()+1, maxEntriesInRecord)
	if id == 0 {
		r.Fail(wire.Malformed)
	}
	if r.Err() != nil {
		return
	}
	*d = durable{generation: generation, id: id, spent: id, log: newEntryLog()}
	d.log.hard = hard
	d.log.install(snapshot)
	d.log.add(entries)
}
