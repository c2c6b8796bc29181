package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

func main() {
	// A peer, or whoever reads our output, may go away: that is an error of one write, not of the process. A terminal that is
	// closed does not concern a server, as in Redis.
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "dev" {
		return runDev(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "recover" {
		return runRecover(args[1:], stdout, stderr)
	}
	c, err := parseCommandLine(args, stdout)
	switch {
	case err != nil:
		return complain(stderr, err)
	case c.helped:
		return 0
	case c.Version:
		fmt.Fprintln(stdout, describeVersion())
		return 0
	}
	log, logFile, err := newLogger(c.LogFile, &c.level, stderr)
	if err != nil {
		return complain(stderr, err)
	}
	defer logFile.Close()
	for _, w := range c.warnings {
		log.Warn("configuration", "directive", w.directive, "warning", w.text)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(c.threads())
	}
	// Before anyone can take the node for running, and send it one.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	s, err := openServer(c, log)
	if err != nil {
		return complain(stderr, err)
	}
	if c.Pprof != "" {
		address, err := serveProfiles(c.Pprof)
		if err != nil {
			return complain(stderr, err)
		}
		log.Info("profiles are served", "address", address)
	}
	go s.stopOn(signals)
	if err := s.serve(); err != nil {
		return complain(stderr, err)
	}
	log.Info("stopped")
	return 0
}

// complain says in one line why the process ends.
func complain(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "embernode: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	return 1
}

// stopOn stops the server in good order at the first signal. A second one ends the process at once.
func (s *server) stopOn(signals chan os.Signal) {
	received := <-signals
	signal.Stop(signals)
	s.log.Info("stopping", "signal", received.String())
	s.loop.stop()
}
