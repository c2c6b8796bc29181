package core

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/slots"
)

// Owned returns the slots that this node serves.
func (n *Node) Owned() slots.Set { return n.owned }

// Check verifies the node's invariants and those of its parts. It walks over everything, and is meant for tests and simulations.
func (n *Node) Check() error {
	if err := errors.Join(n.checkLog(), n.checkGroup(), n.checkProposals(), n.checkDissemination(), n.checkJoining(), n.checkHandover(), n.checkClosing()); err != nil {
		return err
	}
	if len(n.runs) != 0 || len(n.window) != 0 {
		return fmt.Errorf("core: %d runs and %d commands are left over between steps", len(n.runs), len(n.window))
	}
	if n.draft.ahead != nil {
		return fmt.Errorf("core: %d changes are drafted and not proposed", len(n.draft.parts))
	}
	if err := n.checkClients(); err != nil {
		return err
	}
	if err := n.checkSessions(); err != nil {
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

// checkSessions checks that the tables know the open clients, that no client is left over between Steps, and that whoever
// waits is known to wait.
func (n *Node) checkSessions() error {
	if n.current != nil || len(n.deferred)+len(n.doomed) != 0 {
		return fmt.Errorf("core: client %v is left over, with %d messages, and %d to be closed", n.current, len(n.deferred), len(n.doomed))
	}
	queued := 0
	for _, c := range n.byID {
		if c == nil {
			continue
		}
		queued += c.queueBytes
		if err := n.checkSession(c); err != nil {
			return err
		}
	}
	if queued != n.queued || n.sessions.Len() != n.connected {
		return fmt.Errorf("core: %d bytes are queued, counted %d; %d sessions of %d clients", queued, n.queued, n.sessions.Len(), n.connected)
	}
	return n.sessions.Check()
}

func (n *Node) checkSession(c *client) error {
	s := &c.session
	t := &s.Transaction
	switch {
	case n.sessions.Find(s.ID) != s || n.byID[s.Connection] != c:
		return fmt.Errorf("core: the session of client %d is not its own", c.id)
	case len(c.queue) != t.Commands || c.queueBytes != t.Bytes || len(c.queue) > 0 && !t.Open:
		return fmt.Errorf("core: client %d has queued %d commands of %d bytes, its session %+v", c.id, len(c.queue), c.queueBytes, *t)
	case (c.held&heldByPause != 0) != slices.Contains(n.postponed, c), (c.held&heldByTurn != 0) != slices.Contains(n.yielded, c):
		return fmt.Errorf("core: client %d waits for %b and is not listed so", c.id, c.held)
	case (c.held&heldByMark != 0) != slices.ContainsFunc(n.uncertain, func(u uncertainClient) bool { return u.client == c }):
		return fmt.Errorf("core: client %d waits for %b, and is not listed among those who wait for a mark", c.id, c.held)
	case (c.held&heldByCommand != 0) != slices.ContainsFunc(n.continued, func(rest continued) bool { return rest.client == c }):
		return fmt.Errorf("core: client %d waits for %b, and which commands go on does not say so", c.id, c.held)
	case c.held&heldByProposal != 0 && len(c.changes)+c.owed == 0:
		return fmt.Errorf("core: client %d waits for the settlement of nothing", c.id)
	case len(c.changes)+c.owed > len(c.parked):
		return fmt.Errorf("core: client %d has proposed %d changes, and %d replies are parked", c.id, len(c.changes), len(c.parked))
	case c.held&heldByPause != 0 && n.paused == notPaused:
		return fmt.Errorf("core: client %d waits for the end of a pause that is over", c.id)
	}
	return nil
}

func (n *Node) checkClients() error {
	connected, unexecuted, promised := 0, 0, 0
	for id, c := range n.byID {
		if c == nil {
			continue
		}
		connected++
		unexecuted += len(c.pending)
		promised += c.promised
		if int(c.id) != id || c.run != -1 {
			return fmt.Errorf("core: client %d is kept as %d, with run %d", c.id, id, c.run)
		}
		if err := n.checkParked(c); err != nil {
			return err
		}
	}
	if promised != n.promised || promised > n.options.Limits.QueryBuffers {
		return fmt.Errorf("core: clients were promised room for %d bytes, counted %d", promised, n.promised)
	}
	if unexecuted > n.options.Limits.QueryBuffers {
		return fmt.Errorf("core: clients have %d bytes of input that waits, more than %d", unexecuted, n.options.Limits.QueryBuffers)
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
	if n.isOpen && c.parked[0].ready {
		return fmt.Errorf("core: client %d has a ready reply that nothing keeps", c.id)
	}
	for _, waiting := range n.waiting {
		if waiting == c {
			return nil
		}
	}
	return fmt.Errorf("core: client %d has parked replies and is not among those that wait", c.id)
}
