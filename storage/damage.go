package storage

import "fmt"

// A DamageError says that a log has lost or changed what was synced: the disk did not keep its promise, or
// somebody else wrote to the file. The log is left as it is.
type DamageError struct {
	File   string
	Offset int64
	Reason string
}

// Error returns one line, such as "ember-000001.log: offset 4096: checksum mismatch".
func (e *DamageError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s", e.File, e.Offset, e.Reason)
}

// knowsMore reports whether a frame behind the end of the log knows that the record missing there was durable.
func (r *recovery) knowsMore() (bool, error) {
	if len(r.segments) == 0 {
		return false, nil
	}
	end := r.segments[len(r.segments)-1]
	for _, number := range r.numbers[len(r.segments)-1:] {
		found := false
		err := r.with(number, func(reader *segmentReader) (err error) {
			s := end
			if number != end.number {
				if s, err = r.readHeader(reader, number); err != nil || s == nil {
					return err
				}
			}
			found, err = knowsDurable(reader, s, r.last+1)
			return err
		})
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// knowsDurable reports whether the segment has a frame, at any offset from its size on, that says that the position
// was durable when it was written.
func knowsDurable(reader *segmentReader, s *segment, position uint64) (bool, error) {
	for from := s.size; ; {
		data, err := reader.bytes(from, readAhead)
		if err != nil || len(data) < frameSize {
			return false, err
		}
		for i := 0; i+frameSize <= len(data); i++ {
			if data[i] == 0 { // most of what there is to search is zeros
				continue
			}
			if f, ok := decodeFrame(data[i:], s.seed, from+int64(i)); ok && f.durable >= position {
				return true, nil
			}
		}
		from += int64(len(data)) - frameSize + 1
	}
}
