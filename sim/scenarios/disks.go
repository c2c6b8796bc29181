package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/sim"
)

// disks lets nodes start again and again on disks that fail, and on some that lose what they had promised to keep. A node then
// either is who it was, or says what is damaged and does not start; none takes up a number that it has used.
var disks = clusterScenario("disks", "nodes restart on disks that fail, rot, lie and lose",
	defaults{nodes: 6, clients: 4, duration: 2 * time.Minute},
	func(s *story) {
		s.spare(4)
		s.config.LogSegment = s.random.Between(1, 8_000)
		for i := range s.config.Nodes { // crashes come while records are on their way to the disk
			s.config.Nodes[i].DiskLatency = s.random.Duration(50*time.Microsecond, 100*time.Millisecond)
		}
		s.drawFaults(diskFaults, sim.FaultTargets{
			Hosts: s.config.Spares(),
			From:  time.Second,
			Until: s.options.Duration,
			Allow: func(f sim.Fault, _ []sim.Fault) bool { return s.atlas(f) },
		})
	})

// diskFaults stop nodes often, and hit their disks in every way. Most seeds have a few kinds only: a node that cannot start for
// long has nothing to lose.
var diskFaults = sim.FaultMix{
	{Kind: sim.FaultCrash, On: 1_000_000, Every: 4 * time.Second, Shortest: time.Millisecond, Longest: 5 * time.Second},
	{Kind: sim.FaultKill, On: 500_000, Every: 4 * time.Second, Shortest: time.Millisecond, Longest: time.Second},
	{Kind: sim.FaultDiskFull, On: 300_000, Every: 10 * time.Second, Shortest: time.Second, Longest: 5 * time.Second},
	{Kind: sim.FaultDiskSlow, On: 500_000, Every: 10 * time.Second, Shortest: time.Second, Longest: 5 * time.Second, Least: 2, Most: 500},
	{Kind: sim.FaultDiskReadError, On: 300_000, Every: 5 * time.Second, Shortest: time.Second, Longest: 5 * time.Second, Least: 10_000, Most: 1_000_000},
	{Kind: sim.FaultDiskWriteError, On: 300_000, Every: 5 * time.Second, Shortest: time.Second, Longest: 5 * time.Second, Least: 10_000, Most: 1_000_000},
	{Kind: sim.FaultDiskSyncError, On: 500_000, Every: 5 * time.Second, Shortest: time.Second, Longest: 5 * time.Second, Least: 10_000, Most: 600_000},
	{Kind: sim.FaultDiskLyingSync, On: 300_000, Every: 10 * time.Second, Shortest: time.Second, Longest: 10 * time.Second, Least: 10_000, Most: 1_000_000},
	{Kind: sim.FaultDiskBitRot, On: 300_000, Every: 60 * time.Second, Least: 1, Most: 2},
	{Kind: sim.FaultWipe, On: 200_000, Every: 30 * time.Second, Shortest: time.Millisecond, Longest: 5 * time.Second},
}

// atlas keeps what the promises assume: of the nodes, whose disks may all fail for a while, at most one loses what was durable.
func (s *story) atlas(f sim.Fault) bool {
	switch f.Kind {
	case sim.FaultDiskLyingSync, sim.FaultDiskBitRot, sim.FaultWipe:
		spares := s.config.Spares()
		return f.Hosts[0] == spares[s.options.Seed%uint64(len(spares))]
	}
	return true
}
