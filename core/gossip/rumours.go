package gossip

import (
	"slices"

	"github.com/ember-cluster/ember/core/marks"
)

// The queue of rumours is SWIM's dissemination buffer (section 4.1). There is at most one rumour about a member: the
// latest that this machine believes of it, so the queue is bounded by the group whatever peers send, and a rumour
// that something newer has overtaken is never sent. Each is sent a bounded number of times, those sent least first,
// so that a burst of news can't hold back what is fresh.
//
// Rumours sent equally often form a list, oldest first. All operations take constant time.

// notQueued is the number of sends of a rumour that there is not.
const notQueued = 255

const _ = uint(notQueued - 1 - maxSends)

type rumourQueue struct {
	// all holds by slot the rumour about each member.
	all []rumour
	// lists[i] holds the rumours that were sent i times. Its length is the limit: λ·⌈log10(n+1)⌉.
	lists []rumourList
	count int
}

type rumourList struct{ first, last slot }

// rumour is the place of a member in the queue.
type rumour struct {
	previous, next slot  // neighbours in the list
	sends          uint8 // how often the rumour has been sent, or notQueued
}

// reserve makes room for the rumours about so many slots.
func (q *rumourQueue) reserve(slots int) {
	q.all = slices.Grow(q.all, max(slots-len(q.all), 0))
	for len(q.all) < slots {
		q.all = append(q.all, rumour{none, none, notQueued})
	}
}

// setRumourLimit adapts the queue to the size of the group. Rumours that have been sent often enough for the
// new limit are dropped.
func (m *Machine) setRumourLimit(limit int) {
	q := &m.rumours
	for sends := limit; sends < len(q.lists); sends++ {
		for q.lists[sends].first != none {
			m.dropRumour(q.lists[sends].first)
		}
	}
	for len(q.lists) < limit {
		q.lists = append(q.lists, rumourList{none, none})
	}
	q.lists = q.lists[:limit]
}

// spread starts, or starts anew, the dissemination of what this machine believes of a member.
func (m *Machine) spread(s slot) {
	m.dropRumour(s)
	m.linkRumour(s, 0)
	m.armGossip()
}

func (m *Machine) linkRumour(s slot, sends int) {
	q := &m.rumours
	list := &q.lists[sends]
	q.all[s] = rumour{previous: list.last, next: none, sends: uint8(sends)}
	if list.last == none {
		list.first = s
	} else {
		q.all[list.last].next = s
	}
	list.last = s
	q.count++
}

// dropRumour ends the dissemination of the rumour about a member, if there is one.
func (m *Machine) dropRumour(s slot) {
	q := &m.rumours
	dropped := q.all[s]
	if dropped.sends == notQueued {
		return
	}
	list := &q.lists[dropped.sends]
	if dropped.previous == none {
		list.first = dropped.next
	} else {
		q.all[dropped.previous].next = dropped.next
	}
	if dropped.next == none {
		list.last = dropped.previous
	} else {
		q.all[dropped.next].previous = dropped.previous
	}
	q.all[s] = rumour{none, none, notQueued}
	q.count--
}

// appendRumours piggybacks rumours, least sent first, on the message that starts at start, up to the payload limit.
// The one about skip is left out: the message has it already. It stops at the first that does not fit; to search for
// a smaller one would let long rumours starve.
func (m *Machine) appendRumours(start int, skip slot) {
	if m.rumours.count == 0 {
		return
	}
	m.picked = m.picked[:0]
	full := false
	for sends := 0; sends < len(m.rumours.lists) && !full; sends++ {
		for s := m.rumours.lists[sends].first; s != none; s = m.rumours.all[s].next {
			if s == skip {
				continue
			}
			c := m.belief(s)
			before := len(m.buffer)
			m.buffer = c.append(m.buffer)
			if len(m.buffer)-start > m.config.MaxPayload {
				m.marks.Hit(marks.RumoursDoNotFit)
				m.buffer, full = m.buffer[:before], true
				break
			}
			m.picked = append(m.picked, s)
		}
	}
	// Counted only now: a rumour that moved to a later list above would have been met again.
	for _, s := range m.picked {
		sends := int(m.rumours.all[s].sends) + 1
		m.dropRumour(s)
		if sends < len(m.rumours.lists) {
			m.linkRumour(s, sends)
		}
	}
}

// belief is what this machine holds of a member, as a claim to tell others.
func (m *Machine) belief(s slot) wireClaim {
	member := &m.members.slots[s]
	c := wireClaim{health: member.health, node: member.id, incarnation: member.incarnation}
	if c.health == Suspect {
		c.accuser = m.members.slots[member.accuser].id
	}
	return c
}

// contest is the queue of members that are held dead somewhere although somebody hears from them. Each
// is told so, in order that it refutes.
type contest struct {
	slot        slot
	incarnation uint64 // that it is dead in
}

// contest notes that a member should be told that it is held dead, in a round of gossip soon. A flood of such
// conflicts, as when a long partition heals, is told at the pace of gossip.
func (m *Machine) contest(s slot, incarnation uint64) {
	member := &m.members.slots[s]
	if member.contested || m.left {
		return
	}
	member.contested = true
	m.marks.Hit(marks.Contested)
	m.contested = append(m.contested, contest{s, incarnation})
	m.armGossip()
}

// tellContested tells up to limit members what is held against them. One who has refuted meanwhile is passed over.
func (m *Machine) tellContested(limit int) {
	told, done := 0, 0
	for ; done < len(m.contested) && told < limit; done++ {
		c := m.contested[done]
		member := &m.members.slots[c.slot]
		member.contested = false
		if supersedes(member.health, member.incarnation, Dead, c.incarnation) {
			m.marks.Hit(marks.ContestOvertaken)
			continue
		}
		accusation := wireClaim{health: Dead, node: member.id, incarnation: c.incarnation}
		m.sendAccused(c.slot, message{kind: ping}, &accusation)
		told++
	}
	m.contested = slices.Delete(m.contested, 0, done)
}
