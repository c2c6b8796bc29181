package command

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ember-cluster/ember/core/topology"
)

// AnnounceSettings are what others are told of the node in place of what it knows of itself. Empty, or 0: nothing else.
type AnnounceSettings struct {
	// AnnounceIP and AnnounceHostname are where clients and peers reach the node (cluster-announce-ip, cluster-announce-hostname).
	AnnounceIP, AnnounceHostname string
	// AnnounceHumanName is a name for people, in the log (cluster-announce-human-nodename).
	AnnounceHumanName string
	// AnnouncePort, AnnounceTLSPort and AnnounceBusPort are the ports (cluster-announce-port, cluster-announce-tls-port,
	// cluster-announce-bus-port).
	AnnouncePort, AnnounceTLSPort, AnnounceBusPort int64
}

// checked is a text of which not every value can be taken.
func checked(name string, check func(string) error, field func(*Settings) *string) setting {
	return setting{
		name: name,
		show: func(s *Settings) string { return *field(s) },
		set: func(s *Settings, value string) error {
			if err := check(value); err != nil {
				return err
			}
			*field(s) = value
			return nil
		},
	}
}

func checkAnnouncedIP(value string) error {
	if address, err := netip.ParseAddr(value); value != "" && (err != nil || address.Zone() != "" || address.IsUnspecified()) {
		return fmt.Errorf("argument must be an IP address at which others reach this node, not %q", value)
	}
	return nil
}

func checkHostname(value string) error {
	switch {
	case len(value) > topology.MaxHost:
		return fmt.Errorf("Hostnames must be less than %d characters", topology.MaxHost+1)
	case !consistsOf(value, ".-"):
		return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots")
	}
	return nil
}

func checkHumanName(value string) error {
	for _, c := range []byte(value) {
		if c < ' ' || c > '~' || strings.IndexByte("!#$%&()*+:;<>?@[]^{|}~", c) >= 0 {
			return errors.New("Announced human node name contained invalid character")
		}
	}
	return nil
}

// consistsOf reports whether there is nothing but letters, digits and the extra characters.
func consistsOf(name, extra string) bool {
	for _, c := range name {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune(extra, c) {
			return false
		}
	}
	return true
}
