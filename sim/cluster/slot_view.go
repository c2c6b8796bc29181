package cluster

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// checkView checks that what a client has just learnt of the slots is what the node at source goes by. It does so for a node
// that has never had another configuration in this life, since the reply was on its way for a while.
func (c *Cluster) checkView(cache *slotCache, source transport.Address, kind resp.Kind) {
	index := slices.Index(c.addresses, source)
	if kind == resp.KindError || index < 0 || index >= len(c.nodes) || c.nodes[index] == nil || c.nodes[index].configurations != 1 {
		return
	}
	state := c.nodes[index].node.State()
	for slot := range slots.Slot(slots.Count) {
		owner, assigned := state.PrimaryOf(slot)
		believed, known := cache.owner(slot)
		if assigned != known || assigned && believed != addressOf(owner.Host, owner.ClientPort) {
			c.World.Fail(sim.Violation, "cluster slots", fmt.Sprintf("CLUSTER SLOTS on %v says that slot %d is served by %v, the node itself redirects to %s:%d",
				source, slot, believed, owner.Host, owner.ClientPort))
			return
		}
	}
}

// addressOf returns the address that a host and port of the configuration stand for.
func addressOf(host string, port uint16) transport.Address {
	parsed, err := netip.ParseAddr(host)
	if err != nil {
		panic(fmt.Sprintf("cluster: the host %q of a node is no address", host))
	}
	return netip.AddrPortFrom(parsed, port)
}
