package gossip

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
)

// suspicion is the time that a suspect has left to refute. It shrinks with each independent confirmation
// (Lifeguard, section IV.B): a member that is itself slow suspects many and is confirmed by nobody, so its suspects
// get the largest timeout, in which the refutations reach even it; who is really dead is suspected by many.
type suspicion struct {
	slot    slot
	started time.Duration
	due     time.Duration
	place   int32 // index in the heap
	// accusers are those who spoke this suspicion, the first included.
	// Invariant: 1 <= count <= K+1, and the first count entries differ unless one of them is no member any more.
	accusers [maxConfirmations + 1]slot
	count    int32
}

// suspicions holds the running suspicions, at most one per member, and a heap of them by due time.
type suspicions struct {
	all  []suspicion
	free []int32
	// heap holds indices of all. Invariant: no entry comes before its parent in the order of less.
	heap []int32
	// timeouts[c] is how long a suspicion lasts that c others have confirmed. Its length is K+1.
	timeouts []time.Duration
	// forgiven is until when none is due because this node was held up, or 0.
	forgiven time.Duration
}

// suspicionTimeouts computes the timeout for each number of confirmations C in a group of n:
//
//	max(Min, Max - (Max-Min)·log(C+1)/log(K+1))   with   Min = α·log10(n)·ProbeInterval,   Max = β·Min
//
// In a group too small for K confirmations, K is what is possible: all but the suspect and the first accuser. With K
// = 0 there is nothing to wait for and Max is Min. log10(n) counts as at least 1, as in memberlist: the papers'
// groups are large, and a group of three would condemn within 2.4 periods.
func suspicionTimeouts(dst []time.Duration, c *Config, n int) []time.Duration {
	logarithm := max(scale(log2Fixed(uint64(max(n, 1))), 1<<fractionBits, log2Ten), 1<<fractionBits)
	least := scale(uint64(c.Alpha)*uint64(c.ProbeInterval), logarithm, 1<<fractionBits)
	confirmations := 0
	if c.LHASuspicion {
		confirmations = min(c.SuspicionConfirmations, max(n-2, 0))
	}
	dst = append(dst[:0], time.Duration(least))
	if confirmations == 0 {
		return dst
	}
	most := least * uint64(c.Beta)
	dst[0] = time.Duration(most)
	for confirmed := uint64(1); confirmed <= uint64(confirmations); confirmed++ {
		shrink := scale(most-least, log2Fixed(confirmed+1), log2Fixed(uint64(confirmations)+1))
		dst = append(dst, time.Duration(max(least, most-shrink)))
	}
	return dst
}

// startSuspicion gives a member that has just become Suspect its time to refute.
func (m *Machine) startSuspicion(s, accuser slot) {
	m.marks.Hit(marks.SuspicionStarted)
	p := &m.suspicions
	var i int32
	if last := len(p.free) - 1; last >= 0 {
		i = p.free[last]
		p.free = p.free[:last]
	} else {
		i = int32(len(p.all))
		p.all = append(p.all, suspicion{})
	}
	p.all[i] = suspicion{slot: s, started: m.now, due: m.now + p.timeouts[0], place: int32(len(p.heap)), count: 1}
	p.all[i].accusers[0] = accuser
	p.heap = append(p.heap, i)
	p.up(len(p.heap) - 1)
	m.members.slots[s].suspicion = i
}

// confirm counts an independent confirmation of a running suspicion. The first K are passed on, so that all members
// see the timeout shrink alike; later ones and repetitions change nothing.
func (m *Machine) confirm(s, accuser slot) {
	member := &m.members.slots[s]
	suspected := &m.suspicions.all[member.suspicion]
	if int(suspected.count) >= len(m.suspicions.timeouts) {
		return
	}
	for _, known := range suspected.accusers[:suspected.count] {
		if known == accuser {
			return
		}
	}
	m.marks.Hit(marks.SuspicionConfirmed)
	suspected.accusers[suspected.count] = accuser
	suspected.due = suspected.started + m.suspicions.timeouts[suspected.count]
	suspected.count++
	m.suspicions.fix(int(suspected.place))
	member.accuser = accuser
	m.spread(s)
}

// endSuspicion forgets the suspicion of a member, if there is one.
func (m *Machine) endSuspicion(s slot) {
	i := m.members.slots[s].suspicion
	if i == none {
		return
	}
	m.members.slots[s].suspicion = none
	p := &m.suspicions
	place, last := int(p.all[i].place), len(p.heap)-1
	p.swap(place, last)
	p.heap = p.heap[:last]
	if place < last {
		p.fix(place)
	}
	p.free = append(p.free, i)
}

// expireSuspicions declares those dead whose time to refute is over. After a pause of this node, the refutations may
// wait to be read: they get a short while, but only one, since a node that is always late must still get to its
// verdicts.
func (m *Machine) expireSuspicions(deadline time.Duration) {
	p := &m.suspicions
	if p.forgiven > 0 {
		if m.now < p.forgiven {
			return
		}
		p.forgiven = 0
	} else if m.config.ForgivePauses && m.now-deadline > m.config.ProbeTimeout {
		m.marks.Hit(marks.PauseForgiven)
		p.forgiven = m.now + m.config.ProbeTimeout
		return
	}
	for p.next() <= m.now {
		m.marks.Hit(marks.SuspicionExpired)
		s := m.suspicions.all[m.suspicions.heap[0]].slot
		m.adopt(claim{slot: s, health: Dead, incarnation: m.members.slots[s].incarnation, by: self}, false)
	}
}

// next returns when the next suspicion is due.
func (p *suspicions) next() time.Duration {
	if len(p.heap) == 0 {
		return never
	}
	return max(p.all[p.heap[0]].due, p.forgiven)
}

// less orders by due time; ties are broken by who is suspected, so that the order is a function of what is in the
// heap.
func (p *suspicions) less(i, j int) bool {
	a, b := &p.all[p.heap[i]], &p.all[p.heap[j]]
	return a.due < b.due || a.due == b.due && a.slot < b.slot
}

func (p *suspicions) swap(i, j int) {
	p.heap[i], p.heap[j] = p.heap[j], p.heap[i]
	p.all[p.heap[i]].place, p.all[p.heap[j]].place = int32(i), int32(j)
}

// fix restores the order around an entry whose due time changed.
func (p *suspicions) fix(i int) {
	p.down(i)
	p.up(i)
}

func (p *suspicions) up(i int) {
	for parent := (i - 1) / 2; i > 0 && p.less(i, parent); parent = (i - 1) / 2 {
		p.swap(i, parent)
		i = parent
	}
}

func (p *suspicions) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(p.heap); child++ {
			if p.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		p.swap(i, least)
		i = least
	}
}
