package core

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// meetings are what came of CLUSTER MEET and has not ended. Only a node that is a cluster of its own can go into another: topology.Meet
// says which of two nodes that is.
//
//	receiver of CLUSTER MEET            target
//	   ├─── hello: who I am ────────────►│
//	   ◄─── party: who I am, whom I join ┤
//	   │ receiver joins: attempt         │
//	   │ target joins: ── invite ───────►│ attempt
//	   │ target redirects: hello to whom the target joins
//	   │ together: the end
//
// A meeting goes on until the two are together, or for meetingTime. Its client is answered then, with the reason if the meeting cannot
// succeed, and after answerTime at the latest.
type meetings struct {
	meetings []*meeting
	// seedAt is when the node tries its next seed peer, seed which one that is.
	seedAt time.Duration
	seed   int
}

// meeting is one wish to be of one cluster with another node.
type meeting struct {
	// number is told with each hello and comes back with its answer.
	number uint64
	// at is whom the node was told to meet, to whom it speaks now; redirects counts how that came to be another.
	at, to    netip.AddrPort
	redirects int
	// peer is who has answered.
	peer wire.NodeID
	// helloAt is when the next hello is due, answerAt when the client is answered whatever has come of it, end when the node gives up.
	helloAt, answerAt, end time.Duration
	// answer tells the client, nil if nobody waits.
	answer func(err error)
}

const (
	maxMeetings    = 64
	maxRedirects   = 16
	helloInterval  = 500 * time.Millisecond
	answerTime     = 5 * time.Second
	meetingTime    = 15 * time.Second
	seedInterval   = 3 * time.Second
	errTooManyMeet = command.Error("ERR Too many meetings are under way")
	errTwoClusters = command.Error("ERR The node is in another cluster of several nodes, and so is this one: they cannot be made one")
)

// Meet implements command.Server: the node at an address and this one are to be of one cluster.
func (n *Node) Meet(ctx *command.Context, host netip.Addr, _, busPort uint16) {
	if len(n.meetings.meetings) >= maxMeetings {
		ctx.Reply.Error(errTooManyMeet.Error())
		return
	}
	reply := n.park(n.current)
	m := n.beginMeeting(netip.AddrPortFrom(host, busPort))
	m.answer = func(err error) { n.answerLater(reply, err) }
}

// answerLater gives a parked reply its bytes: OK, or an error.
func (n *Node) answerLater(reply *parkedReply, err error) {
	reply.ready, n.answered = true, true
	if reply.muted {
		return
	}
	reply.bytes = command.ProposalReply(topology.Batch{}, topology.Result{Err: err}, n.state)
}

// beginMeeting begins a meeting.
func (n *Node) beginMeeting(at netip.AddrPort) *meeting {
	m := &meeting{
		number: n.options.Random.Uint64(), at: at, to: at,
		helloAt: n.at.Now, answerAt: n.at.Now + answerTime, end: n.at.Now + meetingTime,
	}
	n.meetings.meetings = append(n.meetings.meetings, m)
	return m
}

// meetSeeds begins to meet one of the seed peers as long as the node is alone: the first of them, and the others if that is in vain, so
// that nodes which start together find the same one.
func (n *Node) meetSeeds() {
	if len(n.options.SeedPeers) == 0 || len(n.state.Nodes()) > 1 || n.attempt != nil || n.at.Now < n.seedAt {
		return
	}
	n.seedAt = n.at.Now + seedInterval
	if len(n.meetings.meetings) < maxMeetings {
		m := n.beginMeeting(n.options.SeedPeers[n.seed%len(n.options.SeedPeers)])
		m.end = n.seedAt
		n.seed++
	}
}

// advanceMeetings does what is due in the meetings.
func (n *Node) advanceMeetings() {
	n.meetSeeds()
	for i := 0; i < len(n.meetings.meetings); {
		m := n.meetings.meetings[i]
		if n.at.Now >= m.answerAt {
			m.tell(nil)
		}
		if n.at.Now >= m.end {
			n.endMeeting(m, nil)
			continue
		}
		if n.at.Now >= m.helloAt {
			m.helloAt = n.at.Now + helloInterval
			n.sendMeet(m.to, &meetMessage{kind: meetHello, number: m.number, party: n.party()})
		}
		i++
	}
}

// tell answers the client, once.
func (m *meeting) tell(err error) {
	if m.answer != nil {
		m.answer(err)
		m.answer, m.answerAt = nil, Never
	}
}

func (n *Node) endMeeting(m *meeting, err error) {
	m.tell(err)
	for i, other := range n.meetings.meetings {
		if other == m {
			n.meetings.meetings = append(n.meetings.meetings[:i], n.meetings.meetings[i+1:]...)
			return
		}
	}
}

// endMeetingsWith ends the meetings with a node that have led to nothing, or to what was wanted.
func (n *Node) endMeetingsWith(node wire.NodeID, err error) {
	for i := 0; i < len(n.meetings.meetings); {
		if m := n.meetings.meetings[i]; m.peer == node {
			n.endMeeting(m, err)
		} else {
			i++
		}
	}
}

// party is what this node tells of itself.
func (n *Node) party() party {
	p := party{Party: topology.PartyOf(n.state, n.self)}
	if n.attempt != nil {
		p.Joining, p.Host, p.hostAt = true, n.attempt.host, n.attempt.at
	}
	return p
}

// met goes on with a meeting whose target has answered.
func (n *Node) met(m *meeting, target party, from netip.AddrPort) {
	m.peer = target.Node
	switch meeting := topology.Meet(n.party().Party, target.Party); meeting {
	case topology.Together:
		n.endMeeting(m, nil)
	case topology.Refused:
		n.endMeeting(m, errTwoClusters)
	case topology.ReceiverJoins:
		n.beginAttempt(target.Node, from)
	case topology.TargetJoins:
		n.sendMeet(from, &meetMessage{kind: meetInvite, party: n.party()})
	case topology.TargetRedirects:
		if m.redirects++; m.redirects <= maxRedirects {
			n.options.Marks.Hit(marks.MeetingRedirected)
			m.to, m.helloAt = target.hostAt, n.at.Now
		}
	case topology.ReceiverWaits: // until its attempt is decided
	}
}

func (n *Node) meetingDeadline() time.Duration {
	deadline := Never
	for _, m := range n.meetings.meetings {
		deadline = min(deadline, m.helloAt, m.answerAt, m.end)
	}
	if len(n.options.SeedPeers) > 0 && len(n.state.Nodes()) == 1 && n.attempt == nil {
		deadline = min(deadline, n.seedAt)
	}
	return deadline
}
