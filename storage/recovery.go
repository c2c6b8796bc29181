package storage

import (
	"fmt"
	"slices"
	"strings"
)

// A recovery reads a log from its first segment on until it finds no valid frame where one belongs, decides whether the
// log was torn or damaged there, and leaves it ready for appending. See the package's documentation for the rule.
type recovery struct {
	directory Directory
	options   LogOptions
	// numbers are those of the segments that there are, without a gap.
	numbers []uint64

	// last is the position of the last record read, content the checksum of all records up to it.
	last    uint64
	content uint32
	// durable is the highest position that a frame read so far says to be durable.
	durable uint64
	// segments are those read so far; the log ends in the last of them, at its size.
	segments []*segment
	// end says why nothing more was read, and where that is to be seen.
	end DamageError
	// clean is whether there was just nothing, no bytes or zeros, where the next frame belongs.
	clean bool
}

func (r *recovery) name(number uint64) string {
	return segmentName(r.options.Name, number)
}

func (r *recovery) damage(number uint64, offset int64, reason string) error {
	return &DamageError{File: r.name(number), Offset: offset, Reason: reason}
}

// run recovers the log. It returns the last segment's file, open for appending, or none if the log has no segment.
func (r *recovery) run() (File, error) {
	if err := r.list(); err != nil {
		return nil, err
	}
	for _, number := range r.numbers {
		connected, err := r.readSegment(number)
		if err != nil {
			return nil, err
		}
		if !connected {
			break
		}
	}
	damaged, err := r.knowsMore()
	if err != nil {
		return nil, err
	}
	if damaged {
		return nil, &r.end
	}
	return r.cut()
}

// list finds the segments.
func (r *recovery) list() error {
	// What is listed may have been created or removed by a process that died before it synced the directory.
	if err := r.directory.Sync(); err != nil {
		return err
	}
	names, err := r.directory.List()
	if err != nil {
		return err
	}
	for _, name := range names {
		if number, ok := parseSegmentName(r.options.Name, name); ok {
			r.numbers = append(r.numbers, number)
		}
		original, unfinished := strings.CutSuffix(name, rewriteSuffix)
		if _, ok := parseSegmentName(r.options.Name, original); ok && unfinished {
			if err := r.directory.Remove(name); err != nil {
				return err
			}
		}
	}
	slices.Sort(r.numbers)
	for i := 1; i < len(r.numbers); i++ {
		if missing := r.numbers[i-1] + 1; r.numbers[i] != missing {
			return r.damage(missing, 0, "segment is missing")
		}
	}
	return nil
}

// with calls f with a reader of the segment's file.
func (r *recovery) with(number uint64, f func(*segmentReader) error) error {
	file, err := r.directory.Open(r.name(number))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // opened for reading only
	reader, err := newSegmentReader(file)
	if err != nil {
		return err
	}
	return f(reader)
}

// readSegment reads a segment's records. It reports false if the segment does not go on from what was read before.
func (r *recovery) readSegment(number uint64) (connected bool, err error) {
	err = r.with(number, func(reader *segmentReader) error {
		s, err := r.readHeader(reader, number)
		if err != nil || s == nil {
			return err
		}
		connected, err = r.readStart(reader, s)
		if err != nil || !connected {
			return err
		}
		r.segments = append(r.segments, s)
		if !s.started {
			return nil
		}
		return r.readFrames(reader, s)
	})
	return connected, err
}

// readHeader reads a segment's header. It returns no segment if the header was never finished.
func (r *recovery) readHeader(reader *segmentReader, number uint64) (*segment, error) {
	head, err := reader.bytes(0, segmentHeaderSize)
	if err != nil {
		return nil, err
	}
	salt, reason := decodeSegmentHeader(head, number)
	if reason == "" {
		return newSegment(number, salt, r.last), nil
	}
	// The header is durable before any frame is written behind it. So it was never finished if nothing is there; but
	// the oldest segment of a log that has released others was finished long ago.
	empty, err := reader.zeroFrom(segmentHeaderSize)
	if err != nil {
		return nil, err
	}
	released := len(r.segments) == 0 && number > 1
	if !empty || released || number != r.numbers[len(r.numbers)-1] {
		return nil, r.damage(number, 0, reason)
	}
	return nil, nil
}

// readStart reads a segment's start frame. It reports false if the segment does not go on from what was read before.
func (r *recovery) readStart(reader *segmentReader, s *segment) (connected bool, err error) {
	first, follows := len(r.segments) == 0, r.clean
	f, reason, err := r.frameAt(reader, s)
	if err != nil {
		return false, err
	}
	if reason == "" && f.kind != frameStart {
		reason = "a segment begins without its start"
	}
	if reason == "" && first {
		r.last, r.content, s.before = f.position, f.content, f.position
	}
	if reason == "" && f.position == r.last && f.content != r.content {
		reason = "the segment follows other records than these"
	}
	if reason != "" {
		return r.refuseStart(s, reason, follows)
	}
	if f.position != r.last {
		return false, nil
	}
	r.durable = max(r.durable, f.durable)
	s.size += frameSize
	s.started = true
	if first && s.number > 1 {
		s.settled = s.size // nothing else knows the position that the log goes on from
	}
	return true, nil
}

// refuseStart decides about a segment that has no start it could go on from. Follows says that the segment before it
// has just nothing where it ends, so that what is wrong is to be seen here.
func (r *recovery) refuseStart(s *segment, reason string, follows bool) (connected bool, err error) {
	first := len(r.segments) == 0
	if first && s.number > 1 { // its start was durable before the segments below it were released
		return false, r.damage(s.number, s.size, reason)
	}
	if first || follows {
		r.end = DamageError{r.name(s.number), s.size, reason}
	}
	return first, nil // a crash can have come before the first frame of a new log
}

// frameAt returns the frame where the segment ends so far, or the reason why there is none.
func (r *recovery) frameAt(reader *segmentReader, s *segment) (f frame, reason string, err error) {
	data, err := reader.bytes(s.size, frameSize)
	if err != nil {
		return frame{}, "", err
	}
	r.clean = allZero(data)
	switch {
	case r.clean:
		return frame{}, fmt.Sprintf("record %d is missing", r.last+1), nil
	case len(data) < frameSize:
		return frame{}, "the file ends within a frame", nil
	}
	f, ok := decodeFrame(data, s.seed, s.size)
	if !ok {
		return frame{}, "checksum mismatch", nil
	}
	return f, "", nil
}

// readFrames reads the frames behind a segment's start up to the first place that has no valid one.
func (r *recovery) readFrames(reader *segmentReader, s *segment) error {
	for {
		f, reason, err := r.frameAt(reader, s)
		if err == nil && reason == "" {
			reason, err = r.accept(reader, s, f)
		}
		if err != nil {
			return err
		}
		if reason != "" {
			r.end = DamageError{r.name(s.number), s.size, reason}
			return nil
		}
		r.durable = max(r.durable, f.durable)
		s.size += frameSize + int64(f.length)
		if f.kind == frameRecord {
			s.settled = s.size
		}
	}
}

// accept takes a frame that is at the end of what was read, or says why it does not belong there.
func (r *recovery) accept(reader *segmentReader, s *segment, f frame) (reason string, err error) {
	switch {
	case f.kind == frameMark && f.position == r.last && f.content == r.content:
		return "", nil
	case f.kind != frameRecord || f.position != r.last+1:
		return fmt.Sprintf("position %d where record %d belongs", f.position, r.last+1), nil
	}
	record, err := reader.bytes(s.size+frameSize, int64(f.length))
	if err != nil {
		return "", err
	}
	if len(record) < int(f.length) {
		return "the file ends within a record", nil
	}
	if contentAfter(r.content, record) != f.content {
		return "checksum mismatch", nil
	}
	r.last, r.content = f.position, f.content
	if r.options.Recover == nil {
		return "", nil
	}
	return "", r.options.Recover(f.position, record)
}
