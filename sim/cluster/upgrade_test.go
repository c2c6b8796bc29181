package cluster

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/sim"
)

func TestOddReleasesHaveOtherSettings(t *testing.T) {
	config := DefaultConfig(1, 2, 1)
	config.ReplyBurst, config.LogSegment = 100, 200
	config.Upgrade = Upgrade{ReplyBurst: 7, StreamIdle: time.Second, ProbeInterval: 2 * time.Second}
	for release := range 4 {
		of := config.ofRelease(release)
		if release%2 == 0 && (of.ReplyBurst != 100 || of.StreamIdle != 0 || of.Gossip != gossip.DefaultConfig()) {
			t.Errorf("release %d: %+v", release, of)
		}
		if release%2 == 1 && (of.ReplyBurst != 7 || of.StreamIdle != time.Second || of.LogSegment != 200 ||
			of.Gossip.ProbeInterval != 2*time.Second || of.Gossip.ProbeTimeout != time.Second) {
			t.Errorf("release %d: %+v", release, of)
		}
	}
	config.Upgrade.MaxPayload = 1
	if _, err := New(config, sim.Plan{}); err == nil {
		t.Error("an upgrade to settings that cannot be is taken")
	}
}

// A node that is upgraded starts with the settings of its release, and is the same node.
func TestAnUpgradeStartsANodeWithItsSettings(t *testing.T) {
	config := DefaultConfig(1, 3, 1)
	config.Nodes[2].Share = 0
	config.Upgrade.ReplyBurst = 7
	c, err := New(config, sim.Plan{Faults: []sim.Fault{
		{At: time.Second, Kind: sim.FaultUpgrade, Hosts: []string{"node-3"}, Amount: 1, For: time.Second},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.World.Run(1500 * time.Millisecond)
	if c.hosts[2].Up() || c.hosts[2].Release() != 1 {
		t.Errorf("up %v, release %d", c.hosts[2].Up(), c.hosts[2].Release())
	}
	c.World.Run(3 * time.Second)
	if got := c.nodeOptions(2).Limits.ReplyBurst; got != 7 || !c.hosts[2].Up() || c.nodes[2].node.ID() != c.ids[2] {
		t.Errorf("up %v, with a reply burst of %d", c.hosts[2].Up(), got)
	}
	if got := c.nodeOptions(0).Limits.ReplyBurst; got == 7 {
		t.Error("a node that was not upgraded has its settings too")
	}
}
