package cluster

import (
	"net/netip"
	"slices"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/transport"
)

// slotCache is what a client believes of who serves which slot, as go-redis keeps it.
type slotCache struct {
	// nodes are the addresses that the client has heard of.
	nodes []transport.Address
	// owners holds for each slot one more than an index of nodes; 0 where the client does not know.
	owners [slots.Count]uint16
}

// maxCachedNodes is how many nodes a cache can tell apart.
const maxCachedNodes = maxHosts

// owner returns who serves the slot, as far as the client knows.
func (c *slotCache) owner(slot slots.Slot) (transport.Address, bool) {
	if c.owners[slot] == 0 {
		return transport.Address{}, false
	}
	return c.nodes[c.owners[slot]-1], true
}

func (c *slotCache) set(slot slots.Slot, owner transport.Address) { c.owners[slot] = c.number(owner) }

// number returns what owners holds for an address.
func (c *slotCache) number(address transport.Address) uint16 {
	i := slices.Index(c.nodes, address)
	if i < 0 {
		i = len(c.nodes)
		if i == maxCachedNodes {
			panic("cluster: a client heard of more nodes than there can be")
		}
		c.nodes = append(c.nodes, address)
	}
	return uint16(i + 1)
}

// load replaces everything by the reply of CLUSTER SLOTS that the node at source gave. It reports whether the reply has the
// form that clients rely on; if not, nothing changes.
func (c *slotCache) load(reply *resp.Value, source transport.Address) bool {
	if reply.Kind != resp.KindArray {
		return false
	}
	for i := range reply.Array {
		if _, _, _, ok := slotEntry(&reply.Array[i], source); !ok {
			return false
		}
	}
	clear(c.owners[:])
	for i := range reply.Array {
		first, last, owner, _ := slotEntry(&reply.Array[i], source)
		number := c.number(owner)
		for slot := first; slot <= last; slot++ {
			c.owners[slot] = number
		}
	}
	return true
}

// slotEntry reads [first, last, [endpoint, port, id, metadata], replicas...]. An endpoint that is null stands for the host
// that was asked.
func slotEntry(entry *resp.Value, source transport.Address) (first, last int, owner transport.Address, ok bool) {
	if entry.Kind != resp.KindArray || len(entry.Array) < 3 {
		return 0, 0, owner, false
	}
	low, high, node := &entry.Array[0], &entry.Array[1], &entry.Array[2]
	if low.Kind != resp.KindInteger || high.Kind != resp.KindInteger || node.Kind != resp.KindArray || len(node.Array) < 4 {
		return 0, 0, owner, false
	}
	if low.Int < 0 || high.Int < low.Int || high.Int >= slots.Count {
		return 0, 0, owner, false
	}
	host := source.Addr()
	if len(node.Array[0].Str) > 0 {
		parsed, err := netip.ParseAddr(string(node.Array[0].Str))
		if err != nil {
			return 0, 0, owner, false
		}
		host = parsed
	}
	return int(low.Int), int(high.Int), netip.AddrPortFrom(host, uint16(node.Array[1].Int)), true
}

// CacheStart says what a client believes at its start.
type CacheStart string

const (
	CacheEmpty CacheStart = "empty" // nothing: it asks a node at random
	CacheRight CacheStart = "right" // the truth
	CacheWrong CacheStart = "wrong" // every slot at the node after its owner
)

var cacheStarts = []CacheStart{CacheEmpty, CacheRight, CacheWrong}

// fill sets the cache up. Truth is how it is, nodes are all addresses in order.
func (c *slotCache) fill(start CacheStart, truth *slotCache, nodes []transport.Address) {
	switch start {
	case CacheRight:
		c.nodes, c.owners = slices.Clone(truth.nodes), truth.owners
	case CacheWrong:
		var wrong [maxCachedNodes + 1]uint16 // by what truth holds
		for i, owner := range truth.nodes {
			wrong[i+1] = c.number(nodes[(slices.Index(nodes, owner)+1)%len(nodes)])
		}
		for slot, owner := range truth.owners {
			c.owners[slot] = wrong[owner]
		}
	}
}

// difference returns the first slot of which the other cache says something else; false if there is none.
func (c *slotCache) difference(other *slotCache) (slots.Slot, bool) {
	var there [maxCachedNodes + 1]int // by what this one holds: what the other does for the same node, -1 if it does not know it
	for i, node := range c.nodes {
		if there[i+1] = slices.Index(other.nodes, node) + 1; there[i+1] == 0 {
			there[i+1] = -1
		}
	}
	for slot, owner := range c.owners {
		if there[owner] != int(other.owners[slot]) {
			return slots.Slot(slot), true
		}
	}
	return 0, false
}
