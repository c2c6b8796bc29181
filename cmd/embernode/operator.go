package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/ember-cluster/ember/core/resp"
)

// operator is a client that gives a node what an administrator would. Its calls wait for the reply.
type operator struct {
	connection net.Conn
	parser     resp.ValueParser
	received   []byte
}

// errorReply is an error that the node has answered with.
type errorReply string

// Error implements error.
func (e errorReply) Error() string { return string(e) }

// newOperator connects one inside of the process, and shows the password if the node asks for one.
func (s *server) newOperator() (*operator, error) {
	inner, outer, err := socketPair()
	if err != nil {
		return nil, err
	}
	s.loop.clients.adopt(outer, origin{path: "embernode"})
	o := &operator{connection: inner}
	if password := s.command.changeable.RequirePass; password != "" {
		if _, err := o.do("AUTH", password); err != nil {
			o.close()
			return nil, err
		}
	}
	return o, nil
}

func (o *operator) close() { o.connection.Close() }

// do has a command executed and returns the text of its reply. An error reply is an error.
func (o *operator) do(args ...string) (string, error) {
	words := make([][]byte, len(args))
	for i, arg := range args {
		words[i] = []byte(arg)
	}
	if _, err := o.connection.Write(resp.AppendCommand(nil, words...)); err != nil {
		return "", err
	}
	for {
		reply, n, err := o.parser.Next(o.received)
		if err != nil {
			return "", err
		}
		if n > 0 {
			text := string(reply.Str)
			o.received = o.received[n:]
			if reply.IsError() {
				return "", errorReply(text)
			}
			return text, nil
		}
		buffer := make([]byte, 4096)
		n, err = o.connection.Read(buffer)
		if err != nil {
			return "", err
		}
		o.received = append(o.received, buffer[:n]...)
	}
}

// clusterInfo returns a field of CLUSTER INFO.
func (o *operator) clusterInfo(field string) (string, error) {
	info, err := o.do("CLUSTER", "INFO")
	if err != nil {
		return "", err
	}
	for line := range strings.SplitSeq(info, "\r\n") {
		if name, value, _ := strings.Cut(line, ":"); name == field {
			return value, nil
		}
	}
	return "", fmt.Errorf("CLUSTER INFO has no %s", field)
}
