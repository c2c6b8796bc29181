package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/transport/seal"
)

// clusterSecrets reads the secrets that the settings name, nil if they name none. An error is one line without any of them.
func clusterSecrets(s *command.Settings) (*seal.Ring, error) {
	name, text := "cluster-secret", s.ClusterSecret
	switch {
	case s.ClusterSecret != "" && s.ClusterSecretFile != "":
		return nil, errors.New("cluster-secret and cluster-secret-file are both given")
	case s.ClusterSecret == "" && s.ClusterSecretFile == "" && sealModes[s.ClusterSecretMode] != seal.Require:
		return nil, errors.New("cluster-secret-mode " + s.ClusterSecretMode + " needs a secret")
	case s.ClusterSecret == "" && s.ClusterSecretFile == "":
		return nil, nil
	case s.ClusterSecretFile != "":
		content, err := os.ReadFile(s.ClusterSecretFile)
		if err != nil {
			return nil, fmt.Errorf("cluster-secret-file %s: %w", s.ClusterSecretFile, reasonOf(err))
		}
		name, text = "cluster-secret-file "+s.ClusterSecretFile, string(content)
	}
	secrets, err := seal.ParseRing(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return secrets, nil
}

// changedSecrets returns the secrets of settings that a client changes: the file is read again also if it has the same name. If
// nothing but the file has changed, and it cannot be used, nil: the old ones stay.
func (s *server) changedSecrets(changed *command.Settings) (*seal.Ring, error) {
	before := &s.command.changeable
	secrets, err := clusterSecrets(changed)
	same := changed.ClusterSecret == before.ClusterSecret && changed.ClusterSecretFile == before.ClusterSecretFile
	switch {
	case err != nil && same:
		s.log.Warn("the cluster's secrets stay as they were", "error", err)
		return nil, nil
	case err != nil:
		return nil, command.SettingRefused("cluster-secret", err.Error())
	case !same && (secrets == nil) != (len(s.loop.bus.sealed) == 0):
		return nil, command.SettingRefused("cluster-secret", "whether there is a secret at all is decided at the start of a node")
	}
	return secrets, nil
}

// sealModes are the modes by the words of cluster-secret-mode.
var sealModes = map[string]seal.Mode{"require": seal.Require, "prefer": seal.Prefer, "accept": seal.Accept}

// setSecrets changes the secrets of a sealed bus, unless they stay as they were, and its mode.
func (b *bus) setSecrets(secrets *seal.Ring, mode seal.Mode) {
	for _, port := range b.sealed {
		if secrets != nil {
			port.SetRing(secrets)
		}
		port.SetMode(mode)
	}
}

// tellHowOpenWeAre warns of a cluster port that others than the cluster's nodes can use.
func (s *server) tellHowOpenWeAre() {
	var open []string
	for _, port := range s.loop.bus.ports {
		if address := port.LocalAddress().Addr(); !address.IsLoopback() {
			open = append(open, address.String())
		}
	}
	file, mode := s.command.changeable.ClusterSecretFile, s.command.changeable.ClusterSecretMode
	switch {
	case len(s.loop.bus.sealed) > 0 && sealModes[mode] != seal.Require:
		s.log.Warn("the secret does not protect the cluster port yet: it is not required", "cluster_secret_mode", mode)
	case len(s.loop.bus.sealed) == 0 && len(open) > 0:
		s.log.Warn("NOTHING PROTECTS THE CLUSTER PORT: whoever reaches it can change and read what the cluster holds. Give all nodes the same "+
			"--cluster-secret-file, or bind them to the loopback interface, or keep others away by a firewall",
			"addresses", strings.Join(open, " "), "cluster_port", s.busPort)
	case file != "":
		if info, err := os.Stat(file); err == nil && info.Mode()&0o077 != 0 {
			s.log.Warn("others than its owner can use the file with the cluster's secret", "file", file, "mode", info.Mode().Perm().String())
		}
	}
}
