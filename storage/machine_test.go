package storage_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

// A logMachine drives a log over a simulated disk through crashes and faults, beside the simplest model of a log: a
// list of records.
type logMachine struct {
	disk *disksim.Disk
	log  *storage.Log
	story
	// promised is whether the disk has kept its promises so far: then nothing durable may be lost, and no damage be
	// reported. Otherwise there is only one promise left: no record is taken for another.
	promised bool
}

func newLogMachine(seed uint64) *logMachine {
	return &logMachine{disk: newDisk(seed), promised: true}
}

func machineOptions() storage.LogOptions {
	return storage.LogOptions{Name: "test", Salt: 3, SegmentSize: 700, Reserve: 256}
}

func (m *logMachine) append(t *rapid.T) {
	record := fmt.Sprintf("%d/%d", len(m.appended)+1, rapid.IntRange(0, 3).Draw(t, "which"))
	record += string(make([]byte, rapid.IntRange(0, 300).Draw(t, "zeros")))
	m.appended = append(m.appended, record)
	position, err := m.log.Append([]byte(record))
	if err != nil {
		m.reopen(t)
		return
	}
	if position != uint64(len(m.appended)) {
		t.Fatalf("appended at %d, want %d", position, len(m.appended))
	}
}

func (m *logMachine) sync(t *rapid.T) {
	upTo, err := m.log.Sync()
	if err != nil {
		m.reopen(t)
		return
	}
	if upTo != uint64(len(m.appended)) {
		t.Fatalf("synced up to %d of %d", upTo, len(m.appended))
	}
	m.durable = upTo
}

func (m *logMachine) release(t *rapid.T) {
	before := rapid.Uint64Range(0, m.durable+1).Draw(t, "before")
	m.released = max(m.released, before)
	if m.log.Release(before) != nil {
		m.reopen(t)
	}
}

func (m *logMachine) crash(t *rapid.T) {
	m.disk.Crash()
	m.reopen(t)
}

func (m *logMachine) fault(t *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(t, "fault") {
	case 0:
		m.disk.SetFaults(disksim.Faults{})
	case 1:
		m.disk.SetFaults(disksim.Faults{SyncErrors: random.Million / 5})
	case 2:
		m.disk.SetFaults(disksim.Faults{WriteErrors: random.Million / 5})
	case 3:
		m.disk.SetFaults(disksim.Faults{Capacity: rapid.Int64Range(1, 5000).Draw(t, "capacity")})
	}
}

func (m *logMachine) lie(t *rapid.T) {
	m.promised = false
	m.disk.SetFaults(disksim.Faults{LyingSyncs: random.Million / 2})
}

func (m *logMachine) rot(t *rapid.T) {
	if _, _, ok := m.disk.Rot(); ok {
		m.promised = false
	}
}

// reopen heals the disk and opens the log, as a new process does, and compares it with the model.
func (m *logMachine) reopen(t *rapid.T) {
	m.disk.SetFaults(disksim.Faults{})
	log, records, err := openRecording(m.disk, machineOptions())
	if err != nil {
		if _, ok := err.(*storage.DamageError); !ok || m.promised {
			t.Fatalf("opening: %v", err)
		}
		m.disk.Wipe()
		m.story, m.promised = story{}, true
		m.reopen(t)
		return
	}
	first, last := log.First(), log.Last()
	if last > uint64(len(m.appended)) {
		t.Fatalf("%d records, only %d were appended", last, len(m.appended))
	}
	for i, record := range records {
		if want := m.appended[first-1+uint64(i)]; record != want {
			t.Fatalf("record %d is %q, want %q", first+uint64(i), record, want)
		}
	}
	if m.promised && (last < m.durable || first > max(m.released, 1)) {
		t.Fatalf("records %d to %d, durable are those to %d, released those before %d", first, last, m.durable, m.released)
	}
	m.log, m.appended, m.durable = log, m.appended[:last], last
}

func TestLogAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newLogMachine(rapid.Uint64().Draw(t, "seed"))
		m.reopen(t)
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append, "append more": m.append, "sync": m.sync, "release": m.release,
			"crash": m.crash, "reopen": m.reopen, "fault": m.fault,
		})
	})
}

func TestLogOnABrokenDiskAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newLogMachine(rapid.Uint64().Draw(t, "seed"))
		m.reopen(t)
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append, "append more": m.append, "sync": m.sync, "release": m.release,
			"crash": m.crash, "fault": m.fault, "lie": m.lie, "rot": m.rot,
		})
	})
}
