package cluster

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/ember-cluster/ember/core/resp"
)

// halfCommand is the first word of an input that is no operation: the client sends so many bytes of a command that never ends, on
// a connection of its own, and gives that up after a while. It has no effect; a node must neither keep more of it than it may, nor
// let it stand in the way of others.
//
//	1.5s input client-1 half-command 5000
const halfCommand = "half-command"

// maxHalfCommand bounds what a client sends of a command that never ends, in bytes.
const maxHalfCommand = 1 << 20

// validateInstruction returns what is wrong with an input if it is something that a client can be told beside operations.
func validateInstruction(args []string) error {
	switch args[0] {
	case halfCommand:
		return validateHalfCommand(args[1:])
	case scanInstruction:
		return validateScan(args[1:])
	}
	return nil
}

func validateHalfCommand(args []string) error {
	if len(args) != 1 {
		return errors.New("half-command takes a number of bytes")
	}
	if size, err := strconv.Atoi(args[0]); err != nil || size < 1 || size > maxHalfCommand {
		return fmt.Errorf("half-command takes from 1 to %d bytes", maxHalfCommand)
	}
	return nil
}

// sendHalf sends a part of a command to a node of its choice, in pieces that come together or apart.
func (c *client) sendHalf(size int) {
	draw := c.random.At(c.cluster.World.Now())
	conn := c.connectionOfItsOwn(c.cluster.addresses[draw.IntN(len(c.cluster.addresses))])
	conn.held = true
	conn.expect(c, nil) // the reply that never comes ends the connection
	rest := c.halfOf(size)
	for len(rest) > 0 {
		piece := min(1+draw.IntN(size), len(rest))
		c.bus.SendStream(conn.stream, rest[:piece])
		rest = rest[piece:]
	}
}

// halfOf returns the first bytes of a SET whose value, all zeros, is larger by one than all that is sent. They are valid until the
// next call.
func (c *client) halfOf(size int) []byte {
	const around = 64 // more than what is around the value
	if len(c.zeros) <= size {
		c.zeros = make([]byte, 2*size)
		c.half = make([]byte, 0, 2*size+around)
	}
	c.half = resp.AppendCommand(c.half[:0], []byte("SET"), []byte("half"), c.zeros[:size+1])
	return c.half[:size]
}
