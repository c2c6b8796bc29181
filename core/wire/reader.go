package wire

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Reader is a cursor over bytes from the network. It never reads past their end: the first read that fails sets the
// error, and from then on every read returns zero values. So a decoder reads all of its fields in a row and looks at
// Err or Finish once, before it uses any of them.
type Reader struct {
	data []byte
	at   int // Invariant: 0 <= at <= len(data).
	err  *Error
}

// NewReader returns a cursor at the start of data, which it aliases.
func NewReader(data []byte) Reader { return Reader{data: data} }

// Len returns the number of bytes that are left, 0 after an error.
func (r *Reader) Len() int {
	if r.err != nil {
		return 0
	}
	return len(r.data) - r.at
}

// Err returns the first error, an *Error, or nil.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil // not r.err: a nil *Error in an interface is not nil
	}
	return r.err
}

// Finish returns Err, or an error if bytes are left.
func (r *Reader) Finish() error {
	if r.Len() > 0 {
		r.Fail(Trailing)
	}
	return r.Err()
}

// Fail records an error of the decoder's own finding, at the place read last. The first error stays.
func (r *Reader) Fail(kind ErrorKind) {
	if r.err == nil {
		r.err = &Error{Kind: kind, Offset: r.at}
	}
}

// take returns the next n bytes, or nil and an error if there are fewer.
func (r *Reader) take(n int) []byte {
	if n < 0 || n > r.Len() {
		r.Fail(Truncated)
		return nil
	}
	taken := r.data[r.at : r.at+n : r.at+n]
	r.at += n
	return taken
}

// Uint8 reads one byte.
func (r *Reader) Uint8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Bool reads one byte that must be 0 or 1.
func (r *Reader) Bool() bool {
	b := r.Uint8()
	if b > 1 {
		r.Fail(Malformed)
		return false
	}
	return b == 1
}

// Uint16 reads a big-endian integer of two bytes.
func (r *Reader) Uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads a big-endian integer of four bytes.
func (r *Reader) Uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads a big-endian integer of eight bytes.
func (r *Reader) Uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Uvarint reads an unsigned LEB128 integer. One that does not fit into 64 bits, or that is longer than it need be, is
// malformed.
func (r *Reader) Uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	value, n := binary.Uvarint(r.data[r.at:])
	switch {
	case n == 0:
		r.Fail(Truncated)
		return 0
	case n < 0, n != uvarintSize(value):
		r.Fail(Malformed)
		return 0
	}
	r.at += n
	return value
}

// uvarintSize returns the number of bytes of the shortest encoding: seven bits a byte, at least one byte.
func uvarintSize(value uint64) int { return (bits.Len64(value|1) + 6) / 7 }

// Bytes reads n bytes. The result aliases the data; it is nil after an error. A negative n is an error.
func (r *Reader) Bytes(n int) []byte { return r.take(n) }

// Prefixed reads a length (a uvarint of at most max) and that many bytes. The result aliases the data; it is nil after an
// error.
func (r *Reader) Prefixed(max int) []byte {
	length := r.bounded(max)
	if r.err != nil {
		return nil
	}
	return r.take(length)
}

// Count reads a number of elements (a uvarint of at most max), each of which takes at least elementSize bytes (at least 1).
// A count that the remaining bytes can't hold is an error, so it is safe to allocate room for as many elements.
func (r *Reader) Count(max, elementSize int) int {
	n := r.bounded(max)
	if n > r.Len()/elementSize {
		r.Fail(Truncated)
		return 0
	}
	return n
}

// bounded reads a uvarint of at most max.
func (r *Reader) bounded(max int) int {
	value := r.Uvarint()
	if max < 0 || value > uint64(max) || value > math.MaxInt {
		r.Fail(TooLarge)
		return 0
	}
	return int(value)
}

// NodeID reads a node's id.
func (r *Reader) NodeID() (id NodeID) {
	copy(id[:], r.take(len(id)))
	return id
}

// ClusterID reads a cluster's id.
func (r *Reader) ClusterID() (id ClusterID) {
	copy(id[:], r.take(len(id)))
	return id
}

// AppendUint16 appends what Reader.Uint16 reads.
func AppendUint16(dst []byte, value uint16) []byte { return binary.BigEndian.AppendUint16(dst, value) }

// AppendUint32 appends what Reader.Uint32 reads.
func AppendUint32(dst []byte, value uint32) []byte { return binary.BigEndian.AppendUint32(dst, value) }

// AppendUint64 appends what Reader.Uint64 reads.
func AppendUint64(dst []byte, value uint64) []byte { return binary.BigEndian.AppendUint64(dst, value) }

// AppendUvarint appends what Reader.Uvarint reads.
func AppendUvarint(dst []byte, value uint64) []byte { return binary.AppendUvarint(dst, value) }

// AppendBool appends what Reader.Bool reads.
func AppendBool(dst []byte, value bool) []byte {
	if value {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendPrefixed appends what Reader.Prefixed reads.
func AppendPrefixed(dst, value []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}
