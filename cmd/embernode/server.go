package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/storage"
)

// server is a node with its disk and its ports.
type server struct {
	command *commandLine
	loop    *loop
	log     *slog.Logger
	// clientPort and busPort are the ports that it listens on.
	clientPort, busPort uint16
}

// openServer recovers the node from its directory and opens the ports. Whatever is missing is told in one line, and nothing is
// left open then.
func openServer(c *commandLine, log *slog.Logger) (*server, error) {
	journal, recovered, err := openJournal(c.Dir, storage.DefaultSegmentSize)
	if err != nil {
		return nil, err
	}
	s, err := openPorts(c, log, journal, recovered)
	if err != nil {
		_ = journal.close() // nothing was appended
		return nil, err
	}
	return s, nil
}

func openPorts(c *commandLine, log *slog.Logger, journal *journal, recovered core.Recovered) (opened *server, err error) {
	var undo []func()
	defer func() {
		for _, step := range slices.Backward(undo) {
			if err != nil {
				step()
			}
		}
	}()
	listeners, clientPort, err := listenForClients(&c.settings)
	if err != nil {
		return nil, err
	}
	undo = append(undo, func() { closeAll(listeners) })
	l := &loop{journal: journal, log: log, began: time.Now(), bus: newBus(), mail: newMailbox()}
	if c.TLSPort != 0 {
		if l.gate, err = openTLSGate(c, log); err != nil {
			return nil, err
		}
		undo = append(undo, l.gate.closeListeners)
	}
	secrets, err := clusterSecrets(&c.changeable)
	if err != nil {
		return nil, err
	}
	busPort, err := l.openBus(&c.settings, secrets, sealModes[c.changeable.ClusterSecretMode])
	if err != nil {
		return nil, err
	}
	undo = append(undo, func() {
		l.mail.close()
		_ = l.bus.close() // nothing was sent
	})
	options := c.nodeOptions(cmp.Or(clientPort, uint16(c.TLSPort)), busPort)
	s := &server{command: c, loop: l, log: log, clientPort: clientPort, busPort: busPort}
	options.MaxDatagram = l.bus.maxDatagram()
	s.connect(&options)
	if l.node, err = core.New(options, recovered); err != nil {
		return nil, fmt.Errorf("log in %s: %w", c.Dir, err)
	}
	driver := c.driver
	driver.clock, driver.class = l.now, l.node.OutputClass
	if l.clients, err = newClientDriver(c.Loop, listeners, driver, log); err != nil {
		return nil, err
	}
	l.mail.begin(l.clients.wake)
	if l.gate != nil {
		l.gate.start(l.clients)
	}
	return s, nil
}

// connect lets the node reach what is around it. The loop calls all of these, through the node.
func (s *server) connect(options *core.Options) {
	options.Reconfigure = s.reconfigure
	options.Queued = func(client core.ClientID) int { return s.loop.clients.queued(client) }
	options.Process.Refused = func() uint64 { return s.loop.clients.refused() }
	options.Process.Stats = func() []command.Field { return s.loop.bus.stats() }
	if s.command.ConfigFile != "" {
		options.Rewrite = s.command.rewriteFile
	}
}

// newClientDriver serves the clients that connect to the listeners, which it takes over.
func newClientDriver(kind loopKind, listeners []net.Listener, options driverOptions, log *slog.Logger) (clientDriver, error) {
	if kind == loopEpoll {
		return newEpollDriver(listeners, options, log)
	}
	return newNetDriver(listeners, options, log), nil
}

// serve runs the node until it is stopped.
func (s *server) serve() error {
	// The loop keeps its thread, and with it what the processor remembers of it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithCancel(context.Background())
	var beside sync.WaitGroup
	s.loop.onOpened = func() {
		s.announceStart()
		beside.Go(func() { s.form(ctx) })
		beside.Go(func() { s.watchBus(ctx) })
	}
	err := s.loop.run()
	cancel()
	beside.Wait()
	s.announceEnd()
	if closing := s.loop.journal.close(); err == nil {
		err = closing
	}
	return err
}

// announceStart tells the log and the service manager that the node serves.
func (s *server) announceStart() {
	s.tellWhoWeAre()
	s.tellHowOpenWeAre()
	if err := writePidFile(s.command.PidFile); err != nil {
		s.log.Warn("no pidfile", "error", err)
	}
	if err := s.command.Supervised.notify("READY=1\nSTATUS=serving\n"); err != nil {
		s.log.Warn("the service manager cannot be told", "error", err)
	}
}

// announceEnd takes back what announceStart has left.
func (s *server) announceEnd() {
	if s.command.PidFile != "" {
		_ = os.Remove(s.command.PidFile) // somebody else may have done it
	}
	if err := s.command.Supervised.notify("STOPPING=1\n"); err != nil {
		s.log.Warn("the service manager cannot be told", "error", err)
	}
}

// tellWhoWeAre logs the start, and what about it should make somebody look.
func (s *server) tellWhoWeAre() {
	node := s.loop.node
	s.log.Info("serving", "node", node.ID(), "name", s.command.AnnounceHumanName, "boot", node.Boot(), "client_port", s.clientPort, "tls_port", s.command.TLSPort, "cluster_port", s.busPort,
		"nodes", len(node.State().Nodes()), "version", core.Version)
}
