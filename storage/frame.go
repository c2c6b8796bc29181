package storage

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// MaxRecord is the most bytes that a record may have.
const MaxRecord = 1 << 30

// frameSize is the size in bytes of a frame without its record.
const frameSize = 32

// A frameKind says what a frame is. Zero is no kind, so that zero bytes are no frame.
type frameKind uint8

const (
	frameStart  frameKind = 1 // the first frame of a segment
	frameRecord frameKind = 2
	frameMark   frameKind = 3 // nothing but what is durable
)

// A frame is the header of one.
type frame struct {
	kind   frameKind
	length uint32
	// position is that of the record, or of the last record before a start or a mark.
	position uint64
	// durable is the position up to which the log was known to be durable when the frame was written.
	//
	// Invariant: durable < position of a record, durable <= position of a start or a mark.
	durable uint64
	// content is the checksum of all records of the log up to and including this frame's.
	content uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frameSeed returns the part of a frame's check that is the same for a whole segment.
func frameSeed(number, salt uint64) uint32 {
	var identity [16]byte
	binary.LittleEndian.PutUint64(identity[0:], number)
	binary.LittleEndian.PutUint64(identity[8:], salt)
	return crc32.Checksum(identity[:], castagnoli)
}

// frameCheck returns the check of the frame whose first bytes are given, if it is at that offset. A CRC begun from another
// value ends in another one, so the same bytes have another check at every other offset below 4 GiB.
func frameCheck(first []byte, seed uint32, offset int64) uint32 {
	place := uint32(offset) ^ uint32(offset>>32)
	return crc32.Update(seed^place, castagnoli, first[:frameSize-4])
}

// append appends the frame for the given offset of the segment that has the seed.
func (f frame) append(dst []byte, seed uint32, offset int64) []byte {
	at := len(dst)
	dst = append(dst, byte(f.kind), 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, f.length)
	dst = binary.LittleEndian.AppendUint64(dst, f.position)
	dst = binary.LittleEndian.AppendUint64(dst, f.durable)
	dst = binary.LittleEndian.AppendUint32(dst, f.content)
	return binary.LittleEndian.AppendUint32(dst, frameCheck(dst[at:], seed, offset))
}

// decodeFrame returns the frame in the first frameSize bytes of data, which are at the given offset of the segment
// that has the seed. It reports false if no frame was written there.
func decodeFrame(data []byte, seed uint32, offset int64) (frame, bool) {
	// Checked first and without a table look-up: the search for evidence of damage comes by here for every byte.
	if data[1]|data[2]|data[3] != 0 || data[0] < byte(frameStart) || data[0] > byte(frameMark) {
		return frame{}, false
	}
	if binary.LittleEndian.Uint32(data[frameSize-4:]) != frameCheck(data, seed, offset) {
		return frame{}, false
	}
	f := frame{
		kind:     frameKind(data[0]),
		length:   binary.LittleEndian.Uint32(data[4:]),
		position: binary.LittleEndian.Uint64(data[8:]),
		durable:  binary.LittleEndian.Uint64(data[16:]),
		content:  binary.LittleEndian.Uint32(data[24:]),
	}
	return f, f.plausible()
}

// plausible reports whether this package could have written the frame: it bounds what a forger may make recovery do.
func (f frame) plausible() bool {
	if f.kind == frameRecord {
		return f.length <= MaxRecord && f.position < math.MaxUint64 && f.durable < f.position
	}
	return f.length == 0 && f.position < math.MaxUint64 && f.durable <= f.position
}
