package gossip

import (
	"errors"
	"fmt"
	"slices"
)

// Check returns an error that describes the first broken invariant, or nil. It takes time in proportion to the group
// and is for tests and the simulator.
func (m *Machine) Check() error {
	for _, check := range []func() error{
		m.checkMembers, m.checkOrder, m.checkRumours, m.checkSuspicions, m.checkContested, m.checkProbe, m.checkRelays, m.checkDeadlines,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("gossip: %w", err)
		}
	}
	return nil
}

func (m *Machine) checkMembers() error {
	t := &m.members
	indexed := 0
	for _, entry := range t.index.table {
		if entry != 0 {
			indexed++
		}
	}
	if indexed != t.count() || 2*indexed > len(t.index.table) {
		return fmt.Errorf("%d of %d members are indexed in a table of %d", indexed, t.count(), len(t.index.table))
	}
	if own := t.slots[self].health; own != Alive && !(own == Left && m.left) {
		return fmt.Errorf("this node takes itself for %v", own)
	}
	sizes := [Left + 1]int{}
	for s := range t.slots {
		member := &t.slots[s]
		if member.health == Unknown {
			if !slices.Contains(t.free, slot(s)) {
				return fmt.Errorf("slot %d is neither in use nor free", s)
			}
			continue
		}
		if at, known := t.lookup(member.id); !known || at != slot(s) {
			return fmt.Errorf("%v is in slot %d but indexed at %d", member.id, s, at)
		}
		if slot(s) == self {
			continue
		}
		sizes[member.health]++
		if set := t.set(member.health); int(member.place) >= len(*set) || (*set)[member.place] != slot(s) {
			return fmt.Errorf("%v is %v but not in its place in that set", member.id, member.health)
		}
	}
	if len(t.living) != sizes[Alive]+sizes[Suspect] || len(t.absent) != sizes[Dead]+sizes[Left] {
		return fmt.Errorf("%d living and %d absent are listed of %v", len(t.living), len(t.absent), sizes)
	}
	return nil
}

func (m *Machine) checkOrder() error {
	o := &m.order
	if len(o.list) != m.members.count()-1 || o.at < 0 || o.at > len(o.list) {
		return fmt.Errorf("the probe order is at %d of %d, with %d members", o.at, len(o.list), m.members.count())
	}
	seen := make([]bool, len(m.members.slots))
	for _, s := range o.list {
		if s == self || seen[s] || m.members.slots[s].health == Unknown {
			return fmt.Errorf("slot %d has no place, or a second one, in the probe order", s)
		}
		seen[s] = true
	}
	return nil
}

func (m *Machine) checkRumours() error {
	q, listed := &m.rumours, 0
	for sends := range q.lists {
		before := none
		for s := q.lists[sends].first; s != none; s = q.all[s].next {
			r := &q.all[s]
			if int(r.sends) != sends || r.previous != before || m.members.slots[s].health == Unknown {
				return fmt.Errorf("the rumour about slot %d, sent %d times, is among those sent %d times", s, r.sends, sends)
			}
			if listed++; listed > len(m.members.slots) {
				return errors.New("the queue of rumours has a cycle")
			}
			before = s
		}
		if q.lists[sends].last != before {
			return fmt.Errorf("the list of rumours sent %d times ends at %d, not %d", sends, before, q.lists[sends].last)
		}
	}
	queued := 0
	for s := range q.all {
		if q.all[s].sends != notQueued {
			queued++
		}
	}
	if queued != listed || q.count != listed {
		return fmt.Errorf("%d rumours are listed, %d marked, %d counted", listed, queued, q.count)
	}
	return nil
}

func (m *Machine) checkSuspicions() error {
	p := &m.suspicions
	if len(p.heap)+len(p.free) != len(p.all) {
		return fmt.Errorf("%d suspicions run and %d are free of %d", len(p.heap), len(p.free), len(p.all))
	}
	for i, index := range p.heap {
		running := &p.all[index]
		if int(running.place) != i || m.members.slots[running.slot].suspicion != index {
			return fmt.Errorf("suspicion %d is not in its place", index)
		}
		if i > 0 && p.less(i, (i-1)/2) {
			return fmt.Errorf("suspicion %d is due before its parent in the heap", index)
		}
		if running.count < 1 || int(running.count) > m.config.SuspicionConfirmations+1 {
			return fmt.Errorf("suspicion %d has %d accusers", index, running.count)
		}
	}
	suspects := 0
	for s := range m.members.slots {
		member := &m.members.slots[s]
		if member.health == Suspect {
			suspects++
		}
		if member.health != Unknown && (member.health == Suspect) != (member.suspicion != none && member.accuser != none) {
			return fmt.Errorf("%v is %v with suspicion %d by slot %d", member.id, member.health, member.suspicion, member.accuser)
		}
	}
	if suspects != len(p.heap) {
		return fmt.Errorf("%d suspects, %d suspicions", suspects, len(p.heap))
	}
	return nil
}

func (m *Machine) checkContested() error {
	marked := 0
	for s := range m.members.slots {
		if m.members.slots[s].contested {
			marked++
		}
	}
	for i, c := range m.contested {
		if !m.members.slots[c.slot].contested || slices.ContainsFunc(m.contested[:i], func(o contest) bool { return o.slot == c.slot }) {
			return fmt.Errorf("slot %d is contested unmarked or twice", c.slot)
		}
	}
	if marked != len(m.contested) {
		return fmt.Errorf("%d contested, %d marked", len(m.contested), marked)
	}
	return nil
}

func (m *Machine) checkProbe() error {
	p := &m.probe
	if (p.stage == resting) != (p.target == none) {
		return fmt.Errorf("probe of slot %d in stage %d", p.target, p.stage)
	}
	if p.sequence%2 != 0 || m.relays.first%2 != 1 {
		return fmt.Errorf("probe %d is odd or relay %d even", p.sequence, m.relays.first)
	}
	if m.localHealth < 0 || m.localHealth > m.config.LocalHealthMax || !m.config.LHAProbe && m.localHealth != 0 {
		return fmt.Errorf("local health %d of %d", m.localHealth, m.config.LocalHealthMax)
	}
	return nil
}

func (m *Machine) checkRelays() error {
	q := &m.relays
	if len(q.queue) > m.config.MaxRelays || q.quiet < 0 || q.quiet > len(q.queue) {
		return fmt.Errorf("%d relays, %d of them quiet, at most %d allowed", len(q.queue), q.quiet, m.config.MaxRelays)
	}
	perMember := make([]int, len(m.members.slots))
	for i := range q.queue {
		r := &q.queue[i]
		if i > 0 && r.expiry < q.queue[i-1].expiry || i < q.quiet && r.nack != never {
			return fmt.Errorf("relay %d is out of order", i)
		}
		if r.requester != none {
			perMember[r.requester]++
		}
	}
	for s, count := range perMember {
		if relays := m.members.slots[s].relays; int(relays) != count || count > maxRelaysPerMember {
			return fmt.Errorf("slot %d has %d relays and counts %d", s, count, relays)
		}
	}
	return nil
}

func (m *Machine) checkDeadlines() error {
	if m.left || m.alone() {
		return nil
	}
	someoneListens := len(m.members.living) > 0
	if m.gossipAt == never && (m.hasNews() && someoneListens || len(m.contested) > 0) {
		return fmt.Errorf("%d rumours and %d contests, but no round of gossip is due", m.rumours.count, len(m.contested))
	}
	if m.reconnectAt == never && len(m.members.absent) > 0 {
		return fmt.Errorf("%d absent, but no attempt to reach them is due", len(m.members.absent))
	}
	if m.probe.end == never || m.exchangeAt == never {
		return errors.New("no probe or no exchange is due")
	}
	return nil
}
