package core

import (
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/keyspace"
)

// shownKeys is how many keys String writes out.
const shownKeys = 32

// String returns the node's whole state on one page, for traces and debugging. Ids and long values are cut short.
func (n *Node) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "node %v boot %d at %v, wall %d\n", n.self, n.boot, n.at.Now, n.at.Wall)
	fmt.Fprintf(&b, "serving %v, slots %v; started %v, leaving %v\n", n.serving, n.owned, n.started, n.goodbye)
	fmt.Fprintf(&b, "log: %d records appended, %d durable, %d proposals undecided\n", n.appended, n.persisted, len(n.undecided))
	fmt.Fprintf(&b, "%v\n", n.machine)
	b.WriteString(n.state.String())
	if n.gossip != nil {
		b.WriteString(n.gossip.String())
	}
	n.writeClients(&b)
	n.writeKeys(&b)
	fmt.Fprintf(&b, "counters %+v\n", n.counters)
	return b.String()
}

func (n *Node) writeClients(b *strings.Builder) {
	fmt.Fprintf(b, "%d clients, %d bytes of input not executed, %d bytes queued\n", n.connected, n.unexecuted, n.queued)
	for _, c := range n.byID {
		if c != nil {
			fmt.Fprintf(b, "client %d %q: %d commands, %d bytes pending, %d replies parked, held %05b, proposals %d\n",
				c.id, n.ClientName(c.id), c.ordinal, len(c.pending), len(c.parked), c.held, len(c.changes))
		}
	}
}

func (n *Node) writeKeys(b *strings.Builder) {
	fmt.Fprintf(b, "%d keys, %d with an expiry, digest %016x\n", n.space.Len(), n.space.Expiring(), n.space.Digest())
	shown := 0
	for cursor := uint64(0); ; {
		cursor = n.space.Scan(cursor, shownKeys, func(key []byte, value keyspace.Value) {
			if shown++; shown <= shownKeys {
				fmt.Fprintf(b, "key %.60q = %.60q, expires at %d\n", key, value.Append(nil), value.ExpireAt())
			}
		})
		if cursor == 0 || shown >= shownKeys {
			return
		}
	}
}
