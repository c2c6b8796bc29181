package core

import (
	"math"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/gossip"
)

// settings returns what CONFIG SET can change, as the options have it at the start.
func (o *Options) settings() command.Settings {
	s := command.DefaultSettings()
	if o.Settings != nil {
		s = *o.Settings
	}
	s.FullCoverage, s.ReadsWhenDown = o.RequireFullCoverage, o.AllowReadsWhenDown
	s.QueryBuffer = int64(o.Limits.QueryBuffer)
	return s
}

// Reconfigure implements command.Server.
func (n *Node) Reconfigure(changed *command.Settings) error {
	if n.options.Reconfigure == nil {
		return nil
	}
	return n.options.Reconfigure(changed)
}

// SettingsChanged implements command.Server.
func (n *Node) SettingsChanged() {
	for _, c := range n.byID {
		if c != nil {
			c.parser.Limits.MaxBulk = n.maxBulk()
		}
	}
	n.view.FullCoverage = n.settings.FullCoverage
	n.view.Endpoint = n.settings.EndpointType()
	n.context.MaxStringLength = n.maxBulk()
	n.sessions.SetMaxTrackedKeys(int(min(n.settings.TrackedKeys, 1<<30)))
	n.space.SetEviction(n.settings.Eviction)
	n.evictionPending = n.settings.MaxMemory > 0
	n.trueIn = nil // what is announced may have changed
	if n.gossip != nil {
		n.gossip.Reconfigure(n.gossipConfig())
	}
	n.refreshServing()
}

// gossipConfig is how failure detection is to go on.
func (n *Node) gossipConfig() gossip.Config {
	config := n.options.Gossip.Scaled(n.settings.NodeTimeout, command.DefaultNodeTimeout)
	config.MaxPayload = min(config.MaxPayload, n.datagramRoom())
	return config
}

// maxBulk bounds one argument, and what a string may grow to.
func (n *Node) maxBulk() int { return int(min(n.settings.MaxBulk, math.MaxInt32)) }

// queryBuffer bounds what one client makes the node hold.
func (n *Node) queryBuffer() int {
	return int(min(n.settings.QueryBuffer, int64(n.options.Limits.QueryBuffers)))
}

// RewriteParameters implements command.Server.
func (n *Node) RewriteParameters() error {
	if n.options.Rewrite == nil {
		return command.NoConfigFile()
	}
	if err := n.options.Rewrite(n.settings.Parameters()); err != nil {
		return command.RewriteFailed(err)
	}
	return nil
}

// ResetCounters implements command.Server. The counters themselves go on, for those who watch the process.
func (n *Node) ResetCounters() { n.baseline = n.counters }

// SetActiveExpiry implements command.Server.
func (n *Node) SetActiveExpiry(on bool) { n.expiryOff = !on }

// Stop implements command.Server.
func (n *Node) Stop(options command.StopOptions) {
	n.emit(Effect{Kind: Stop, Stop: options})
}
