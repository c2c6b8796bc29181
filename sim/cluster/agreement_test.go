package cluster

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/sim"
)

// An entry that a leader and a disk which lied had is committed, though it is on one disk only once the liar starts anew: nothing has
// broken a promise but the disk.
func TestALyingDiskProvesNothing(t *testing.T) {
	config := DefaultConfig(7, 3, 0)
	config.Operators, config.Chaos = 2, 8*time.Second
	scout, err := New(config, sim.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	scout.World.Run(3 * time.Second)
	leader := ""
	var followers []string
	for _, d := range scout.nodes {
		if d.node.Consensus().Role() == consensus.Leader {
			leader = d.host.Name()
		} else {
			followers = append(followers, d.host.Name())
		}
	}
	if leader == "" || len(followers) != 2 {
		t.Fatalf("%q leads %q", leader, followers)
	}
	liar, absent := followers[:1], followers[1:]
	r, err := Run("test", config, sim.Plan{
		Faults: []sim.Fault{
			{At: 3 * time.Second, Kind: sim.FaultDiskLyingSync, Hosts: liar, Amount: 1_000_000, For: 4 * time.Second},
			{At: 3 * time.Second, Kind: sim.FaultPause, Hosts: absent, For: 4 * time.Second},
			{At: 4500 * time.Millisecond, Kind: sim.FaultCrash, Hosts: liar, For: 10 * time.Millisecond},
		},
		Inputs: []sim.Input{ // the second one has the leader looked at
			{At: 4 * time.Second, Host: operatorName(1), Args: []string{leader, "CLUSTER", "BUMPEPOCH"}},
			{At: 4515 * time.Millisecond, Host: operatorName(2), Args: []string{leader, "CLUSTER", "DELSLOTS", "1"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != sim.OK {
		t.Errorf("%s: %s: %s", r.Verdict, r.Check, r.Detail)
	}
}
