package main

import "bytes"

// outputQueue is what has been sent to one client and has not left, in chunks. A large chunk that nobody writes to any more is
// queued as it is; whatever else is copied, small pieces into common chunks.
type outputQueue struct {
	chunks [][]byte
	// written is how many bytes of the first chunk have left.
	written int
	// size is how many bytes have not left.
	size int
	// open says that the last chunk is the queue's own, and may grow.
	open bool
}

const (
	// minKept is the least chunk that is queued without a copy: a smaller one would hold more memory than it saves.
	minKept = 32 << 10
	// maxChunk is how far the queue's own chunks grow by small pieces. A write takes one chunk.
	maxChunk = 256 << 10
	// maxKeptQueue bounds the memory that an empty queue keeps.
	maxKeptQueue = 16 << 10
)

// add queues bytes. If they are kept by whoever has made them they need not be copied.
func (q *outputQueue) add(piece []byte, kept bool) {
	q.size += len(piece)
	last := len(q.chunks) - 1
	switch {
	case kept && len(piece) >= minKept:
		if q.open && len(q.chunks[last]) == 0 {
			q.chunks = q.chunks[:last]
		}
		q.chunks = append(q.chunks, piece)
		q.open = false
	case q.open && (len(q.chunks[last]) == 0 || len(q.chunks[last])+len(piece) <= maxChunk):
		q.chunks[last] = append(q.chunks[last], piece...)
	default:
		q.chunks = append(q.chunks, bytes.Clone(piece))
		q.open = true
	}
}

// first returns the bytes to be written next. It is empty only if the queue is.
func (q *outputQueue) first() []byte {
	if q.size == 0 {
		return nil
	}
	return q.chunks[0][q.written:]
}

// took notes that so many of the first bytes have left. They are of one chunk.
func (q *outputQueue) took(n int) {
	q.written += n
	q.size -= n
	switch {
	case q.written < len(q.chunks[0]):
	case q.size > 0:
		q.chunks[0] = nil
		q.chunks = q.chunks[1:]
		q.written = 0
	default:
		q.clear()
	}
}

// take returns all that is queued, which leaves the queue empty.
func (q *outputQueue) take() [][]byte {
	if q.size == 0 {
		return nil
	}
	chunks := q.chunks
	chunks[0] = chunks[0][q.written:]
	*q = outputQueue{}
	return chunks
}

// clear drops everything.
func (q *outputQueue) clear() {
	last := len(q.chunks) - 1
	if q.open && cap(q.chunks[last]) <= maxKeptQueue {
		q.chunks[0] = q.chunks[last][:0]
		clear(q.chunks[1:])
		*q = outputQueue{chunks: q.chunks[:1], open: true}
		return
	}
	*q = outputQueue{}
}
