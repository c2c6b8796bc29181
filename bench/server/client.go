package server

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/ember-cluster/ember/core/resp"
)

// client is one connection, for setting up; the load itself comes from package load.
type client struct {
	connection net.Conn
	request    []byte
	received   []byte // what was read; received[:taken] has been used
	taken      int
}

func dial(ctx context.Context, port int) (*client, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return &client{connection: connection, received: make([]byte, 0, 64<<10)}, nil
}

func (c *client) close() { _ = c.connection.Close() }

// call sends one command and returns its reply as text.
func (c *client) call(arguments ...string) (string, error) {
	c.add(arguments...)
	if err := c.flush(); err != nil {
		return "", err
	}
	reply, err := c.receive()
	if err != nil {
		return "", fmt.Errorf("%s: %w", arguments[0], err)
	}
	return reply, nil
}

func (c *client) add(arguments ...string) {
	var raw [24][]byte
	list := raw[:0]
	for _, argument := range arguments {
		list = append(list, []byte(argument))
	}
	c.request = resp.AppendCommand(c.request, list...)
}

func (c *client) flush() error {
	_, err := c.connection.Write(c.request)
	c.request = c.request[:0]
	return err
}

// receive returns the next reply as text; a reply that is an error is one.
func (c *client) receive() (string, error) {
	for {
		value, size, err := resp.ReadValue(c.received[c.taken:], resp.ReplyLimits{})
		switch {
		case err != nil:
			return "", err
		case size == 0:
			if err := c.read(); err != nil {
				return "", err
			}
			continue
		}
		c.taken += size
		if value.IsError() {
			return "", fmt.Errorf("the server says: %s", value.Str)
		}
		return string(value.Str), nil
	}
}

// read appends what has arrived, in the place of what was used.
func (c *client) read() error {
	c.received = append(c.received[:0], c.received[c.taken:]...)
	c.taken = 0
	c.received = slices.Grow(c.received, 1)
	n, err := c.connection.Read(c.received[len(c.received):cap(c.received)])
	c.received = c.received[:len(c.received)+n]
	return err
}
