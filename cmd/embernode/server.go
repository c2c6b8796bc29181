package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/ember-cluster/ember/core"
)

// server is a node with its disk and its ports.
type server struct {
	loop *loop
	log  *slog.Logger
	// clientPort and busPort are the ports that it listens on.
	clientPort, busPort uint16
}

// openServer recovers the node from its directory and opens the ports. Whatever is missing is told in one line, and nothing is
// left open then.
func openServer(c *commandLine, log *slog.Logger) (*server, error) {
	journal, recovered, err := openJournal(c.Dir)
	if err != nil {
		return nil, err
	}
	s, err := openPorts(c, log, journal, recovered)
	if err != nil {
		journal.close() // nothing was appended
		return nil, err
	}
	return s, nil
}

func openPorts(c *commandLine, log *slog.Logger, journal *journal, recovered core.Recovered) (*server, error) {
	listeners, clientPort, err := listenForClients(&c.settings)
	if err != nil {
		return nil, err
	}
	l := &loop{journal: journal, log: log, began: time.Now(), bus: newBus()}
	l.mail = newMailbox()
	busPort, err := l.openBus(&c.settings)
	if err != nil {
		closeAll(listeners)
		return nil, err
	}
	l.node, err = core.New(c.nodeOptions(clientPort, busPort), recovered)
	if err != nil {
		closeAll(listeners)
		l.bus.close() // nothing was sent
		return nil, fmt.Errorf("log in %s: %w", c.Dir, err)
	}
	l.clients = newNetDriver(listeners, c.driverOptions(l.now), log)
	l.mail.begin(l.clients.wake)
	return &server{loop: l, log: log, clientPort: clientPort, busPort: busPort}, nil
}

func (c *commandLine) driverOptions(clock func() time.Duration) driverOptions {
	return driverOptions{
		maxClients: int(c.MaxClients), idle: c.Timeout.duration(), localOnly: c.ProtectedMode.on() && !c.bindGiven,
		queuedSoft: defaultQueuedSoft, queuedHard: defaultQueuedHard, clock: clock,
	}
}

// serve runs the node until it is stopped.
func (s *server) serve() error {
	s.tellWhoWeAre()
	err := s.loop.run()
	if closing := s.loop.journal.close(); err == nil {
		err = closing
	}
	return err
}

// tellWhoWeAre logs the start, and what about it should make somebody look.
func (s *server) tellWhoWeAre() {
	node := s.loop.node
	s.log.Info("serving", "node", node.ID(), "boot", node.Boot(), "client_port", s.clientPort, "cluster_port", s.busPort,
		"nodes", len(node.State().Nodes()), "version", version)
}
