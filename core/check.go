package core

import (
	"fmt"

	"github.com/ember-cluster/ember/core/slots"
)

// Owned returns the slots that this node serves.
func (n *Node) Owned() slots.Set { return n.owned }

// Check verifies the node's invariants and those of its parts. It walks over everything, and is meant for tests and simulations.
func (n *Node) Check() error {
	if n.persisted > n.appended {
		return fmt.Errorf("core: record %d is durable, %d is the last one appended", n.persisted, n.appended)
	}
	if len(n.runs) != 0 || len(n.window) != 0 {
		return fmt.Errorf("core: %d runs and %d commands are left over between steps", len(n.runs), len(n.window))
	}
	if err := n.checkProposals(); err != nil {
		return err
	}
	if err := n.checkClients(); err != nil {
		return err
	}
	if n.checked != n.state {
		if err := n.state.Check(); err != nil {
			return err
		}
		n.checked = n.state
	}
	if err := n.space.Check(); err != nil {
		return err
	}
	if n.gossip != nil {
		return n.gossip.Check()
	}
	return nil
}

func (n *Node) checkProposals() error {
	last := n.persisted
	for i := range n.undecided {
		p := &n.undecided[i]
		if p.position < last {
			return fmt.Errorf("core: proposal %d waits for record %d, the one before for %d", i, p.position, last)
		}
		last = p.position
		if !p.client.closed && p.client.held&heldByProposal == 0 {
			return fmt.Errorf("core: client %d has an undecided proposal and goes on", p.client.id)
		}
	}
	return nil
}

func (n *Node) checkClients() error {
	connected, unexecuted := 0, 0
	for id, c := range n.byID {
		if c == nil {
			continue
		}
		connected++
		unexecuted += len(c.pending)
		if int(c.id) != id || c.run != -1 {
			return fmt.Errorf("core: client %d is kept as %d, with run %d", c.id, id, c.run)
		}
		if err := n.checkParked(c); err != nil {
			return err
		}
	}
	if connected != n.connected || unexecuted != n.unexecuted {
		return fmt.Errorf("core: %d clients with %d bytes of input, counted %d with %d", connected, unexecuted, n.connected, n.unexecuted)
	}
	return nil
}

// checkParked checks that no reply waits without a reason, and that whoever has one is known to wait.
func (n *Node) checkParked(c *client) error {
	if len(c.parked) == 0 {
		return nil
	}
	if n.opened() && c.parked[0].ready {
		return fmt.Errorf("core: client %d has a ready reply that nothing keeps", c.id)
	}
	for _, waiting := range n.waiting {
		if waiting == c {
			return nil
		}
	}
	return fmt.Errorf("core: client %d has parked replies and is not among those that wait", c.id)
}
