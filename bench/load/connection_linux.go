package load

import (
	"errors"
	"io"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// connection is a socket that never blocks.
type connection struct {
	descriptor int
	output     []byte          // not written yet
	input      []byte          // read, and not a whole reply yet
	due        []time.Duration // when the requests without a reply should have been sent, the first first
}

func connect(port int) (*connection, error) {
	descriptor, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	c := &connection{descriptor: descriptor}
	err = errors.Join(
		unix.Connect(descriptor, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}),
		unix.SetsockoptInt(descriptor, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetNonblock(descriptor, true))
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *connection) close() { _ = unix.Close(c.descriptor) }

// write writes what the socket takes.
func (c *connection) write() error {
	if len(c.output) == 0 {
		return nil
	}
	n, err := unix.Write(c.descriptor, c.output)
	switch {
	case isTemporary(err):
		return nil
	case err != nil:
		return err
	}
	c.output = append(c.output[:0], c.output[n:]...)
	return nil
}

// read reads what is there, up to the size of the buffer.
func (c *connection) read() error {
	const room = 64 << 10
	c.input = slices.Grow(c.input, room)
	n, err := unix.Read(c.descriptor, c.input[len(c.input):cap(c.input)])
	switch {
	case isTemporary(err):
		return nil
	case err != nil:
		return err
	case n == 0:
		return io.ErrUnexpectedEOF
	}
	c.input = c.input[:len(c.input)+n]
	return nil
}

// replies takes the whole replies from the input and returns how many there were.
func (c *connection) replies() (int, error) {
	count, at := 0, 0
	for {
		size, err := replySize(c.input[at:])
		if err != nil {
			return count, err
		}
		if size == 0 {
			break
		}
		at += size
		count++
	}
	c.input = append(c.input[:0], c.input[at:]...)
	return count, nil
}

func isTemporary(err error) bool { return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) }
