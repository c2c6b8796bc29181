package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
)

// segmentMagic begins every segment. Its last character is the version of the format.
const segmentMagic = "EMBERLG1"

// segmentHeaderSize is the size in bytes of what a segment has before its first frame.
const segmentHeaderSize = 32

// A segment is one file of a log.
type segment struct {
	number uint64
	salt   uint64
	// seed is frameSeed of number and salt.
	seed uint32
	// before is the position of the last record before this segment.
	before uint64
	// size is the size in bytes, where the next frame goes if this is the last segment.
	size int64
	// settled is the size without what is at the end, holds no record and can be written again.
	settled int64
	// started is whether the segment has its start frame.
	started bool
}

func newSegment(number, salt, before uint64) *segment {
	return &segment{
		number: number, salt: salt, seed: frameSeed(number, salt), before: before,
		size: segmentHeaderSize, settled: segmentHeaderSize,
	}
}

// segmentName returns the file name of a segment of the log.
func segmentName(log string, number uint64) string {
	return fmt.Sprintf("%s-%06d.log", log, number)
}

// parseSegmentName returns the number of the segment of the log that has the file name, or false if none has.
func parseSegmentName(log, name string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, log+"-")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, ".log")
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	// One name per number: not "ember-7.log" beside "ember-000007.log".
	return number, err == nil && number > 0 && segmentName(log, number) == name
}

// appendSegmentHeader appends a segment's header.
func appendSegmentHeader(dst []byte, number, salt uint64) []byte {
	at := len(dst)
	dst = append(dst, segmentMagic...)
	dst = binary.LittleEndian.AppendUint64(dst, number)
	dst = binary.LittleEndian.AppendUint64(dst, salt)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// decodeSegmentHeader returns the salt of the segment that begins with data, or what is wrong with it.
func decodeSegmentHeader(data []byte, number uint64) (salt uint64, reason string) {
	if len(data) < segmentHeaderSize {
		return 0, "segment header cut short"
	}
	data = data[:segmentHeaderSize]
	version := len(segmentMagic) - 1
	if string(data[:version]) != segmentMagic[:version] {
		return 0, "not a segment of a log"
	}
	if binary.LittleEndian.Uint32(data[28:]) != crc32.Checksum(data[:28], castagnoli) {
		return 0, "segment header checksum mismatch"
	}
	if data[version] != segmentMagic[version] {
		return 0, fmt.Sprintf("format version %q, this program reads version %q", data[version], segmentMagic[version])
	}
	if got := binary.LittleEndian.Uint64(data[8:]); got != number {
		return 0, fmt.Sprintf("this is segment %d", got)
	}
	return binary.LittleEndian.Uint64(data[16:]), ""
}

// A segmentReader reads a segment's file through a window, so that recovery takes little memory.
type segmentReader struct {
	file File
	size int64
	// window holds the bytes of the file from offset at.
	window []byte
	at     int64
}

// readAhead is the size in bytes of a reader's window, unless a record needs more.
const readAhead = 256 << 10

func newSegmentReader(file File) (*segmentReader, error) {
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	return &segmentReader{file: file, size: size}, nil
}

// bytes returns n bytes at the offset, fewer where the file ends. They are valid until the next call.
func (r *segmentReader) bytes(offset, n int64) ([]byte, error) {
	n = min(n, r.size-offset)
	if n <= 0 {
		return nil, nil
	}
	if offset < r.at || offset+n > r.at+int64(len(r.window)) {
		if err := r.move(offset, max(n, min(readAhead, r.size-offset))); err != nil {
			return nil, err
		}
	}
	start := offset - r.at
	return r.window[start:min(start+n, int64(len(r.window)))], nil
}

// move reads n bytes at the offset into the window.
func (r *segmentReader) move(offset, n int64) error {
	if int64(cap(r.window)) < n {
		r.window = make([]byte, n)
	}
	r.window, r.at = r.window[:n], offset
	got, err := r.file.ReadAt(r.window, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		r.window = r.window[:0]
		return err
	}
	r.window = r.window[:got]
	return nil
}

// zeroFrom reports whether the file has nothing but zero bytes from the offset on.
func (r *segmentReader) zeroFrom(offset int64) (bool, error) {
	for offset < r.size {
		data, err := r.bytes(offset, readAhead)
		if err != nil || len(data) == 0 {
			return err == nil, err
		}
		if !allZero(data) {
			return false, nil
		}
		offset += int64(len(data))
	}
	return true, nil
}

func allZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}
