package storage

import (
	"cmp"
	"io"
	"slices"
)

// cut removes all that is behind the end of the log, makes durable what is left, and returns its last file.
//
// What was read from a file need not be on the disk. To sync the file would do if its bytes were merely not synced
// yet. But a sync of them may have failed, in this process or in one before: then the operating system shows them
// still, does not mean to write them again, and its next sync succeeds. So whatever no later frame knows to be
// durable is written anew: segments with such records as a whole, frames and segments without records by leaving
// them out here.
func (r *recovery) cut() (File, error) {
	kept := len(r.segments)
	for kept > 0 && r.segments[kept-1].settled == segmentHeaderSize {
		kept--
	}
	r.segments = r.segments[:kept]
	// The last one first, and each for good before the next: at no time is there a gap.
	for _, number := range slices.Backward(r.numbers[kept:]) {
		if err := r.directory.Remove(r.name(number)); err != nil {
			return nil, err
		}
		if err := r.directory.Sync(); err != nil {
			return nil, err
		}
	}
	if kept == 0 {
		return nil, nil
	}
	for i, s := range r.segments {
		if i+1 < kept && r.segments[i+1].before <= r.durable || r.last <= r.durable {
			continue // all its records are durable
		}
		if err := r.rewrite(s); err != nil {
			return nil, err
		}
	}
	return r.openLast(r.segments[kept-1])
}

// rewriteSuffix ends the name of a segment's copy that is being made.
const rewriteSuffix = ".new"

// rewrite replaces a segment's file by a copy, cut to its valid frames, that is durable.
func (r *recovery) rewrite(s *segment) error {
	fresh := r.name(s.number) + rewriteSuffix
	file, err := r.directory.Create(fresh)
	if err != nil {
		return err
	}
	err = r.with(s.number, func(reader *segmentReader) error {
		for offset := int64(0); offset < s.size; {
			data, err := reader.bytes(offset, min(readAhead, s.size-offset))
			if err == nil && len(data) == 0 {
				err = io.ErrUnexpectedEOF
			}
			if err == nil {
				err = file.Append(data)
			}
			if err != nil {
				return err
			}
			offset += int64(len(data))
		}
		return file.Sync()
	})
	if err = cmp.Or(err, file.Close()); err != nil {
		return err
	}
	if err := r.directory.Rename(fresh, r.name(s.number)); err != nil {
		return err
	}
	return r.directory.Sync()
}

// openLast opens the last segment for appending, cut to its last record. A mark behind it that is not on the disk
// would leave a hole before the records that will follow.
func (r *recovery) openLast(s *segment) (File, error) {
	file, err := r.directory.Open(r.name(s.number))
	if err != nil {
		return nil, err
	}
	s.size = s.settled
	if err := cmp.Or(file.Truncate(s.size), file.Sync()); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}
