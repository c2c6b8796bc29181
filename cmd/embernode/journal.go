package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disk"
)

// logName is what the names of the log's files begin with.
const logName = "ember"

// journal keeps the node's log on disk. Records are appended by the loop, which the page cache takes at once; waiting for
// the disk is the business of a goroutine of its own, the syncer, and whatever gathers during one sync is made durable by the
// next.
type journal struct {
	directory *disk.Directory
	log       *storage.Log

	// mutex guards what is below.
	mutex sync.Mutex
	// wake tells the syncer that something of what is below has changed.
	wake *sync.Cond
	// dirty says that records have been appended since the last sync began.
	dirty bool
	// release is the position before which records are not needed. It only grows.
	release uint64
	// failed and closed end the syncer, failed at once, closed after a last sync.
	failed, closed bool
	ended          sync.WaitGroup
}

// openJournal opens the log in a directory, which it makes and locks, and reads what it holds. The error is one line that
// tells what is wrong and where. Files of the log have about the given size in bytes.
func openJournal(path string, segmentSize int64) (*journal, core.Recovered, error) {
	directory, err := disk.Open(path)
	if err != nil {
		return nil, core.Recovered{}, err
	}
	var recovered core.Recovered
	log, err := storage.OpenLog(directory, storage.LogOptions{
		Name: logName,
		Salt: entropy(), SegmentSize: segmentSize,
		Recover: func(position uint64, record []byte) error {
			recovered.Position = position
			recovered.Records = append(recovered.Records, bytes.Clone(record))
			return nil
		},
	})
	if err != nil {
		_ = directory.Close() // nothing was written by us
		if damage, ok := errors.AsType[*storage.DamageError](err); ok {
			return nil, core.Recovered{}, fmt.Errorf("the log is damaged: %s: offset %d: %s",
				filepath.Join(path, damage.File), damage.Offset, damage.Reason)
		}
		return nil, core.Recovered{}, fmt.Errorf("log in %s: %w", path, err)
	}
	j := &journal{directory: directory, log: log}
	j.wake = sync.NewCond(&j.mutex)
	return j, recovered, nil
}

// start runs the syncer. It calls persisted with the position up to which the log has become durable, and failed, once,
// with an error that ends the log.
func (j *journal) start(persisted func(position uint64), failed func(error)) {
	j.ended.Go(func() {
		for j.awaitWork() {
			position, err := j.syncAndRelease()
			if err != nil {
				j.fail()
				failed(err)
				return
			}
			persisted(position)
		}
	})
}

// awaitWork waits for something to sync, and reports false when the syncer has to end.
func (j *journal) awaitWork() bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	for !j.dirty && !j.failed && !j.closed {
		j.wake.Wait()
	}
	work := j.dirty && !j.failed
	j.dirty = false
	return work
}

func (j *journal) syncAndRelease() (uint64, error) {
	position, err := j.log.Sync()
	if err != nil {
		return 0, err
	}
	j.mutex.Lock()
	before := j.release
	j.mutex.Unlock()
	return position, j.log.Release(before)
}

func (j *journal) fail() {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.failed = true
	j.wake.Signal()
}

// append adds a record and has it synced. An error ends the log.
func (j *journal) append(record []byte) (uint64, error) {
	position, err := j.log.Append(record)
	if err != nil {
		j.fail()
		return 0, err
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.dirty = true
	j.wake.Signal()
	return position, nil
}

// releaseBefore says that the records before the position are not needed. They are removed after some later sync.
func (j *journal) releaseBefore(position uint64) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.release = max(j.release, position)
}

// finish syncs what is left and stops the syncer; its calls have all been made when finish returns.
func (j *journal) finish() {
	j.mutex.Lock()
	j.closed = true
	j.wake.Signal()
	j.mutex.Unlock()
	j.ended.Wait()
}

// close gives the log and its directory back. The syncer must not be running.
func (j *journal) close() error {
	return errors.Join(j.log.Close(), j.directory.Close())
}
