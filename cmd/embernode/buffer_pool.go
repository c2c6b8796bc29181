package main

// bufferPool keeps the buffers that sockets are read into: a connection has one only while its input is on its way to the node,
// so that idle connections cost none.
type bufferPool struct {
	small, large [][]byte
	// largeOut counts the large buffers that are in use.
	largeOut int
}

const (
	// smallBuffer takes what a client without very long pipelines sends at once.
	smallBuffer = 16 << 10
	// largeBuffer is for those who send more than that, few system calls for a large value.
	largeBuffer = 256 << 10
	// maxLargeOut bounds the large buffers in use: 32 MiB. Beyond it there are small ones.
	maxLargeOut = 128
	// maxSmallKept bounds the small buffers that are kept for later: 16 MiB.
	maxSmallKept = 1024
	// maxLargeKept bounds the large buffers that are kept for later: 4 MiB.
	maxLargeKept = 16
)

// get returns a buffer, a large one if that is wanted and possible.
func (p *bufferPool) get(large bool) []byte {
	if large && p.largeOut < maxLargeOut {
		p.largeOut++
		return take(&p.large, largeBuffer)
	}
	return take(&p.small, smallBuffer)
}

func take(kept *[][]byte, size int) []byte {
	if n := len(*kept); n > 0 {
		buffer := (*kept)[n-1]
		*kept = (*kept)[:n-1]
		return buffer
	}
	return make([]byte, size)
}

// put takes a buffer back.
func (p *bufferPool) put(buffer []byte) {
	if len(buffer) == largeBuffer {
		p.largeOut--
		if len(p.large) < maxLargeKept {
			p.large = append(p.large, buffer)
		}
		return
	}
	if len(p.small) < maxSmallKept {
		p.small = append(p.small, buffer)
	}
}
