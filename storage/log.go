package storage

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"sync"
)

// DefaultSegmentSize is the size in bytes of a segment unless LogOptions says another.
const DefaultSegmentSize = 64 << 20

// ErrTooLarge is the cause of a refusal to append a record that has more bytes than the log takes.
var ErrTooLarge = errors.New("record too large")

// LogOptions says how a Log is kept. The zero value of each field but Name stands for its default.
type LogOptions struct {
	// Name is what the segment files' names begin with: "ember" gives "ember-000001.log".
	Name string
	// Salt is mixed into every check of the segments made from now on. Draw it at random at each start, so that
	// no client can put bytes into a record that look like a frame of this log. Default 0, which anybody can guess.
	Salt uint64
	// SegmentSize is the size in bytes at which the next Sync begins a new segment. Default DefaultSegmentSize.
	SegmentSize int64
	// MaxRecord bounds the bytes of one record that is appended. Default and highest value MaxRecord.
	MaxRecord int
	// Reserve is how many bytes are kept reserved behind the end of the log (File.Reserve) while syncs are small.
	// Default 0, nothing is reserved.
	Reserve int64
	// Recover is called for every record that the log holds, in order, while it is opened. The record's bytes are
	// valid during the call only. An error stops OpenLog, which returns it. If OpenLog fails in another way, what
	// was recovered so far must not be used. Default: nothing is called.
	Recover func(position uint64, record []byte) error
}

// withDefaults returns the options with every default filled in.
func (o LogOptions) withDefaults() (LogOptions, error) {
	if o.SegmentSize == 0 {
		o.SegmentSize = DefaultSegmentSize
	}
	if o.MaxRecord == 0 {
		o.MaxRecord = MaxRecord
	}
	if o.SegmentSize < 0 || o.MaxRecord < 0 || o.MaxRecord > MaxRecord || o.Reserve < 0 {
		return o, fmt.Errorf("storage: log options out of range: %d bytes a segment, %d a record, %d reserved",
			o.SegmentSize, o.MaxRecord, o.Reserve)
	}
	if o.Name == "" {
		return o, errors.New("storage: a log needs a name")
	}
	return o, CheckName(segmentName(o.Name, 1))
}

// A Log is an open log: a sequence of records, the first one at position 1.
//
// Append may be called while Sync or Release runs in another goroutine. Used from one goroutine only, a log is
// deterministic: what it does to its directory is a function of the calls.
type Log struct {
	directory Directory
	options   LogOptions

	// syncing is held by Sync, Release and Close, which wait for the disk. It is taken before mutex.
	syncing sync.Mutex
	// mutex guards what is below, and is held for as long as a write to the page cache takes.
	mutex sync.Mutex
	// file is the last segment's.
	file File
	// segments are those of the log, oldest first.
	//
	// Invariant: between two calls of Sync all but the last are durable, and if there are several so is the last one's
	// start. So Release may remove the others.
	segments []*segment
	// last is the position of the last record, content the checksum of all records up to it.
	last    uint64
	content uint32
	// durable is the position up to which all is durable.
	//
	// Invariant: durable <= last, and it never decreases.
	durable uint64
	// reserved is the offset in the last segment up to which room is reserved, synced what of it the last Sync found.
	reserved, synced int64
	// buffer is where a frame and its record are put together.
	buffer []byte
	// failure is the first error of Append or Sync, which ended the log; every later call returns it.
	failure error
}

// errClosed ends a log that was closed.
var errClosed = fmt.Errorf("storage: log: %w", fs.ErrClosed)

// contentAfter returns the checksum of a log's records when one more follows those with the given checksum.
func contentAfter(content uint32, record []byte) uint32 {
	return crc32.Update(content, castagnoli, record)
}

// OpenLog opens the log of the options' name in the directory, recovers its records, cuts a torn tail and makes the
// rest durable. Where there is no log it begins one. A damaged log is refused with a *DamageError and left as it is.
func OpenLog(directory Directory, options LogOptions) (*Log, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	r := recovery{directory: directory, options: options}
	file, err := r.run()
	if err != nil {
		return nil, err
	}
	l := &Log{
		directory: directory, options: options, file: file, segments: r.segments,
		last: r.last, content: r.content, durable: r.last,
	}
	if err := l.begin(); err != nil {
		if l.file != nil {
			_ = l.file.Close()
		}
		return nil, err
	}
	return l, nil
}

// begin makes a recovered log ready: it has a segment, the segment its start, and its last frame tells what is durable.
func (l *Log) begin() error {
	if len(l.segments) == 0 {
		s := newSegment(1, l.options.Salt, 0)
		file, err := l.createSegment(s)
		if err != nil {
			return err
		}
		l.file, l.segments = file, []*segment{s}
	}
	s := l.segments[len(l.segments)-1]
	l.reserved, l.synced = s.size, s.size
	if !s.started {
		return l.startSegment(l.file, s)
	}
	return l.appendMark()
}

// First returns the position of the oldest record that the log holds: Last()+1 if it holds none.
func (l *Log) First() uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.segments[0].before + 1
}

// Last returns the position of the last record appended, 0 if there was none yet.
func (l *Log) Last() uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.last
}

// Durable returns the position up to which the log is known to be durable.
func (l *Log) Durable() uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.durable
}

// Size returns the bytes of all segments, without what is reserved.
func (l *Log) Size() int64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var size int64
	for _, s := range l.segments {
		size += s.size
	}
	return size
}

// Append adds a record at the end and returns its position. The record is durable once a Sync that began after this
// call has returned. ErrTooLarge is the caller's mistake and leaves the log as it was; every other error ends it.
func (l *Log) Append(record []byte) (position uint64, err error) {
	if len(record) > l.options.MaxRecord {
		return 0, fmt.Errorf("storage: %w: %d bytes, at most %d are allowed", ErrTooLarge, len(record), l.options.MaxRecord)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.failure != nil {
		return 0, l.failure
	}
	f := frame{
		kind:     frameRecord,
		length:   uint32(len(record)),
		position: l.last + 1,
		durable:  l.durable,
		content:  contentAfter(l.content, record),
	}
	if err := l.appendFrame(f, record); err != nil {
		return 0, err
	}
	l.last, l.content = f.position, f.content
	return l.last, nil
}

// maxKeptBuffer is the size in bytes of the largest buffer that is kept for the next record.
const maxKeptBuffer = 1 << 20

// appendFrame writes a frame at the end of the last segment. Called with the mutex held, or before anyone
// else knows the log. An error ends the log.
func (l *Log) appendFrame(f frame, record []byte) error {
	s := l.segments[len(l.segments)-1]
	l.buffer = f.append(l.buffer[:0], s.seed, s.size)
	l.buffer = append(l.buffer, record...)
	if err := l.file.Append(l.buffer); err != nil {
		return l.fail(err)
	}
	s.size += int64(len(l.buffer))
	if cap(l.buffer) > maxKeptBuffer {
		l.buffer = nil
	}
	return nil
}

// appendMark writes a mark of what is durable. Called as appendFrame is.
func (l *Log) appendMark() error {
	return l.appendFrame(frame{kind: frameMark, position: l.last, durable: l.durable, content: l.content}, nil)
}

// fail ends the log with its first error, and returns that one. Called with the mutex held.
func (l *Log) fail(err error) error {
	if l.failure == nil {
		l.failure = err
	}
	return l.failure
}

// Close closes the log's files, without making anything durable that is not. Later calls fail with fs.ErrClosed.
func (l *Log) Close() error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.failure == errClosed {
		return nil
	}
	l.failure = errClosed
	return l.file.Close()
}
