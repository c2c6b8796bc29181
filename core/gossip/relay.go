package gossip

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/marks"
)

// relay is a ping on behalf of another member (SWIM's ping-req). Its ack is passed on to the requester whenever it
// comes; if it has not come after 80 % of the probe timeout the requester gets a nack (Lifeguard, section IV.A),
// early enough to reach it before its own time is over.
type relay struct {
	requester slot // Invariant: none exactly if the relay is done.
	target    slot
	sequence  uint32        // under which the requester awaits the answer
	nack      time.Duration // when the nack is due, never once it was sent
	expiry    time.Duration
}

// relays is the queue of running relays, oldest first. The ping of the relay at index i bears the sequence first+2i,
// which is odd: so an ack finds its relay, and is never taken for one of this machine's own probe.
type relays struct {
	queue []relay // Invariant: at most MaxRelays, with expiry in order.
	first uint32  // Invariant: odd.
	// quiet is how many relays at the start of the queue need no nack any more.
	quiet int
}

// maxRelaysPerMember keeps one requester from taking all room. An honest one has one probe at a time, so it has more
// than one relay only while an older one still runs.
const maxRelaysPerMember = 4

// handlePingReq pings the target for the sender, if there is room.
func (m *Machine) handlePingReq(sender slot, msg *message) {
	target, known := m.members.lookup(msg.target)
	if !known {
		return // a member of a configuration that this node has not seen yet, or has left behind
	}
	m.expireRelays()
	requester := &m.members.slots[sender]
	if len(m.relays.queue) >= m.config.MaxRelays || requester.relays >= maxRelaysPerMember {
		m.marks.Hit(marks.RelayRefused)
		return
	}
	r := relay{requester: sender, target: target, sequence: msg.sequence, nack: never, expiry: m.now + m.config.ProbeInterval}
	if m.config.LHAProbe {
		r.nack = m.now + m.config.ProbeTimeout*4/5
	}
	requester.relays++
	m.relays.queue = append(m.relays.queue, r)
	m.send(target, message{kind: ping, sequence: m.relays.first + 2*uint32(len(m.relays.queue)-1)})
}

// relayAck passes the answer to a ping on to the member that it was sent for.
func (m *Machine) relayAck(sender slot, sequence uint32) {
	i := uint64((sequence - m.relays.first) / 2) // wraps around to a large number if it is older than the queue
	if i >= uint64(len(m.relays.queue)) {
		return
	}
	r := &m.relays.queue[i]
	if r.requester == none || r.target != sender {
		return
	}
	m.send(r.requester, message{kind: ack, sequence: r.sequence})
	m.endRelay(r)
}

func (m *Machine) endRelay(r *relay) {
	m.members.slots[r.requester].relays--
	r.requester, r.nack = none, never
}

// nackDeadline returns when the next nack is due. Relays end in any order, so those that need none are skipped first;
// each is skipped once.
func (m *Machine) nackDeadline() time.Duration {
	q := &m.relays
	for q.quiet < len(q.queue) && q.queue[q.quiet].nack == never {
		q.quiet++
	}
	if q.quiet == len(q.queue) {
		return never
	}
	return q.queue[q.quiet].nack
}

// sendNacks sends the nacks that are due. Relays start with the same timeout, so the oldest is due first.
func (m *Machine) sendNacks() {
	for m.nackDeadline() <= m.now {
		r := &m.relays.queue[m.relays.quiet]
		r.nack = never
		m.marks.Hit(marks.NackSent)
		m.send(r.requester, message{kind: nack, sequence: r.sequence})
	}
}

// expireRelays makes room by forgetting relays whose answer nobody waits for any more.
func (m *Machine) expireRelays() {
	q := &m.relays
	expired := 0
	for expired < len(q.queue) && (q.queue[expired].requester == none || q.queue[expired].expiry <= m.now) {
		if q.queue[expired].requester != none {
			m.marks.Hit(marks.RelayExpired)
			m.endRelay(&q.queue[expired])
		}
		expired++
	}
	q.queue = slices.Delete(q.queue, 0, expired)
	q.first += 2 * uint32(expired)
	q.quiet = max(q.quiet-expired, 0)
}
