package scenarios

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// A change of the configuration is known to all nodes soon, and no node bears the cost of telling it: neither do all hear everything at
// once, nor do all ask the one that knows it first.
func TestDisseminationScales(t *testing.T) {
	c, s, err := measureScale(Options{Seed: 3})
	if err != nil || c.World.Report("scale").Verdict != sim.OK {
		t.Fatal(err, c.World.Report("scale").Detail)
	}
	const (
		limit = 1500 * time.Millisecond // half of what is allowed with five times as many nodes
		mean  = 5_000
		peak  = 30_000 // less than it takes to answer every node
	)
	if s.slowest > limit || s.slowest <= 0 {
		t.Errorf("a change took %v to be known to all, more than %v", s.slowest, limit)
	}
	for name, m := range map[string]*meter{"while nothing happens": s.quiet, "with changes": s.busy} {
		if m.seconds < 5 || m.worst() > mean || m.peak > peak || m.mean() <= 0 {
			t.Errorf("%s: %v; over %d seconds, more than %d and %d", name, m, m.seconds, mean, peak)
		}
	}
}
