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
	// owners is indexed by slot; the zero address where the client does not know.
	owners [slots.Count]transport.Address
}

// owner returns who serves the slot, as far as the client knows.
func (c *slotCache) owner(slot slots.Slot) (transport.Address, bool) {
	return c.owners[slot], c.owners[slot].IsValid()
}

func (c *slotCache) set(slot slots.Slot, owner transport.Address) { c.owners[slot] = owner }

// load replaces everything by the reply of CLUSTER SLOTS that the node at source gave. It reports whether the reply has the
// form that clients rely on.
func (c *slotCache) load(reply *resp.Value, source transport.Address) bool {
	if reply.Kind != resp.KindArray {
		return false
	}
	var owners [slots.Count]transport.Address
	for _, entry := range reply.Array {
		first, last, owner, ok := slotEntry(&entry, source)
		if !ok {
			return false
		}
		for slot := first; slot <= last; slot++ {
			owners[slot] = owner
		}
	}
	c.owners = owners
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

// fill sets the cache up. Owner returns the truth about a slot, nodes are all addresses in order.
func (c *slotCache) fill(start CacheStart, owner func(slots.Slot) (transport.Address, bool), nodes []transport.Address) {
	if start == CacheEmpty {
		return
	}
	for slot := range slots.Slot(slots.Count) {
		address, ok := owner(slot)
		if !ok {
			continue
		}
		if start == CacheWrong {
			address = nodes[(slices.Index(nodes, address)+1)%len(nodes)]
		}
		c.owners[slot] = address
	}
}
