package cluster

import (
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/topology"
)

// heard is all that checkIncarnations goes by at a node: as long as it is the same, the check finds what it has found before.
type heard struct {
	state        *topology.State
	incarnations []uint64
	// named is the cluster's.
	named int
	// fresh is scratch.
	fresh []uint64
}

// heardMore reports whether a node goes by something else than when this was asked last. In a cluster that is so large that each look is
// at others it does not say no.
func (d *driver) heardMore() bool {
	if len(d.cluster.ids) > incarnationsAtOnce {
		return true
	}
	h := &d.heard
	h.fresh = d.node.AppendIncarnations(h.fresh[:0])
	if h.state == d.node.State() && h.named == d.cluster.named && slices.Equal(h.fresh, h.incarnations) {
		return false
	}
	h.state, h.named = d.node.State(), d.cluster.named
	h.fresh, h.incarnations = h.incarnations, h.fresh
	return true
}

// incarnationsAtOnce is how many peers' incarnations are looked at after a message: in a cluster that is not large, all. In a larger one
// each has its turn, since every message to every node would otherwise cost time in proportion to the cluster.
const incarnationsAtOnce = 32

// incarnationsHeld are what a node has believed of its peers.
type incarnationsHeld struct {
	// believed are their incarnations, by index; believedIn is the configuration in force then.
	believed   []uint64
	believedIn *topology.State
	// next is the peer whose turn it is.
	next int
}

// checkIncarnations checks what a node has come to believe of the incarnations of its peers. Only a member itself raises its
// incarnation, so nobody may know a higher one than the member has had, and what is known of it never falls: a lower one would
// be believed over the refutation that has overtaken it. Of one that was forgotten and has joined anew it begins anew.
func (c *Cluster) checkIncarnations(d *driver) error {
	if d.node == nil {
		return nil
	}
	if d.believed == nil {
		d.believed = make([]uint64, len(c.ids))
	}
	if state := d.node.State(); state != d.believedIn {
		d.believedIn = state
		for i, apart := range c.apart {
			if apart { // it may have gone and come back since
				d.believed[i] = 0
			}
		}
	}
	c.incarnations[d.index] = max(c.incarnations[d.index], d.node.Incarnation(c.ids[d.index]))
	for range min(len(c.ids), incarnationsAtOnce) {
		if err := c.checkIncarnation(d, d.next); err != nil {
			return err
		}
		d.next = (d.next + 1) % len(c.ids)
	}
	return nil
}

// checkIncarnation checks what a node believes of one peer.
func (c *Cluster) checkIncarnation(d *driver, peer int) error {
	id := c.ids[peer]
	if _, member := d.node.State().Node(id); !member {
		d.believed[peer] = 0
		return nil
	}
	incarnation := d.node.Incarnation(id)
	if incarnation > c.incarnations[peer] {
		return fmt.Errorf("%s believes in incarnation %d of %s, which has not been beyond %d",
			d.host.Name(), incarnation, c.hosts[peer].Name(), c.incarnations[peer])
	}
	if incarnation < d.believed[peer] {
		return fmt.Errorf("the incarnation of %s that %s believes in falls from %d to %d",
			c.hosts[peer].Name(), d.host.Name(), d.believed[peer], incarnation)
	}
	d.believed[peer] = incarnation
	return nil
}
