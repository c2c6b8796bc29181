package consensus

import (
	"slices"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// proposal is one of this node's own that is not decided yet.
type proposal struct {
	id   ProposalID
	data []byte
	// base is an index that was committed when the first attempt was made, and hasBase whether there was one. It never
	// changes, so that all attempts end with the same window.
	base     uint64
	hasBase  bool
	retryAt  time.Duration
	deadline time.Duration
	// redirected is set once a hint has had this attempt sent again, so that two hints cannot play it back and forth.
	redirected bool
}

// Answer tells how a proposal of this node ended.
type Answer struct {
	ID ProposalID
	// Applied tells that the proposal was applied, once, and this node's state machine has it if the node is a member. If it
	// is false the outcome is unknown: it may have been applied, or may still be.
	Applied bool
	Index   uint64 // at which it was applied
	Result  []byte // of StateMachine.Apply
}

// Propose has the group decide on a proposal. The answer comes with Take, sooner or later. Whoever asks for more than
// its share gets ErrTooLarge, ErrBusy or ErrUnderWay; then nothing was proposed.
func (m *Machine) Propose(now time.Duration, id ProposalID, data []byte) error {
	m.enter(now)
	switch {
	case len(data) > m.config.MaxProposal:
		return ErrTooLarge
	case len(m.proposals) >= m.config.MaxPending || m.proposalBytes()+len(data) > m.config.MaxUncommitted:
		return ErrBusy
	case m.findProposal(id) >= 0:
		return ErrUnderWay
	}
	m.proposals = append(m.proposals, proposal{id: id, data: slices.Clone(data), deadline: m.now + m.config.ProposalTimeout})
	m.attempt(&m.proposals[len(m.proposals)-1])
	return nil
}

// proposalBytes counts the bytes of this node's own proposals.
func (m *Machine) proposalBytes() int {
	total := 0
	for i := range m.proposals {
		total += len(m.proposals[i].data)
	}
	return total
}

func (m *Machine) findProposal(id ProposalID) int {
	return slices.IndexFunc(m.proposals, func(p proposal) bool { return p.id == id })
}

func (m *Machine) retryInterval() time.Duration { return m.config.ElectionTimeout / 2 }

// attempt brings a proposal to the leader, as far as one is known.
func (m *Machine) attempt(p *proposal) {
	p.retryAt = m.now + m.retryInterval()
	if !p.hasBase {
		p.base, p.hasBase = max(m.horizon, m.applied), max(m.horizon, m.applied) > 0
	}
	if m.role == Leader {
		m.submit(m.self, p.id, p.base, p.data)
		return
	}
	to, ok := m.guide()
	switch {
	case !ok:
	case !p.hasBase:
		m.post(to, packet{kind: packetAsk}, false)
	default:
		m.post(to, packet{kind: packetPropose, id: p.id, base: p.base, data: p.data}, true)
	}
}

// guide returns who can bring a proposal or a read on: the leader, or for an observer who may know it.
func (m *Machine) guide() (wire.NodeID, bool) {
	if leader := m.Leader(); !leader.IsZero() && leader != m.self {
		return leader, true
	}
	if !m.observing() || len(m.peers) == 0 {
		return wire.NodeID{}, false
	}
	m.asking = (m.asking + 1) % len(m.peers)
	return m.peers[m.asking], true
}

// retryNow has everything under way tried again: there is a new leader to try it with.
func (m *Machine) retryNow() {
	for i := range m.proposals {
		m.proposals[i].retryAt = min(m.proposals[i].retryAt, m.now)
	}
	for i := range m.reads {
		m.reads[i].retryAt = min(m.reads[i].retryAt, m.now)
	}
}

// advanceProposals tries proposals again that were not answered, and gives up those whose time is over.
func (m *Machine) advanceProposals() {
	for i := 0; i < len(m.proposals); {
		p := &m.proposals[i]
		if m.now >= p.deadline {
			m.answers = append(m.answers, Answer{ID: p.id})
			m.proposals = slices.Delete(m.proposals, i, i+1)
			continue
		}
		if m.now >= p.retryAt {
			m.forgetHint()
			p.redirected = false
			m.attempt(p)
		}
		i++
	}
}

// forgetHint makes an observer ask around: who was said to lead does not answer.
func (m *Machine) forgetHint() {
	if m.observing() {
		m.hint = wire.NodeID{}
	}
}

// askedProposals are the proposals that a leader has put into its log, or is about to, and has not applied yet.
type askedProposals struct {
	byID  map[ProposalID]*askedProposal
	order []ProposalID // the keys of byID, oldest first
	// drafts are those that raft has not seen yet: the last ones of order. Empty after Take.
	drafts []draft
}

// draft is a proposal as an entry of the log.
type draft struct {
	id   ProposalID
	data []byte
}

type askedProposal struct{ nodes []wire.NodeID } // who waits for the outcome

func (a *askedProposals) take(id ProposalID) []wire.NodeID {
	asked, ok := a.byID[id]
	if !ok {
		return nil
	}
	delete(a.byID, id)
	a.order = slices.Delete(a.order, slices.Index(a.order, id), slices.Index(a.order, id)+1)
	return asked.nodes
}

// dropAsked forgets what others wait for: this node cannot answer them any more, and they will try elsewhere.
func (m *Machine) dropAsked() {
	m.asked = askedProposals{byID: map[ProposalID]*askedProposal{}}
	m.confirmations = nil
}

// submit has a proposal put into the leader's log, unless it is there already. Where it cannot, nothing happens: it will be
// tried again.
func (m *Machine) submit(asker wire.NodeID, id ProposalID, base uint64, data []byte) {
	if _, decided := m.group.find(id); decided {
		m.tell(asker, id)
		return
	}
	if asked, ok := m.asked.byID[id]; ok {
		if !slices.Contains(asked.nodes, asker) && len(asked.nodes) < MaxMembers {
			asked.nodes = append(asked.nodes, asker)
		}
		return
	}
	if len(m.asked.order) >= m.config.MaxPending {
		return
	}
	m.asked.byID[id] = &askedProposal{nodes: []wire.NodeID{asker}}
	m.asked.order = append(m.asked.order, id)
	m.asked.drafts = append(m.asked.drafts, draft{id, appendProposal(nil, id, base, data)})
}

// proposeDrafts puts what was asked since into the log, all by one message to each follower and so by one record and one sync of it.
// If there is not room for all there may be for some.
func (m *Machine) proposeDrafts() {
	drafts := m.asked.drafts
	m.asked.drafts = nil
	if len(drafts) == 0 || m.proposeEntries(drafts) {
		return
	}
	for i := range drafts {
		if !m.proposeEntries(drafts[i : i+1]) {
			m.asked.take(drafts[i].id) // it will be tried again
		}
	}
}

// proposeEntries reports whether raft takes proposals: all of them or none.
func (m *Machine) proposeEntries(drafts []draft) bool {
	entries := make([]*pb.Entry, len(drafts))
	for i := range drafts {
		entries[i] = &pb.Entry{Data: drafts[i].data}
	}
	return m.raft.Step(&pb.Message{Type: pb.MsgProp.Enum(), From: new(m.durable.id), Entries: entries}) == nil
}

// proposed handles a proposal of another node.
func (m *Machine) proposed(from wire.NodeID, p *packet) {
	if m.role != Leader {
		m.sendHint(from)
		return
	}
	m.submit(from, p.id, p.base, p.data)
}

// sendHint tells a node who leads.
func (m *Machine) sendHint(to wire.NodeID) {
	if !m.observing() && m.applied > 0 {
		m.post(to, packet{kind: packetHint, node: m.Leader(), index: m.applied}, false)
	}
}

func (m *Machine) hinted(p *packet) {
	m.horizon = max(m.horizon, p.index)
	if m.observing() && p.node != m.self && !p.node.IsZero() {
		m.hint = p.node
	}
	for i := range m.proposals {
		if waiting := &m.proposals[i]; !waiting.redirected {
			waiting.redirected = true
			m.attempt(waiting)
		}
	}
	for i := range m.reads {
		if waiting := &m.reads[i]; !waiting.redirected && !waiting.answered {
			waiting.redirected = true
			m.attemptRead(waiting)
		}
	}
}

// settle answers whoever waits for a proposal that was just applied, or was refused for coming too late.
func (m *Machine) settle(id ProposalID) {
	for _, node := range m.asked.take(id) {
		if node != m.self {
			m.tell(node, id)
		}
	}
	m.settleOwn(id)
}

// settleOwn answers a proposal of this node that is known to be applied.
func (m *Machine) settleOwn(id ProposalID) {
	i := m.findProposal(id)
	d, decided := m.group.find(id)
	if i < 0 || !decided {
		return
	}
	m.answers = append(m.answers, Answer{ID: id, Applied: true, Index: d.index, Result: d.result})
	m.proposals = slices.Delete(m.proposals, i, i+1)
}

// settleAll answers the proposals of this node that a snapshot knows to be applied.
func (m *Machine) settleAll() {
	for _, p := range slices.Clone(m.proposals) {
		m.settleOwn(p.id)
	}
	m.finishReads()
}

// tell answers a node's proposal. Of one that is not known as applied there is nothing to tell.
func (m *Machine) tell(node wire.NodeID, id ProposalID) {
	d, decided := m.group.find(id)
	switch {
	case !decided:
	case node == m.self:
		m.settleOwn(id)
	default:
		m.post(node, packet{kind: packetDecided, id: id, index: d.index, data: d.result}, true)
	}
}

// decidedElsewhere takes the leader's word for a proposal. A member waits until it has applied it itself.
func (m *Machine) decidedElsewhere(p *packet) {
	m.horizon = max(m.horizon, p.index)
	i := m.findProposal(p.id)
	if i < 0 || !m.observing() && m.applied < p.index {
		return
	}
	m.answers = append(m.answers, Answer{ID: p.id, Applied: true, Index: p.index, Result: p.data})
	m.proposals = slices.Delete(m.proposals, i, i+1)
}
