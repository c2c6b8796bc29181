package consensus

import (
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// ProposalID names a proposal. Whoever proposes draws it at random; a retry bears the same.
type ProposalID [16]byte

// Member is a node under its raft id. A node that leaves the group and comes back gets a new id, so an id stands for one
// log on one disk, and what was promised under it is never forgotten.
type Member struct {
	ID   uint64 // Invariant: 0 < ID < MaxIndex
	Node wire.NodeID
}

// group is the part of the replicated state that the protocol keeps for itself, beside that of the state machine. It is a
// function of the log's applied entries, so that it is the same on all members that have applied as many.
type group struct {
	// members are the voters and learners of conf.
	// Invariant: sorted by ID, unique; so are their nodes; exactly the ids of conf; at most MaxMembers.
	members []Member
	// nextID is the raft id that the next member gets. Invariant: above every id that was ever a member's.
	nextID uint64
	// conf is the raft configuration, never nil.
	conf *pb.ConfState
	// decided are the proposals that were applied within the last Window indexes, by index.
	// Invariant: indexes rise; places maps each one's id to decidedBefore plus its position.
	decided       []decision
	places        map[ProposalID]uint64
	decidedBefore uint64 // how many were dropped from the front
}

// decision is a proposal that was applied.
type decision struct {
	id     ProposalID
	index  uint64
	result []byte // Invariant: at most MaxResult bytes
}

func newGroup() *group {
	return &group{conf: &pb.ConfState{AutoLeave: new(false)}, places: map[ProposalID]uint64{}}
}

// find returns how a proposal was decided.
func (g *group) find(id ProposalID) (decision, bool) {
	place, ok := g.places[id]
	if !ok {
		return decision{}, false
	}
	return g.decided[place-g.decidedBefore], true
}

// remember records a decision and drops those that no retry can ask for any more.
func (g *group) remember(d decision) {
	g.places[d.id] = g.decidedBefore + uint64(len(g.decided))
	g.decided = append(g.decided, d)
	g.forget(d.index)
}

func (g *group) forget(index uint64) {
	stale := 0
	for stale < len(g.decided) && g.decided[stale].index+Window < index {
		delete(g.places, g.decided[stale].id)
		stale++
	}
	if stale > 0 {
		clear(g.decided[:stale])
		g.decided = g.decided[stale:]
		g.decidedBefore += uint64(stale)
	}
}

// node returns the node of a member.
func (g *group) node(id uint64) (wire.NodeID, bool) {
	i, ok := slices.BinarySearchFunc(g.members, id, func(m Member, id uint64) int { return compareIDs(m.ID, id) })
	if !ok {
		return wire.NodeID{}, false
	}
	return g.members[i].Node, true
}

// memberOf returns the raft id of a node, 0 if it is no member.
func (g *group) memberOf(node wire.NodeID) uint64 {
	for _, m := range g.members {
		if m.Node == node {
			return m.ID
		}
	}
	return 0
}

func compareIDs(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// quorum reports whether those of which that holds are a majority of each set of voters. If not, it returns how many they are in
// the first set of which they are no majority, and how many that has.
func (g *group) quorum(holds func(id uint64) bool) (count, of int, ok bool) {
	for _, voters := range [][]uint64{g.conf.GetVoters(), g.conf.GetVotersOutgoing()} {
		count = 0
		for _, id := range voters {
			if holds(id) {
				count++
			}
		}
		if len(voters) > 0 && 2*count <= len(voters) {
			return count, len(voters), false
		}
	}
	return 0, 0, true
}

// joint reports whether two configurations are in force together.
func (g *group) joint() bool { return len(g.conf.GetVotersOutgoing()) > 0 }

// votes reports whether a raft id is a voter, of either configuration while there are two.
func (g *group) votes(id uint64) bool {
	return slices.Contains(g.conf.GetVoters(), id) || slices.Contains(g.conf.GetVotersOutgoing(), id)
}

// isMember reports whether a raft id is a voter or a learner.
func (g *group) isMember(id uint64) bool {
	_, ok := g.node(id)
	return ok
}

// change puts a new raft configuration into force; added are the members that come with it.
func (g *group) change(conf *pb.ConfState, added []Member) {
	g.conf = conf
	for _, m := range added {
		g.members = append(g.members, m)
		g.nextID = max(g.nextID, m.ID+1)
	}
	slices.SortFunc(g.members, func(a, b Member) int { return compareIDs(a.ID, b.ID) })
	g.members = slices.DeleteFunc(slices.Clone(g.members), func(m Member) bool { return !inConf(conf, m.ID) })
}

// inConf reports whether a raft id is mentioned by a raft configuration.
func inConf(conf *pb.ConfState, id uint64) bool {
	for _, ids := range confLists(conf) {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return false
}

// confLists returns the four lists of a raft configuration in the order of their binary form.
func confLists(conf *pb.ConfState) [4][]uint64 {
	return [4][]uint64{conf.GetVoters(), conf.GetLearners(), conf.GetVotersOutgoing(), conf.GetLearnersNext()}
}

// append appends the binary form:
//
//	next id, members (count; id, node (20)), decisions (count; id (16), index, result)
//
// Numbers are uvarints. The raft configuration is written beside it, where raft keeps it.
func (g *group) append(dst []byte) []byte {
	dst = wire.AppendUvarint(dst, g.nextID)
	dst = appendMembers(dst, g.members)
	dst = wire.AppendUvarint(dst, uint64(len(g.decided)))
	for i := range g.decided {
		d := &g.decided[i]
		dst = append(dst, d.id[:]...)
		dst = wire.AppendUvarint(dst, d.index)
		dst = wire.AppendPrefixed(dst, d.result)
	}
	return dst
}

func appendMembers(dst []byte, members []Member) []byte {
	dst = wire.AppendUvarint(dst, uint64(len(members)))
	for _, m := range members {
		dst = wire.AppendUvarint(dst, m.ID)
		dst = append(dst, m.Node[:]...)
	}
	return dst
}

func appendConf(dst []byte, conf *pb.ConfState) []byte {
	for _, ids := range confLists(conf) {
		dst = wire.AppendUvarint(dst, uint64(len(ids)))
		for _, id := range ids {
			dst = wire.AppendUvarint(dst, id)
		}
	}
	return wire.AppendBool(dst, conf.GetAutoLeave())
}

// readGroup reads what append wrote, for a raft configuration. Members that contradict each other or it are malformed.
func readGroup(r *wire.Reader, conf *pb.ConfState) *group {
	g := newGroup()
	g.conf = conf
	g.nextID = readBounded(r)
	g.members = readMembers(r)
	before := uint64(0)
	for range r.Count(Window+1, 18) {
		var d decision
		copy(d.id[:], r.Bytes(len(d.id)))
		d.index = readBounded(r)
		d.result = slices.Clone(r.Prefixed(MaxResult))
		if _, twice := g.places[d.id]; twice || d.index <= before {
			r.Fail(wire.Malformed)
		}
		if r.Err() != nil {
			return g
		}
		before = d.index
		g.places[d.id] = uint64(len(g.decided))
		g.decided = append(g.decided, d)
	}
	if r.Err() == nil && g.check() != nil {
		r.Fail(wire.Malformed)
	}
	return g
}

func readMembers(r *wire.Reader) []Member {
	members := make([]Member, r.Count(MaxMembers, 21))
	for i := range members {
		members[i].ID = readBounded(r)
		members[i].Node = r.NodeID()
	}
	return members
}

func readConf(r *wire.Reader) *pb.ConfState {
	var lists [4][]uint64
	for i := range lists {
		for range r.Count(MaxMembers, 1) {
			lists[i] = append(lists[i], readBounded(r))
		}
	}
	return &pb.ConfState{
		Voters: lists[0], Learners: lists[1], VotersOutgoing: lists[2], LearnersNext: lists[3], AutoLeave: new(r.Bool()),
	}
}

// readBounded reads a term, an index or a raft id.
func readBounded(r *wire.Reader) uint64 {
	n := r.Uvarint()
	if n > MaxIndex {
		r.Fail(wire.TooLarge)
		return 0
	}
	return n
}
