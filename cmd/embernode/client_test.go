package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/resp"
)

// client is a connection that says exactly what a test wants.
type client struct {
	t      *testing.T
	socket halfCloser
	buffer []byte
	parser resp.ValueParser
}

// halfCloser is a connection on which the end can be sent alone.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	return dialNetwork(t, "tcp", address)
}

func dialNetwork(t *testing.T, network, address string) *client {
	t.Helper()
	socket, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, socket: socket.(halfCloser)}
	t.Cleanup(c.close)
	return c
}

func (c *client) close() { c.socket.Close() }

// send writes raw bytes.
func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.socket, text); err != nil {
		c.t.Fatal(err)
	}
}

// command writes a command.
func (c *client) command(args ...string) {
	c.t.Helper()
	c.send(encode(args...))
}

func encode(args ...string) string {
	words := make([][]byte, len(args))
	for i, arg := range args {
		words[i] = []byte(arg)
	}
	return string(resp.AppendCommand(nil, words...))
}

// reply reads a reply, or the end of the connection: then the error is io.EOF.
func (c *client) reply() (resp.Value, error) {
	for {
		value, n, err := c.parser.Next(c.buffer)
		if err != nil {
			c.t.Fatalf("this is no reply: %q: %v", c.buffer, err)
		}
		if n > 0 {
			c.buffer = c.buffer[n:]
			return value, nil
		}
		space := make([]byte, 64<<10)
		n, err = c.socket.Read(space)
		c.buffer = append(c.buffer, space[:n]...)
		if err != nil {
			return resp.Value{}, err
		}
	}
}

// text reads a reply as text: of an error, its line; of an array, its elements between blanks.
func (c *client) text() string {
	c.t.Helper()
	value, err := c.reply()
	if err != nil {
		c.t.Fatalf("instead of a reply: %v", err)
	}
	return show(value)
}

func show(value resp.Value) string {
	switch value.Kind {
	case resp.KindInteger:
		return fmt.Sprint(value.Int)
	case resp.KindNull:
		return "(nil)"
	}
	if value.Array == nil {
		return string(value.Str)
	}
	parts := make([]string, len(value.Array))
	for i, element := range value.Array {
		parts[i] = show(element)
	}
	return strings.Join(parts, " ")
}

// call sends a command and returns its reply as text.
func (c *client) call(args ...string) string {
	c.t.Helper()
	c.command(args...)
	return c.text()
}

// expect sends a command and compares its reply.
func (c *client) expect(want string, args ...string) {
	c.t.Helper()
	if got := c.call(args...); got != want {
		c.t.Errorf("%s: got %q, want %q", strings.Join(args, " "), got, want)
	}
}

// expectEnd reads until the server closes the connection.
func (c *client) expectEnd() {
	c.t.Helper()
	for {
		if _, err := c.reply(); err != nil {
			if !errors.Is(err, io.EOF) {
				c.t.Errorf("the connection ended with %v, want an orderly close", err)
			}
			return
		}
	}
}
