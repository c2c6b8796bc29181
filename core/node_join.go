package core

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// joining is the node's way from a cluster of its own into another. It takes its slots and keys along.
//
//	alone ──► fenced, attempt on disk ── join ──► host: decides, or refuses
//	  ▲            │        ▲  └──────── every joinInterval, until it is decided
//	  │            │ joined └─ refused, or a ring of attempts: ask for the abort instead
//	  │ aborted    ▼
//	  └──────── configuration of the host's cluster on disk ──► in force, a member
//
// From its first request on the node never goes back by itself: what it claims may be its own in the other cluster already. So it asks
// until the host's cluster has decided for the join or for its abort, whichever comes first, and that decision stays.
type joining struct {
	// attempt is the one that is under way, nil if there is none. While there is one the node serves nothing, and changes nothing.
	attempt *attempt
	// endAt is the position of the record that ends an aborted attempt, 0 if there is none.
	endAt uint64
	// hosting are the attempts of others that this node has brought to a decision which is still out.
	hosting []topology.JoinToken
}

// attempt is a join that is under way.
type attempt struct {
	token topology.JoinToken
	// host is the node that is asked, and at is where it listens.
	host wire.NodeID
	at   netip.AddrPort

	// What follows is not on disk: a restart begins with it anew.

	// recordAt is the position of the record of the attempt, before which nobody is asked. AskAt is when the host is asked next.
	recordAt uint64
	askAt    time.Duration
	// aborting says that the abort is asked for, since refusal is why it cannot be otherwise; nil if it is a ring that is broken.
	aborting bool
	refusal  error
	// joined says that the node is a member of cluster, whose configuration it lacks.
	joined  bool
	cluster wire.ClusterID
	// ended says that the attempt is decided, and that the record which says so is on its way to the disk.
	ended bool
	ring  ring
}

const (
	joinInterval               = time.Second
	errJoining   command.Error = "ERR This node is about to join another cluster"
)

// append appends the binary form: token (16), host (20), its address.
func (a *attempt) append(dst []byte) []byte {
	dst = append(dst, a.token[:]...)
	dst = append(dst, a.host[:]...)
	return appendAddress(dst, a.at)
}

func readAttempt(r *wire.Reader) *attempt {
	a := &attempt{}
	copy(a.token[:], r.Bytes(len(a.token)))
	a.host = r.NodeID()
	a.at = readAddress(r)
	return a
}

// appendAddress appends an address: its bytes behind their number, and the port (2).
func appendAddress(dst []byte, address netip.AddrPort) []byte {
	dst = wire.AppendPrefixed(dst, address.Addr().AsSlice())
	return wire.AppendUint16(dst, address.Port())
}

// readAddress reads an address that somebody listens at.
func readAddress(r *wire.Reader) netip.AddrPort {
	address, ok := netip.AddrFromSlice(r.Prefixed(16))
	port := r.Uint16()
	if !ok || port == 0 {
		r.Fail(wire.Malformed)
	}
	return netip.AddrPortFrom(address, port)
}

// fenced returns why the node can change nothing and serves nothing, if that is so.
func (n *Node) fenced() error {
	if n.attempt != nil {
		return errJoining
	}
	return nil
}

// Joining reports whether the node is about to join another cluster. Until that is decided it serves nothing.
func (n *Node) Joining() bool { return n.attempt != nil }

// beginAttempt begins to join the cluster of a host, unless something is under way that must end first: who has asked asks again.
func (n *Node) beginAttempt(host wire.NodeID, at netip.AddrPort) {
	if n.attempt != nil || n.adopting != nil || len(n.undecided) > 0 || len(n.state.Nodes()) > 1 || n.logError != nil || host == n.self {
		return
	}
	n.options.Marks.Hit(marks.JoinBegun)
	n.attempt = &attempt{host: host, at: at}
	n.options.Random.Fill(n.attempt.token[:])
	n.attempt.recordAt = n.appendNodeRecord()
	n.refreshServing()
}

// advanceJoin asks for what is to be decided, again and again.
func (n *Node) advanceJoin() {
	n.advanceMeetings()
	a := n.attempt
	if a == nil || a.recordAt > n.persisted || n.endAt > 0 || n.adopting != nil || n.at.Now < a.askAt || n.logError != nil && !a.joined {
		return // without a log nothing can be promised, but what is decided can be learnt
	}
	a.askAt = n.at.Now + joinInterval
	switch {
	case a.joined:
		n.pullWhole()
	case a.aborting:
		n.sendMeet(a.at, &meetMessage{kind: meetAbort, token: a.token})
	default:
		n.sendMeet(a.at, &meetMessage{kind: meetJoin, join: topology.AppendCommand(nil, n.joinCommand())})
	}
}

// joinCommand is what the host's cluster is asked to decide. What the node claims does not change while it is fenced.
func (n *Node) joinCommand() topology.Join {
	known, _ := n.state.Node(n.self)
	shard, _ := n.state.Shard(known.Shard)
	join := topology.Join{
		Token: n.attempt.token, Node: n.address(known.Host).Describe(known), Shard: shard.ID, Epoch: shard.Epoch, Claims: n.state.SlotsOf(shard.ID),
	}
	join.Node.Boot = n.boot
	join.WithKeys = n.keyedSlots(join.Claims)
	return join
}

// attemptDecided takes the host's word for the attempt.
func (n *Node) attemptDecided(envelope *wire.Envelope, m *meetMessage) {
	a := n.attempt
	if a == nil || m.token != a.token || envelope.Sender != a.host || a.joined || n.endAt > 0 {
		return // late
	}
	switch m.outcome {
	case outcomeJoined:
		n.options.Marks.Hit(marks.Joined)
		a.joined, a.cluster, a.askAt = true, envelope.Cluster, n.at.Now
	case outcomeAborted:
		n.options.Marks.Hit(marks.JoinAborted)
		n.endAttempt()
	case outcomeRefused:
		a.aborting, a.refusal, a.askAt = true, command.Error(m.text), n.at.Now
	case outcomeBusy:
		n.followRing(m.party.Host, m.party.hostAt)
	case outcomeElsewhere: // any member of a cluster can have it decided
		n.options.Marks.Hit(marks.HostReplaced)
		a.host, a.at, a.askAt = m.party.Host, m.party.hostAt, n.at.Now+joinInterval
	}
}

// endAttempt makes the abort durable, after which the node is what it was.
func (n *Node) endAttempt() {
	n.attempt.ended = true
	n.endAt = n.appendNodeRecord()
}

// joinDurable does what waited for the record that ends an attempt.
func (n *Node) joinDurable() {
	if n.endAt == 0 || n.endAt > n.persisted {
		return
	}
	a := n.attempt
	n.attempt, n.endAt = nil, 0
	n.refreshServing()
	if a.refusal != nil {
		n.endMeetingsWith(a.host, a.refusal)
	}
}

// joinedCluster ends an attempt that has succeeded.
func (n *Node) joinedCluster() {
	host := n.attempt.host
	n.attempt = nil
	n.endMeetingsWith(host, nil)
}

func (n *Node) joinDeadline() time.Duration {
	deadline := n.meetingDeadline()
	if a := n.attempt; a != nil && a.recordAt <= n.persisted && n.endAt == 0 && n.adopting == nil && (n.logError == nil || a.joined) {
		deadline = min(deadline, a.askAt)
	}
	return deadline
}

func (n *Node) checkJoining() error {
	switch {
	case n.attempt != nil && len(n.state.Nodes()) > 1:
		return fmt.Errorf("core: a node of a cluster of %d is about to join another one", len(n.state.Nodes()))
	case n.attempt != nil && n.serving:
		return fmt.Errorf("core: the node serves while it joins %v", n.attempt.host)
	case n.attempt == nil && n.endAt > 0:
		return fmt.Errorf("core: record %d ends no attempt", n.endAt)
	}
	return nil
}

// keyedSlots returns the slots among some in which the node holds keys.
func (n *Node) keyedSlots(among slots.Set) (keyed slots.Set) {
	for slot, ok := among.Next(0); ok; slot, ok = among.Next(slot + 1) {
		if n.space.Count(slot) > 0 {
			keyed.Add(slot)
		}
	}
	return keyed
}
