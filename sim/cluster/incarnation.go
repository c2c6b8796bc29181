package cluster

import "fmt"

// checkIncarnations checks what a node has come to believe of the incarnations of its peers. Only a member itself raises its
// incarnation, so nobody may know a higher one than the member has had, and what is known of it never falls: a lower one would
// be believed over the refutation that has overtaken it.
func (c *Cluster) checkIncarnations(d *driver) error {
	if d.node == nil {
		return nil
	}
	if d.believed == nil {
		d.believed = make([]uint64, len(c.ids))
	}
	for i, id := range c.ids {
		incarnation := d.node.Incarnation(id)
		if i == d.index {
			c.incarnations[i] = max(c.incarnations[i], incarnation)
		}
		if _, member := d.node.State().Node(id); !member {
			d.believed[i] = 0
			continue
		}
		if incarnation > c.incarnations[i] {
			return fmt.Errorf("%s believes in incarnation %d of %s, which has not been beyond %d",
				d.host.Name(), incarnation, c.hosts[i].Name(), c.incarnations[i])
		}
		if incarnation < d.believed[i] {
			return fmt.Errorf("the incarnation of %s that %s believes in falls from %d to %d",
				c.hosts[i].Name(), d.host.Name(), d.believed[i], incarnation)
		}
		d.believed[i] = incarnation
	}
	return nil
}
