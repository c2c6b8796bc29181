package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/storage/disksim"
)

// Whenever the power fails, and whatever part of what was not synced survives, torn at every byte, a node comes back as who it
// was, with the configuration that it had, and under a number that it has not spoken under.
func TestANodeSurvivesEveryCrashPoint(t *testing.T) {
	config, plan := small(3)
	config.Nodes[2].Share = 0
	config.Nodes[2].DiskLatency = 300 * time.Millisecond // long enough to speak too soon
	for at := time.Second; at < 4*time.Second; at += time.Second {
		plan.Faults = append(plan.Faults, sim.Fault{At: at, Kind: sim.FaultCrash, Hosts: []string{"node-3"}, For: 100 * time.Millisecond})
	}
	c, err := New(config, plan)
	if err != nil {
		t.Fatal(err)
	}
	h, points := c.hosts[2], 0
	seen, spoken := disksim.Counters{}, uint64(0)
	h.OnEvent("crash points", func() error {
		disk := h.SimulatedDisk()
		if disk.Counters() == seen && c.spoken[2] == spoken {
			return nil // nothing new to lose
		}
		seen, spoken = disk.Counters(), c.spoken[2]
		for point := range disk.CrashPoints() {
			clone := disk.Clone()
			clone.CrashAt(point)
			points++
			if err := c.comesBack(2, clone); err != nil {
				return fmt.Errorf("crash at point %d: %w", point, err)
			}
		}
		for seed := range uint64(20) {
			clone := disk.Clone()
			clone.Reseed(random.New(seed))
			clone.Crash()
			if err := c.comesBack(2, clone); err != nil {
				return fmt.Errorf("crash of seed %d: %w", seed, err)
			}
		}
		return nil
	})
	if r := finish(c); r.Verdict != sim.OK || h.Boots() != 4 || points < 1000 {
		t.Errorf("%d starts, %d crash points: %s: %s", h.Boots(), points, r.Verdict, r.Detail)
	}
}

// comesBack starts a node on a disk, as if it were that of a host, and compares.
func (c *Cluster) comesBack(index int, disk *disksim.Disk) error {
	recovered, _, err := recoverLog(disk, c.Config.LogSegment, 1)
	if err != nil {
		return err
	}
	options := c.nodeOptions(index)
	options.Random = random.New(1)
	node, err := core.New(options, recovered)
	switch {
	case err != nil:
		return err
	case node.ID() != c.ids[index]:
		return fmt.Errorf("it is %v, and was %v", node.ID(), c.ids[index])
	case node.Boot() <= c.spoken[index]:
		return fmt.Errorf("it starts as boot %d, and has spoken as %d", node.Boot(), c.spoken[index])
	case node.State().String() != c.state.String() && node.State().Version <= c.state.Version:
		return fmt.Errorf("its configuration is\n%v, and was\n%v", node.State(), c.state)
	}
	return nil
}
