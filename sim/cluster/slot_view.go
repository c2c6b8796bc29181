package cluster

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/topology"
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
	node := c.nodes[index]
	if slot, differ := cache.difference(node.slots); differ {
		believed, _ := cache.owner(slot)
		owner, _ := node.slots.owner(slot)
		c.World.Fail(sim.Violation, "cluster slots", fmt.Sprintf("CLUSTER SLOTS on %v says that slot %d is served by %v, the node itself redirects to %v",
			source, slot, believed, owner))
	}
}

// slotsOf returns what a client knows that has understood a configuration.
func slotsOf(state *topology.State) *slotCache {
	c := &slotCache{}
	for _, shard := range state.Shards() {
		owned := state.SlotsOf(shard.ID)
		if owned.Len() == 0 {
			continue
		}
		primary, _ := state.Node(shard.Primary)
		number := c.number(addressOf(primary.Host, primary.ClientPort))
		for _, r := range owned.Ranges() {
			for slot := r.First; slot <= r.Last; slot++ {
				c.owners[slot] = number
			}
		}
	}
	return c
}

// addressOf returns the address that a host and port of the configuration stand for.
func addressOf(host string, port uint16) transport.Address {
	parsed, err := netip.ParseAddr(host)
	if err != nil {
		panic(fmt.Sprintf("cluster: the host %q of a node is no address", host))
	}
	return netip.AddrPortFrom(parsed, port)
}
