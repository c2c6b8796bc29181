package storage

import (
	"cmp"
	"errors"
	"io/fs"
)

// Sync makes durable everything that was appended before it was called, and returns the position up to which
// the log is durable. Any error ends the log.
//
// What is appended while it runs may or may not be part of it, so the next Sync takes all that has gathered
// meanwhile: group commit needs nothing else. Syncs wait for each other. A Sync that finds the last segment
// full begins the next one.
func (l *Log) Sync() (upTo uint64, err error) {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	file, target, end, err := l.syncTarget()
	if err != nil || file == nil {
		return target, err
	}
	l.reserve(file, end)
	if err := file.Sync(); err != nil {
		return 0, l.failSync(err)
	}
	full := l.synchronised(target, end)
	if !full {
		return target, nil
	}
	return l.rotate()
}

// syncTarget returns the file to be synced and the position and offset up to which it is now written. There is no
// file if everything is durable.
func (l *Log) syncTarget() (file File, target uint64, end int64, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.failure != nil {
		return nil, 0, 0, l.failure
	}
	if l.durable == l.last {
		return nil, l.durable, 0, nil
	}
	return l.file, l.last, l.segments[len(l.segments)-1].size, nil
}

// reserve keeps room behind the end of the file. Only a small sync gains by it: a large one would pay for writing
// everything twice.
func (l *Log) reserve(file File, end int64) {
	batch := end - l.synced
	l.synced = end
	if batch > l.options.Reserve/16 || l.reserved-end >= l.options.Reserve/2 {
		return
	}
	// An error means that there is little room left, which the appends themselves will find out.
	if file.Reserve(l.options.Reserve) == nil {
		l.reserved = end + l.options.Reserve
	}
}

// synchronised notes that the last segment is durable up to the position, and reports whether it is full.
func (l *Log) synchronised(target uint64, end int64) (full bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.durable = target
	if end >= l.options.SegmentSize {
		return true // the next segment's start will tell what is durable
	}
	if l.last == target {
		// No frame will follow soon that knows what this Sync has made durable. If the mark cannot be written, this
		// Sync has been a success all the same: the next call will have the error.
		_ = l.appendMark()
	}
	return false
}

func (l *Log) failSync(err error) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.fail(err)
}

// rotate begins a new segment, makes the one before it and the new one's start durable, and returns the position up
// to which the log is durable then. Appends are held up only while the start is written.
func (l *Log) rotate() (upTo uint64, err error) {
	number := l.segments[len(l.segments)-1].number + 1
	s := newSegment(number, l.options.Salt, 0)
	file, err := l.createSegment(s)
	if err != nil {
		return 0, l.failSync(err)
	}
	older, target, err := l.switchTo(s, file)
	if err != nil {
		return 0, err
	}
	// Records may have come into the older segment after its last sync, and into the new one already. Only the next
	// Sync will call those of the new one durable, and the older segment is so by then.
	if err := cmp.Or(older.Sync(), older.Close()); err != nil {
		return 0, l.failSync(err)
	}
	if err := file.Sync(); err != nil {
		return 0, l.failSync(err)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.durable = target
	return target, nil
}

// createSegment makes the file of a segment with nothing but its header, durable by content and by name.
func (l *Log) createSegment(s *segment) (File, error) {
	file, err := l.directory.Create(segmentName(l.options.Name, s.number))
	if err != nil {
		return nil, err
	}
	err = file.Append(appendSegmentHeader(nil, s.number, s.salt))
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = l.directory.Sync()
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// startSegment writes the start frame of a segment, which goes on from the log's last record. Called with the
// mutex held, or before anyone else knows the log.
func (l *Log) startSegment(file File, s *segment) error {
	f := frame{kind: frameStart, position: l.last, durable: l.durable, content: l.content}
	if err := file.Append(f.append(nil, s.seed, s.size)); err != nil {
		return l.fail(err)
	}
	s.before, s.started = l.last, true
	s.size += frameSize
	return nil
}

// switchTo begins a segment: what is appended from now on goes there. It returns the file of the one before it, and
// the position of the last record in it.
func (l *Log) switchTo(s *segment, file File) (older File, target uint64, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := l.startSegment(file, s); err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	older, l.file = l.file, file
	l.segments = append(l.segments, s)
	l.reserved, l.synced = s.size, s.size
	return older, l.last, nil
}

// Release says that the records before the position are not needed any more. The segments that hold none
// but such records are removed; the last segment always stays.
func (l *Log) Release(before uint64) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	for {
		number, err := l.releasable(before)
		if err != nil || number == 0 {
			return err
		}
		// It may be gone already if an earlier Release failed halfway.
		if err := l.directory.Remove(segmentName(l.options.Name, number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// For good before the next one: a later removal that survives a crash alone would leave a gap.
		if err := l.directory.Sync(); err != nil {
			return l.failSync(err)
		}
		l.mutex.Lock()
		l.segments = l.segments[1:]
		l.mutex.Unlock()
	}
}

// releasable returns the number of the oldest segment if all of its records are before the position, or 0.
func (l *Log) releasable(before uint64) (uint64, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.failure != nil {
		return 0, l.failure
	}
	if len(l.segments) == 1 || l.segments[1].before >= before {
		return 0, nil
	}
	return l.segments[0].number, nil
}
