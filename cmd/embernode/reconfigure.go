package main

import (
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/ember-cluster/ember/core/command"
)

// reconfigure takes on settings that a client changes. Either all of them are taken, or none and the error says why.
func (s *server) reconfigure(changed *command.Settings) error {
	if most := mostClients(); changed.MaxClients > s.command.changeable.MaxClients && changed.MaxClients > most {
		return command.SettingRefused("maxclients",
			fmt.Sprintf("The operating system is not able to handle the specified number of clients, try with %d", most))
	}
	secrets, err := s.changedSecrets(changed)
	if err != nil {
		return err
	}
	if err := s.reconfigureTLS(changed); err != nil {
		return err
	}
	s.loop.bus.setSecrets(secrets, sealModes[changed.ClusterSecretMode])
	s.command.changeable = *changed
	s.command.level.Set(levelOf(changed.LogLevel))
	s.loop.clients.configure(s.command.driverOptions(changed))
	return nil
}

// reconfigureTLS reads the certificates again, also if they have the same names: that is how they are renewed. If nothing but the
// files has changed, and they cannot be used, the old ones stay.
func (s *server) reconfigureTLS(changed *command.Settings) error {
	gate := s.loop.gate
	if gate == nil {
		return nil
	}
	config, err := tlsConfig(&changed.TLSSettings)
	if err != nil {
		s.log.Warn("TLS cannot be configured so", "error", err)
		if changed.TLSSettings == s.command.changeable.TLSSettings {
			return nil
		}
		return command.SettingRefused("tls-cert-file", "Unable to update TLS configuration. Check server logs.")
	}
	gate.config.Store(config)
	gate.keepAlive.Store(changed.TCPKeepalive * int64(time.Second))
	return nil
}

// reservedFiles are the files that the process needs beside the sockets of clients: the log's, the listeners, the bus's streams.
const reservedFiles = 128

// mostClients is how many clients the limit of open files leaves room for. The Go runtime has raised it as far as it may be.
func mostClients() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt64 // the clients that are too many are refused one by one
	}
	return max(int64(min(limit.Cur, math.MaxInt64))-reservedFiles, 1)
}

// fitClients lowers maxclients to what the operating system lets the process have.
func (c *commandLine) fitClients(most int64) {
	if c.changeable.MaxClients <= most {
		return
	}
	c.warnings = append(c.warnings, warning{"maxclients",
		fmt.Sprintf("reduced to %d: the limit of open files (ulimit -n) leaves no room for %d", most, c.changeable.MaxClients)})
	c.changeable.MaxClients = most
	c.driver = c.driverOptions(&c.changeable)
}
