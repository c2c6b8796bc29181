package core

import (
	"net/netip"

	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// A meetMessage is between nodes that need not be of one cluster. Each begins with its kind (1) and the port of the sender's bus (2), at
// which it takes what it does not get on a stream. Numbers are uvarints.
//
//	hello     seen (16 or 4 bytes, with length), number (8), party
//	party     seen, number, party: the answer to a hello
//	invite    seen, party: the receiver should join the sender
//	join      seen, a topology.Join (the rest)
//	abort     token (16)
//	decided   token (16), outcome (1), node (20) and address of whom the sender joins itself if the outcome is busy, and of another
//	          member if it is elsewhere, a text (the rest)
//
//	party     nodes of the cluster, joining (1), and if so: whom (20), its address
//
// Seen is the address at which the sender finds the receiver, who may not know its own.
type meetMessage struct {
	kind    meetKind
	port    uint16
	seen    netip.Addr
	number  uint64
	party   party
	join    []byte
	token   topology.JoinToken
	outcome outcome
	text    string
}

type meetKind uint8

const (
	meetHello meetKind = iota + 1
	meetParty
	meetInvite
	meetJoin
	meetAbort
	meetDecided
)

// outcome is what a host says of an attempt to join.
type outcome uint8

const (
	outcomeJoined    outcome = iota + 1 // decided: the node is a member
	outcomeAborted                      // decided: it is not, and will not be by this attempt
	outcomeRefused                      // not decided: as things stand it cannot join
	outcomeBusy                         // not decided: the host is about to join another cluster itself
	outcomeElsewhere                    // not decided: the host cannot have it decided, and names another member of its cluster
)

// party is a node in a meeting. HostAt is where the node is found that it joins.
type party struct {
	topology.Party
	hostAt netip.AddrPort
}

// maxMeetText bounds the reason that a host gives, in bytes.
const maxMeetText = 512

func (m *meetMessage) append(dst []byte) []byte {
	dst = wire.AppendUint16(append(dst, byte(m.kind)), m.port)
	switch m.kind {
	case meetHello, meetParty, meetInvite, meetJoin:
		dst = wire.AppendPrefixed(dst, m.seen.AsSlice())
	default:
		dst = append(dst, m.token[:]...)
	}
	switch m.kind {
	case meetHello, meetParty:
		dst = m.party.append(wire.AppendUint64(dst, m.number))
	case meetInvite:
		dst = m.party.append(dst)
	case meetJoin:
		dst = append(dst, m.join...)
	case meetDecided:
		dst = append(dst, byte(m.outcome))
		if m.outcome >= outcomeBusy {
			dst = append(dst, m.party.Host[:]...)
			dst = appendAddress(dst, m.party.hostAt)
		}
		dst = append(dst, m.text[:min(len(m.text), maxMeetText)]...)
	}
	return dst
}

func (p *party) append(dst []byte) []byte {
	dst = wire.AppendBool(wire.AppendUvarint(dst, uint64(p.Nodes)), p.Joining)
	if p.Joining {
		dst = appendAddress(append(dst, p.Host[:]...), p.hostAt)
	}
	return dst
}

// decodeMeet reads what append wrote. The sender's identity is in the envelope. The error is a *wire.Error.
func decodeMeet(payload []byte) (*meetMessage, error) {
	r := wire.NewReader(payload)
	m := &meetMessage{kind: meetKind(r.Uint8()), port: r.Uint16()}
	if m.port == 0 || m.kind == 0 || m.kind > meetDecided {
		r.Fail(wire.Malformed)
	}
	switch m.kind {
	case meetHello, meetParty, meetInvite, meetJoin:
		if seen := r.Prefixed(16); len(seen) > 0 {
			var ok bool
			if m.seen, ok = netip.AddrFromSlice(seen); !ok {
				r.Fail(wire.Malformed)
			}
		}
	default:
		copy(m.token[:], r.Bytes(len(m.token)))
	}
	switch m.kind {
	case meetHello, meetParty:
		m.number, m.party = r.Uint64(), readParty(&r)
	case meetInvite:
		m.party = readParty(&r)
	case meetJoin:
		m.join = r.Bytes(r.Len())
	case meetDecided:
		m.readOutcome(&r)
	}
	return m, r.Finish()
}

func (m *meetMessage) readOutcome(r *wire.Reader) {
	m.outcome = outcome(r.Uint8())
	if m.outcome == 0 || m.outcome > outcomeElsewhere || r.Len() > maxMeetText+64 {
		r.Fail(wire.Malformed)
	}
	if m.outcome >= outcomeBusy {
		m.party.Host, m.party.hostAt = r.NodeID(), readAddress(r)
	}
	m.text = string(r.Bytes(r.Len()))
}

func readParty(r *wire.Reader) party {
	var p party
	nodes := r.Uvarint()
	if nodes == 0 || nodes > topology.MaxNodes {
		r.Fail(wire.Malformed)
		return p
	}
	p.Nodes, p.Joining = int(nodes), r.Bool()
	if p.Joining {
		p.Host, p.hostAt = r.NodeID(), readAddress(r)
	}
	return p
}

// sendMeet sends a message to an address: in a datagram, or on a stream of its own if it is too large.
func (n *Node) sendMeet(to netip.AddrPort, m *meetMessage) {
	m.port, m.seen = n.announced().BusPort, to.Addr()
	payload := m.append(nil)
	if len(payload) <= n.datagramRoom() {
		n.counters.Bus.DatagramsSent++
		n.emit(Effect{Kind: SendDatagram, To: to, Bytes: n.seal(wire.KindMeet, payload)})
		return
	}
	if s := n.openStreamTo(wire.NodeID{}, to); s != nil {
		n.counters.Bus.FramesSent++
		n.emit(Effect{Kind: SendStream, Stream: s.id, Bytes: n.seal(wire.KindMeet, payload)})
	}
}

// receiveMeet handles a message of a node of whatever cluster. The error is a *wire.Error.
func (n *Node) receiveMeet(envelope *wire.Envelope, from netip.AddrPort, reliable bool) error {
	m, err := decodeMeet(envelope.Payload)
	if err != nil {
		return err
	}
	if reliable { // the peer's end of a stream is not where it listens
		from = netip.AddrPortFrom(from.Addr(), m.port)
	}
	m.party.Node, m.party.Cluster = envelope.Sender, envelope.Cluster
	if n.seenAt == "" && m.seen.IsValid() && !m.seen.IsUnspecified() {
		n.seenAt = m.seen.String()
		n.describe()
	}
	switch m.kind {
	case meetHello:
		n.sendMeet(from, &meetMessage{kind: meetParty, number: m.number, party: n.party()})
	case meetParty:
		n.meetAnswered(m, from)
	case meetInvite:
		n.invited(m.party, from)
	case meetJoin:
		return n.joinAsked(envelope.Sender, m.join, from)
	case meetAbort:
		n.abortAsked(envelope.Sender, m.token, from)
	case meetDecided:
		n.attemptDecided(envelope, m)
	}
	return nil
}

// meetAnswered finds what an answer to a hello is about.
func (n *Node) meetAnswered(m *meetMessage, from netip.AddrPort) {
	if n.attempt != nil && m.number == n.attempt.ring.number {
		n.ringAnswered(m.party)
		return
	}
	for _, meeting := range n.meetings.meetings {
		if meeting.number == m.number {
			n.met(meeting, m.party, from)
			return
		}
	}
}

// invited considers the wish of another node that this one should join its cluster.
func (n *Node) invited(host party, from netip.AddrPort) {
	if topology.Meet(host.Party, n.party().Party) == topology.TargetJoins {
		n.options.Marks.Hit(marks.Invited)
		n.beginAttempt(host.Node, from)
	}
}
