package gossip

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/wire"
)

// SetMembers makes ids the members of the group. This node is one whether it is among them or not. Who stays keeps
// its state, who comes is believed alive, and nothing is left of who goes. It takes time in proportion to the group.
func (m *Machine) SetMembers(now time.Duration, ids []wire.NodeID) {
	m.enter(now)
	wasAlone := m.alone()
	m.removeAllBut(ids)
	m.members.reserve(len(ids))
	m.order.list = slices.Grow(m.order.list, max(len(ids)-len(m.order.list), 0))
	for _, id := range ids {
		if _, known := m.members.lookup(id); !known {
			m.order.insert(m.members.add(id, m.now), m.source)
		}
	}
	m.resize()
	switch {
	case m.alone():
		m.rest()
	case wasAlone:
		m.join()
	case m.hasNews():
		m.armGossip() // there may have been nobody to hear it
	}
}

// removeAllBut forgets the members that are not in ids, in one pass over all that refers to them.
func (m *Machine) removeAllBut(ids []wire.NodeID) {
	slots := m.members.slots
	for s := range slots {
		slots[s].gone = slots[s].health != Unknown && slot(s) != self
	}
	for _, id := range ids {
		if s, known := m.members.lookup(id); known {
			slots[s].gone = false
		}
	}
	gone := func(s slot) bool { return slots[s].gone }
	if !slices.ContainsFunc(m.order.list, gone) {
		return
	}
	m.order.filter(func(s slot) bool { return !gone(s) })
	m.contested = slices.DeleteFunc(m.contested, func(c contest) bool { return gone(c.slot) })
	m.forgetProbes(gone)
	for s := range slots {
		if slots[s].gone {
			m.dropRumour(slot(s))
			m.endSuspicion(slot(s))
		} else if accuser := slots[s].accuser; accuser != none && gone(accuser) {
			slots[s].accuser = self // this machine has believed it, and passes it on in its own name
		}
	}
	m.forgetAccusers(gone)
	m.members.release()
}

// forgetProbes ends the probes, own and relayed, that a member who goes has part in.
func (m *Machine) forgetProbes(gone func(slot) bool) {
	p := &m.probe
	if p.stage != resting && gone(p.target) {
		p.stage, p.target = resting, none
	}
	for i := range p.asked {
		if p.helpers[i] != none && gone(p.helpers[i]) {
			p.helpers[i] = none
			p.nacked |= 1 << i // it is not to blame, nor is this node
		}
	}
	for i := range m.relays.queue {
		r := &m.relays.queue[i]
		if r.requester != none && (gone(r.requester) || gone(r.target)) {
			m.endRelay(r)
		}
	}
}

// forgetAccusers keeps the confirmations of members who go, but not their slots, which others may get.
func (m *Machine) forgetAccusers(gone func(slot) bool) {
	for _, i := range m.suspicions.heap {
		suspected := &m.suspicions.all[i]
		for j, accuser := range suspected.accusers[:suspected.count] {
			if accuser != none && gone(accuser) {
				suspected.accusers[j] = none
			}
		}
	}
}

// resize adapts what depends on the size of the group.
func (m *Machine) resize() {
	n := m.members.count()
	m.rumours.reserve(len(m.members.slots))
	m.setRumourLimit(min(m.config.Lambda*max(ceilLog10(uint64(n)+1), 1), maxSends))
	m.suspicions.timeouts = suspicionTimeouts(m.suspicions.timeouts, &m.config, n)
}

// join starts all that a machine does among others. Phases are random, so that nodes started together don't act in
// chorus.
func (m *Machine) join() {
	m.probe.end = m.now + m.source.Duration(0, m.config.ProbeInterval)
	m.phase = m.now - m.source.Duration(0, m.config.GossipInterval-1)
	m.exchangeAt = m.now + m.source.Duration(0, m.config.GossipInterval)
	m.exchangeWait = m.config.ProbeInterval
	if !m.left {
		m.spread(self) // whatever is believed of an earlier life of this node
	}
}

// rest stops everything: there is nobody else.
func (m *Machine) rest() {
	m.probe = probe{target: none, end: never}
	m.gossipAt, m.exchangeAt, m.reconnectAt = never, never, never
	m.dropRumour(self)
}
