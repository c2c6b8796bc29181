package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// devNode is one process of `embernode dev`.
type devNode struct {
	port     portNumber
	dir      string
	settings []string
	command  *exec.Cmd
	// said is what it has said on its standard error: why it could not start.
	said bytes.Buffer
	// ended is closed when the process has.
	ended chan struct{}
}

const (
	// devPoll is how often a node is asked whether it serves, devReply how long whoever is there may take to answer.
	devPoll  = 20 * time.Millisecond
	devReply = 500 * time.Millisecond
	// devGrace is how long a node may take to stop in order.
	devGrace = 5 * time.Second
)

func (n *devNode) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(n.port))) }

func (n *devNode) logFile() string { return filepath.Join(n.dir, "log") }

// arguments are those of a node by itself.
func (n *devNode) arguments() []string {
	return append([]string{"--port", strconv.Itoa(int(n.port)), "--bind", "127.0.0.1", "--dir", n.dir, "--logfile", n.logFile()}, n.settings...)
}

// line is the command to start the node from a shell.
func (n *devNode) line() string {
	words := []string{n.command.Path}
	for _, word := range n.arguments() {
		if word == "" || strings.ContainsAny(word, " \t\n\"'\\$&|;<>()*?[]#~`!{}") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// start starts the process. Signals of the terminal do not reach it: it is stopped by its parent, and ends with it.
func (n *devNode) start() error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	n.command = exec.Command(executable, n.arguments()...)
	n.command.Stderr = &n.said
	n.command.SysProcAttr = childAttributes()
	if err := n.command.Start(); err != nil {
		return err
	}
	n.ended = make(chan struct{})
	go func() {
		_ = n.command.Wait() // the status is in ProcessState
		close(n.ended)
	}()
	return nil
}

// awaitServing waits until the node serves all slots. The error says why it does not, nil if it is time to stop.
func (n *devNode) awaitServing(stopping context.Context) error {
	for !n.serves() {
		select {
		case <-n.ended:
			reason := strings.TrimPrefix(strings.TrimSpace(n.said.String()), "embernode: ")
			return fmt.Errorf("node %s ended (%v): %s", n.address(), n.command.ProcessState, reason)
		case <-stopping.Done():
			return nil
		case <-time.After(devPoll):
		}
	}
	return nil
}

// serves reports whether the node answers, and says that the cluster works.
func (n *devNode) serves() bool {
	connection, err := net.Dial("tcp", n.address())
	if err != nil {
		return false
	}
	o := operator{connection: connection}
	defer o.close()
	if err := connection.SetDeadline(time.Now().Add(devReply)); err != nil {
		return false
	}
	state, err := o.clusterInfo("cluster_state")
	_, refused := errors.AsType[errorReply](err) // the settings may ask for a password: then no more can be said
	return refused || err == nil && state == "ok"
}

// stopAll stops all nodes in order, and those that take too long at once.
func stopAll(nodes []*devNode) {
	patience := time.After(devGrace)
	for _, n := range nodes {
		if n.ended != nil {
			_ = n.command.Process.Signal(syscall.SIGTERM) // it may have ended
		}
	}
	for _, n := range nodes {
		if n.ended == nil {
			continue
		}
		select {
		case <-n.ended:
		case <-patience:
			_ = n.command.Process.Kill()
			<-n.ended
		}
	}
}
