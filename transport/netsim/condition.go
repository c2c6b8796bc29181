package netsim

import (
	"net/netip"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// A Condition is something that is wrong with some links for a while. Conditions add up: rates and delays are
// summed, the least bandwidth counts, and a link is cut as long as one condition cuts it.
type Condition struct {
	From []netip.Addr
	To   []netip.Addr // none: every host that is not in From
	// OneWay restricts the condition to the links from From to To. Otherwise those back are concerned too.
	OneWay bool

	Cut       bool          // nothing arrives
	Clog      bool          // what arrives is held until the condition is lifted
	Loss      int           // parts per million of packets
	Duplicate int           // parts per million of datagrams
	Reorder   int           // parts per million of datagrams
	Corrupt   int           // parts per million of packets
	Delay     time.Duration // more time on the way
	Bandwidth int64         // bytes per second, 0: as it is
}

// A ConditionID names a condition that is imposed. It is never 0.
type ConditionID int

type imposed struct {
	id        ConditionID
	condition Condition
	from, to  hostSet // of the condition
}

// hostSet is a set of hosts, by their index.
type hostSet []bool

// hostSet returns the set of the hosts of some IP addresses.
func (n *Network) hostSet(addresses []netip.Addr) hostSet {
	var set hostSet
	for _, address := range addresses {
		index := int(n.host(address).index)
		for len(set) <= index {
			set = append(set, false)
		}
		set[index] = true
	}
	return set
}

func (s hostSet) has(host int32) bool { return int(host) < len(s) && s[host] }

// Impose makes a condition hold until it is lifted.
func (n *Network) Impose(c Condition) ConditionID {
	n.nextCondition++
	n.conditions = append(n.conditions, imposed{n.nextCondition, c, n.hostSet(c.From), n.hostSet(c.To)})
	n.settleAll()
	return n.nextCondition
}

// Lift ends a condition. What a clogged link holds arrives at once, in order, unless another condition clogs the link too.
// Lifting a condition that is not imposed does nothing.
func (n *Network) Lift(id ConditionID) {
	n.conditions = slices.DeleteFunc(n.conditions, func(c imposed) bool { return c.id == id })
	n.settleAll()
}

// Heal ends every condition.
func (n *Network) Heal() {
	n.conditions = nil
	n.settleAll()
}

// Exempt frees the links among these hosts, and no others, from all conditions, present and to come.
func (n *Network) Exempt(hosts []netip.Addr) {
	n.exempt = n.hostSet(hosts)
	n.settleAll()
}

// Cut lets nothing pass from one host to another, until the condition is lifted.
func (n *Network) Cut(from, to netip.Addr) ConditionID {
	return n.Impose(Condition{From: []netip.Addr{from}, To: []netip.Addr{to}, OneWay: true, Cut: true})
}

// Clog holds what arrives from one host at another, until the condition is lifted.
func (n *Network) Clog(from, to netip.Addr) ConditionID {
	return n.Impose(Condition{From: []netip.Addr{from}, To: []netip.Addr{to}, OneWay: true, Clog: true})
}

// concerns reports whether the condition concerns the link from one host to another.
func (i *imposed) concerns(from, to int32) bool {
	return i.joins(from, to) || !i.condition.OneWay && i.joins(to, from)
}

func (i *imposed) joins(from, to int32) bool {
	if !i.from.has(from) {
		return false
	}
	if len(i.to) == 0 {
		return !i.from.has(to)
	}
	return i.to.has(to)
}

// settleAll brings every link up to date with the conditions that hold.
func (n *Network) settleAll() {
	for _, h := range n.hosts {
		for _, l := range h.links {
			if l != nil {
				n.settle(l, l.profile)
			}
		}
	}
}

// settle gives a link its profile, and works out how it behaves with all conditions that hold.
func (n *Network) settle(l *link, p Profile) {
	wasClogged, bandwidth := l.clogged, l.now.Bandwidth
	l.profile, l.now = p, p
	l.cut, l.clogged = false, false
	if !l.loopback && !(n.exempt.has(l.from) && n.exempt.has(l.to)) {
		for i := range n.conditions {
			if c := &n.conditions[i]; c.concerns(l.from, l.to) {
				l.impose(&c.condition)
			}
		}
	}
	if wasClogged && !l.clogged {
		n.release(l)
	}
	if bandwidth != l.now.Bandwidth {
		n.hurry(l)
	}
}

func (l *link) impose(c *Condition) {
	l.cut = l.cut || c.Cut
	l.clogged = l.clogged || c.Clog
	l.now.Loss = min(l.now.Loss+c.Loss, random.Million)
	l.now.Duplicate = min(l.now.Duplicate+c.Duplicate, random.Million)
	l.now.Reorder = min(l.now.Reorder+c.Reorder, random.Million)
	l.now.Corrupt = min(l.now.Corrupt+c.Corrupt, random.Million)
	l.now.Latency += c.Delay
	if c.Bandwidth > 0 && (l.now.Bandwidth == 0 || c.Bandwidth < l.now.Bandwidth) {
		l.now.Bandwidth = c.Bandwidth
	}
}

// hurry lets what streams have yet to send over a link go at its present bandwidth, not at the one at
// which it was planned.
func (n *Network) hurry(l *link) {
	now := n.scheduler.Now()
	l.free = now
	for i := range n.connections {
		c := &n.connections[i]
		for side := range 2 {
			if c.used() && c.ends[side].host == l.from && c.ends[1-side].host == l.to {
				n.replan(int32(i), side, l)
			}
		}
	}
}

// replan puts the segments of a flow under way anew.
func (n *Network) replan(number int32, sender int, l *link) {
	f := &n.connections[number].flows[sender]
	f.arrival = n.scheduler.Now()
	for i := f.first; i < len(f.segments); i++ {
		s := &f.segments[i]
		// What has left already is not called back.
		f.arrival = max(f.arrival, min(s.arrives, l.segment(n.scheduler.Now(), s.length)))
		s.arrives = f.arrival
	}
	if f.armed && f.attempts == 0 && f.underWay() {
		f.ticket++ // the read that is scheduled means nothing now
		f.armed = false
		n.arm(number, sender)
	}
}

// release lets arrive what a link held.
func (n *Network) release(l *link) {
	now := n.scheduler.Now()
	for _, d := range l.held {
		n.again(now, d)
	}
	l.held = l.held[:0]
}
