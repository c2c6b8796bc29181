package cluster

import (
	"fmt"
	"strings"
)

// Dump returns the state of a host on one page: of a node all that it knows, of a client what it waits for and what it
// believes of the slots.
func (c *Cluster) Dump(host string) (string, error) {
	var b strings.Builder
	for i, h := range c.hosts {
		if h.Name() == host {
			c.dumpNode(&b, i)
			return b.String(), nil
		}
	}
	for _, p := range c.clients {
		if p != nil && p.host.Name() == host {
			p.dump(&b)
			return b.String(), nil
		}
	}
	return "", fmt.Errorf("cluster: there is no host %q, or it has not started", host)
}

func (c *Cluster) dumpNode(b *strings.Builder, index int) {
	h, d := c.hosts[index], c.nodes[index]
	fmt.Fprintf(b, "%s at %v: started %d times, up %v, paused %v, monotonic clock %v, wall clock %d ms\n",
		h.Name(), c.World.Now(), h.Boots(), h.Up(), h.Paused(), h.Now(), h.Wall())
	if d == nil || d.node == nil {
		b.WriteString("no process\n")
		return
	}
	b.WriteString(d.node.String())
	if err := d.node.Check(); err != nil {
		fmt.Fprintf(b, "an invariant does not hold: %v\n", err)
	}
}

func (c *client) dump(b *strings.Builder) {
	fmt.Fprintf(b, "%s at %v: %d operations under way, %d queued, %d to be repeated, refreshing %v\n",
		c.host.Name(), c.cluster.World.Now(), c.underWay, c.queue.len(), len(c.retries), c.refreshing)
	for _, conn := range c.connections {
		fmt.Fprintf(b, "connection %s to %v: %d commands sent, %d without a reply\n", conn.name, conn.address, conn.sent, len(conn.waiting))
		for _, w := range conn.waiting {
			if w.task != nil && (w.task.scan != nil || w.task.op != nil) {
				fmt.Fprintf(b, "  %s\n", w.task.describe())
			}
		}
	}
	for _, r := range c.retries {
		fmt.Fprintf(b, "%s, again at %v\n", r.task.describe(), r.at)
	}
	c.cache.dump(b)
}

// describe tells what a client wants to know, of an operation or a scan.
func (t *task) describe() string {
	if t.scan != nil {
		return t.scan.describe()
	}
	return fmt.Sprintf("%q since %v", t.op.Args, t.op.Call)
}

// dump writes who serves which slots, as far as the client knows.
func (c *slotCache) dump(b *strings.Builder) {
	for first := 0; first < len(c.owners); {
		last := first
		for last+1 < len(c.owners) && c.owners[last+1] == c.owners[first] {
			last++
		}
		owner := "nobody known"
		if number := c.owners[first]; number > 0 {
			owner = c.nodes[number-1].String()
		}
		fmt.Fprintf(b, "slots %d-%d: %s\n", first, last, owner)
		first = last + 1
	}
}
