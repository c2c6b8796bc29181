package cluster

import (
	"time"

	"github.com/ember-cluster/ember/sim"
)

// Upgrade is what a rolling upgrade changes about the nodes that it has reached (sim.FaultUpgrade): those of an odd release have
// these settings, those of an even one, such as the first, have the cluster's own. What is 0 stays as it is.
type Upgrade struct {
	ReplyBurst, QueryBuffer int
	StreamIdle              time.Duration
	LogSegment              int64
	// ProbeInterval is that of the failure detection, whose timeout is half of it then.
	ProbeInterval time.Duration
	// MaxPayload is how much a datagram of failure detection may hold, in bytes.
	MaxPayload int
}

// configOf returns the configuration as a node's release has it.
func (c *Cluster) configOf(host *sim.Host) Config { return c.Config.ofRelease(host.Release()) }

func (c *Config) ofRelease(release int) Config {
	config, upgrade := *c, &c.Upgrade
	if release%2 == 0 {
		return config
	}
	change(&config.ReplyBurst, upgrade.ReplyBurst)
	change(&config.QueryBuffer, upgrade.QueryBuffer)
	change(&config.StreamIdle, upgrade.StreamIdle)
	change(&config.LogSegment, upgrade.LogSegment)
	change(&config.Gossip.ProbeInterval, upgrade.ProbeInterval)
	change(&config.Gossip.ProbeTimeout, upgrade.ProbeInterval/2)
	change(&config.Gossip.MaxPayload, upgrade.MaxPayload)
	return config
}

// change sets a value to another one that is not 0.
func change[T int | int64 | time.Duration](value *T, to T) {
	if to != 0 {
		*value = to
	}
}
