package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ember-cluster/ember/core/command"
)

// tlsConfig reads the certificates that the settings name. An error is one line.
func tlsConfig(s *command.TLSSettings) (*tls.Config, error) {
	if s.CertFile == "" || s.KeyFile == "" {
		return nil, errors.New("tls-cert-file and tls-key-file must be given")
	}
	certificate, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls-cert-file, tls-key-file: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if config.MinVersion, config.MaxVersion, err = tlsVersions(s.Protocols); err != nil {
		return nil, err
	}
	if s.AuthClients == "no" {
		return config, nil
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	if s.AuthClients == "optional" {
		config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	config.ClientCAs, err = authorities(s)
	return config, err
}

// tlsVersionNames are the versions as Redis names them, in their order.
var tlsVersionNames = []struct {
	name    string
	version uint16
}{
	{"tlsv1", tls.VersionTLS10}, {"tlsv1.1", tls.VersionTLS11}, {"tlsv1.2", tls.VersionTLS12}, {"tlsv1.3", tls.VersionTLS13},
}

// tlsVersions returns the least and the greatest version of a list.
func tlsVersions(list string) (least, most uint16, err error) {
	if list == "" {
		return tls.VersionTLS12, tls.VersionTLS13, nil
	}
	named := map[string]bool{}
	for _, word := range strings.Fields(list) {
		named[strings.ToLower(word)] = true
	}
	known := 0
	for _, v := range tlsVersionNames {
		if !named[v.name] {
			continue
		}
		if known++; least == 0 {
			least = v.version
		}
		most = v.version
	}
	if known == 0 || known < len(named) || int(most-least) != known-1 {
		return 0, 0, fmt.Errorf("tls-protocols: argument must be versions in a row, of TLSv1 to TLSv1.3, not %q", list)
	}
	return least, most, nil
}

// authorities are those who vouch for clients.
func authorities(s *command.TLSSettings) (*x509.CertPool, error) {
	var files []string
	if s.CACertFile != "" {
		files = append(files, s.CACertFile)
	}
	if s.CACertDir != "" {
		entries, err := os.ReadDir(s.CACertDir)
		if err != nil {
			return nil, fmt.Errorf("tls-ca-cert-dir: %w", err)
		}
		for _, entry := range entries {
			files = append(files, filepath.Join(s.CACertDir, entry.Name()))
		}
	}
	pool := x509.NewCertPool()
	found := false
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil && file == s.CACertFile {
			return nil, fmt.Errorf("tls-ca-cert-file: %w", err)
		}
		found = pool.AppendCertsFromPEM(content) || found
	}
	if !found {
		return nil, errors.New("tls-ca-cert-file or tls-ca-cert-dir must have a certificate, unless tls-auth-clients is no")
	}
	return pool, nil
}
