package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// overdue is how long a key may outlive its time before active expiry has removed it, beside the time between two looks.
const overdue = time.Second

// restTime is the virtual time within which nodes that have converged must have nothing left to do.
const restTime = time.Minute

// rest demands that nodes which have converged come to rest. Keys that end by then must have gone.
func (c *Cluster) rest() {
	at := 0 // the index of the node that is asked: one that is restless is asked first the next time, since it most likely still is
	var why unrest
	limit := c.World.Now() + restTime
	calm := c.World.RunUntil(limit, func() bool {
		e := c.expect()
		for range c.nodes {
			if e.together[at] {
				if why = c.unrest(e, c.nodes[at], limit-c.World.Now()); why != (unrest{}) {
					return false
				}
			}
			at = (at + 1) % len(c.nodes)
		}
		return true
	})
	if !calm && !c.World.Ended() {
		c.World.Fail(sim.Stalled, "rest", fmt.Sprintf("%v after all was well: %s %v", restTime, c.nodes[at].host.Name(), why))
	}
}

// unrest says what a node that serves, in a healed world, has still to do in the time that is left.
func (c *Cluster) unrest(e *expectation, d *driver, left time.Duration) unrest {
	if !d.node.Quiet() && !slices.Contains(e.nodes, false) { // with others that are still unwell, there is always news
		return unrest{rumours: true}
	}
	// The leader may change who votes once it has seen for long enough that somebody cannot.
	if lacks := c.disagreement(e, d); lacks != "" {
		return unrest{lacks: lacks}
	}
	// A node that sleeps until a key ends notices a jump of the wall clock only when it wakes up.
	if end, any := d.node.Space().NextExpiry(); any {
		until := time.Duration(end-d.host.Wall()) * time.Millisecond
		if until+overdue+c.Config.ExpiryInterval < left && !c.plans(sim.FaultWallJump) {
			return unrest{expiry: true, until: until}
		}
	}
	return unrest{}
}

// unrest is why a node has not come to rest. It is put into words only if it stays so.
type unrest struct {
	rumours bool
	// lacks is what is wrong about the configuration, if it is that.
	lacks string
	// expiry says that there is a key that ends, and until when that is.
	expiry bool
	until  time.Duration
}

func (u unrest) String() string {
	switch {
	case u.rumours:
		return "still spreads rumours"
	case u.lacks != "":
		return u.lacks
	}
	return fmt.Sprintf("still has a key that ends in %v", u.until)
}

// plans reports whether the plan has a fault of one of those kinds.
func (c *Cluster) plans(kinds ...sim.FaultKind) bool {
	return slices.ContainsFunc(c.plan.Faults, func(f sim.Fault) bool { return slices.Contains(kinds, f.Kind) })
}

// checkUnderstood checks that nodes and clients have understood each other, unless the network has put other words into their
// mouths. What nodes drop, they count and forget, so a mistake in a codec would otherwise look like a lossy network.
func (c *Cluster) checkUnderstood() error {
	if c.plans(sim.FaultCorrupt) || c.Config.Network.Corrupt > 0 {
		return nil
	}
	if c.plans(sim.FaultWipe, sim.FaultDiskBitRot, sim.FaultDiskLyingSync) {
		return nil // a node that has lost its identity is a stranger
	}
	for _, d := range c.nodes {
		if d == nil || d.node == nil {
			continue // it never came up
		}
		counters := d.node.Counters()
		dropped := counters.Bus.Dropped()
		if c.reconfigures() { // what comes late from a node that has left, or of a cluster that was left
			dropped -= counters.Bus.ForeignCluster + counters.Bus.Strangers
		}
		if dropped > 0 {
			return fmt.Errorf("%s did not understand %d messages of its peers, and nothing has corrupted them: %+v", d.host.Name(), dropped, counters.Bus)
		}
		if counters.ProtocolErrors > 0 {
			return fmt.Errorf("%s did not understand %d commands of clients", d.host.Name(), counters.ProtocolErrors)
		}
	}
	return nil
}
