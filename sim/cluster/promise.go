package cluster

import (
	"slices"

	"github.com/ember-cluster/ember/sim"
)

// Bears reports whether a fault is among those that a cluster of this configuration promises to bear. Keys live in memory,
// so nodes that own slots must not go down; and clients must not, since what they know of their own operations would
// be lost.
func (c *Config) Bears(f sim.Fault) bool {
	if !f.Kind.Down() {
		return true
	}
	spares := c.Spares()
	return !slices.ContainsFunc(f.Hosts, func(host string) bool { return !slices.Contains(spares, host) })
}

// bearsAll reports whether a cluster promises to bear all faults of a plan.
func (c *Config) bearsAll(plan sim.Plan) bool {
	return !slices.ContainsFunc(plan.Faults, func(f sim.Fault) bool { return !c.Bears(f) })
}
